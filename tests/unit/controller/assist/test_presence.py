"""Who looks at a session, and since when nobody does."""

from __future__ import annotations

from controller.assist.sessions.presence import Presence


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_from_the_last_page_s_end() -> None:
    clock = Clock()
    presence = Presence(clock)
    presence.came("a")
    clock.now += 500
    assert presence.away({"a"}) == {}
    presence.came("a")  # the same screen, taken by another page before the first one is gone
    presence.went("a")
    clock.now += 500
    assert presence.away({"a"}) == {}
    presence.went("a")
    clock.now += 7
    assert presence.away({"a"}) == {"a": 7}
    clock.now += 3
    assert presence.away({"a"}) == {"a": 10}


def test_who_comes_back_has_the_whole_time_again() -> None:
    """Also between two looks."""
    clock = Clock()
    presence = Presence(clock)
    presence.away({"a"})
    clock.now += 100
    presence.came("a")
    clock.now += 5
    presence.went("a")
    clock.now += 1
    assert presence.away({"a"}) == {"a": 1}


def test_where_nobody_ever_looked_it_counts_from_the_first_look() -> None:
    """The controller was restarted, or the page was never opened."""
    clock = Clock()
    presence = Presence(clock)
    assert presence.away({"a"}) == {"a": 0}
    clock.now += 30
    assert presence.away({"a", "b"}) == {"a": 30, "b": 0}
    assert presence.away({"b"}) == {"b": 0}
    assert presence.away({"a", "b"}) == {"a": 0, "b": 0}  # it was over: nothing is kept of it
