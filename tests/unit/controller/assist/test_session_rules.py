"""What the agent says of a session, in whatever order → what the session is, and what the ledger is told."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.assist.sessions.rules import (
    CONTROL,
    GRACE,
    NEWS,
    OPEN,
    OVER,
    SILENT,
    UNWATCHED,
    BadNews,
    Fact,
    News,
    Situation,
    give_up,
    hear,
    overdue,
    read_news,
)

AT = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)
ASKED, ACCEPTED = News(state="asked", number=1), News(state="accepted", number=2)
WHOLE = (
    ASKED,
    ACCEPTED,
    News(state="control-asked", number=3, seconds=60),
    News(state="control-accepted", number=4, control=True, seconds=65),
    News(state="ended", number=5, code="family", seconds=300),
)


def told(*news: News, minutes: int = 30) -> tuple[Situation, list[Fact]]:
    """The situation after these messages, and every fact on the way."""
    now = Situation(minutes=minutes)
    facts: list[Fact] = []
    for one in news:
        now, more = hear(now, one, AT)
        facts += more
    return now, facts


def kinds(facts: list[Fact]) -> list[tuple[str, Any]]:
    return [(fact.kind, fact.body.get("answer", fact.body.get("code"))) for fact in facts]


def test_a_session_from_the_question_to_the_end() -> None:
    now, facts = told(*WHOLE)
    assert (now.state, now.code, now.control, now.seconds, now.number) == ("ended", "family", "given", 300, 5)
    assert kinds(facts) == [("answered", "accepted"), ("control", "given"), ("ended", "family")]
    assert facts[-1].body == {"code": "family", "seconds": 300, "control": True}


@pytest.mark.parametrize("order", list(itertools.permutations(range(5))))
def test_whatever_the_order_what_came_last_by_number_counts(order: tuple[int, ...]) -> None:
    """The end, once heard, is the end; each fact is told at most once, and never one that was not."""
    now, facts = told(*(WHOLE[i] for i in order))
    assert (now.state, now.code, now.number) == ("ended", "family", 5)
    names = [fact.kind for fact in facts]
    assert len(names) == len(set(names))
    assert names[-1] == "ended"
    assert names[0] == "answered"  # the end proves that there was a yes, also when it comes alone


@given(st.lists(st.sampled_from(WHOLE), max_size=12))
def test_repeated_messages_change_nothing(news: list[News]) -> None:
    once, facts = told(*news)
    twice, again = told(*(one for one in news for _ in range(2)))
    assert (once, facts) == (twice, again)


@pytest.mark.parametrize(
    ("news", "state", "code"),
    [
        ([News(state="refused", number=2)], "refused", ""),
        ([News(state="unanswered", number=2, code="assistant")], "unanswered", "assistant"),
        ([News(state="impossible", number=1, code="wayland")], "impossible", "wayland"),
    ],
)
def test_a_no_is_final(news: list[News], state: str, code: str) -> None:
    before = [ASKED] if news[0].number == 2 else []
    now, facts = told(*before, *news)
    assert (now.state, now.code) == (state, code)
    assert kinds(facts) == [("answered", state)]
    for late in (News(state="accepted", number=9), News(state="control-accepted", number=10), WHOLE[4]):
        after, more = hear(now, late, AT)
        assert (after.state, after.control, after.accepted_at, more) == (state, "none", None, ())


def test_an_end_without_a_yes_is_none() -> None:
    """The agent was restarted while the question was on the screen, and said that it ended."""
    now, facts = told(ASKED, News(state="ended", number=2, code="restart"))
    assert (now.state, now.code, now.accepted_at) == ("unanswered", "restart", None)
    assert kinds(facts) == [("answered", "unanswered")]
    now, _ = told(News(state="ended", number=2, code="restart"))  # "asked" was lost on the way
    assert now.state == "unanswered"


def test_an_end_that_skips_the_yes_proves_it() -> None:
    now, facts = told(ASKED, News(state="ended", number=3, code="time", seconds=600))
    assert (now.state, now.code, now.seconds) == ("ended", "time", 600)
    assert now.accepted_at == AT - dt.timedelta(seconds=600)
    assert kinds(facts) == [("answered", "accepted"), ("ended", "time")]


@pytest.mark.parametrize("state", list(CONTROL))
def test_control_is_never_given_but_by_its_own_word(state: str) -> None:
    now, _ = told(ASKED, ACCEPTED, News(state=state, number=3, control=True))
    assert (now.control == "given") == (state == "control-accepted")
    assert now.state == "accepted"


@pytest.mark.parametrize("code", ["failed", "locked", "not-on"])
def test_a_question_about_control_that_fails_is_over(code: str) -> None:
    now, facts = told(ASKED, ACCEPTED, WHOLE[2], News(state="control-impossible", number=4, code=code))
    assert (now.state, now.control, now.control_code) == ("accepted", "impossible", code)
    assert kinds(facts) == [("answered", "accepted"), ("control", "impossible")]


def test_a_second_question_about_control_does_not_hide_the_first() -> None:
    first = told(ASKED, ACCEPTED, WHOLE[2])[0]
    again, facts = hear(first, News(state="control-impossible", number=4, code="already"), AT)
    assert (again.control, facts) == ("asked", ())
    given_now, _ = hear(again, News(state="control-accepted", number=5, control=True), AT)
    kept, facts = hear(given_now, News(state="control-impossible", number=6, code="already"), AT)
    assert (kept.control, facts) == ("given", ())


@pytest.mark.parametrize(
    ("says", "ends"),
    [
        (AT + dt.timedelta(minutes=20), AT + dt.timedelta(minutes=20)),  # the agent allows less than was asked for
        (None, AT + dt.timedelta(minutes=30)),
        (AT + dt.timedelta(days=3650), AT + dt.timedelta(minutes=30)),  # a dead battery's clock
        (AT - dt.timedelta(days=3650), AT + dt.timedelta(minutes=30)),
    ],
)
def test_when_it_ends_by_itself(says: dt.datetime | None, ends: dt.datetime) -> None:
    now, _ = told(ASKED, News(state="accepted", number=2, ends_at=says))
    assert now.ends_at == ends


def test_nobody_heard_of_it_again() -> None:
    asked = told(ASKED)[0]
    assert not overdue(asked, AT, 90, AT + dt.timedelta(seconds=90))
    assert overdue(asked, AT, 90, AT + dt.timedelta(seconds=91) + GRACE)
    gone, facts = give_up(asked, SILENT, AT)
    assert (gone.state, gone.code, kinds(list(facts))) == ("unheard", SILENT, [("answered", "unheard")])
    on = told(ASKED, ACCEPTED)[0]
    assert on.ends_at is not None
    assert not overdue(on, AT, 90, on.ends_at)
    assert overdue(on, AT, 90, on.ends_at + GRACE + dt.timedelta(seconds=1))
    gone, facts = give_up(on, SILENT, AT)
    assert (gone.state, gone.code) == ("ended", SILENT)
    assert facts[0].body == {"code": SILENT, "seconds": None, "control": False}
    assert give_up(gone, SILENT, AT) == (gone, ())


@pytest.mark.parametrize(("said", "code"), [("assistant", UNWATCHED), ("family", "family"), ("link", "link")])
def test_ended_because_nobody_looked_any_more(said: str, code: str) -> None:
    """The agent only knows that it was told to stop; whoever was quicker is believed."""
    on = replace(told(ASKED, ACCEPTED)[0], code=UNWATCHED)
    on, _ = hear(on, News(state="control-refused", number=3), AT)
    assert (on.state, on.code) == ("accepted", UNWATCHED)
    gone, facts = hear(on, News(state="ended", number=4, code=said, seconds=200), AT)
    assert (gone.state, gone.code, gone.seconds) == ("ended", code, 200)
    assert kinds(list(facts)) == [("ended", code)]


def test_a_machine_that_comes_back_still_says_how_it_was() -> None:
    """It was off the network for long; what it kept in its spool is the truth."""
    gone, _ = give_up(told(ASKED)[0], SILENT, AT)
    after, facts = hear(gone, News(state="refused", number=2), AT)
    assert (after.state, kinds(list(facts))) == ("refused", [("answered", "refused")])
    gone, _ = give_up(told(ASKED, ACCEPTED)[0], SILENT, AT)
    after, facts = hear(gone, News(state="ended", number=3, code="link", seconds=120), AT)
    assert (after.state, after.code, after.seconds) == ("ended", "link", 120)
    assert kinds(list(facts)) == [("ended", "link")]
    last, facts = hear(after, News(state="ended", number=4, code="family"), AT)
    assert (last.code, facts) == ("link", ())


GOOD: dict[str, Any] = {"state": "accepted", "number": 2, "code": "", "detail": "", "control": False, "seconds": 0}


@pytest.mark.parametrize(
    "bad",
    [
        {"state": "given"},
        {"state": None},
        {"state": ["accepted"]},
        {"number": 0},
        {"number": True},
        {"number": "2"},
        {"number": 2**31},
        {"seconds": -1},
        {"seconds": 1.5},
        {"seconds": None},
    ],
)
def test_what_can_t_be_read_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(BadNews):
        read_news(GOOD | bad)


def test_what_can_be_read_is_bounded() -> None:
    news = read_news(GOOD | {"code": "x" * 999, "detail": "y" * 99999, "control": 1, "ends_at": "tomorrow"})
    assert (len(news.code), len(news.detail), news.control, news.ends_at) == (24, 1000, False, None)
    assert read_news(GOOD | {"ends_at": "2026-11-22T10:30:00Z"}).ends_at == AT + dt.timedelta(minutes=30)
    assert read_news(GOOD | {"ends_at": "2026-11-22T10:30:00"}).ends_at is None  # without its zone it says nothing


def test_every_state_is_open_or_over_and_has_words() -> None:
    from controller.web.views.screen_words import ANSWERS, STATES
    from controller.web.views.screen_words import CONTROL as CONTROL_WORDS

    assert set(STATES) == {*OPEN, *OVER}
    assert set(NEWS.values()) <= {*OPEN, *OVER}
    assert set(CONTROL.values()) | {"none"} == set(CONTROL_WORDS)
    assert set(ANSWERS) >= {"accepted", "refused", "unanswered", "impossible", "unheard", "asked", "given"}


def test_every_code_of_the_agent_has_words() -> None:
    from agent import protocol_assist as words
    from controller.web.views.screen_words import ENDED, IMPOSSIBLE, why

    ends = {value for name, value in vars(words).items() if name.startswith("BY_")}
    assert ends <= set(ENDED)
    impossible = {
        value
        for name, value in vars(words).items()
        if name.isupper() and isinstance(value, str) and not name.startswith(("BY_", "ASSIST", "HELP"))
    }
    assert impossible == set(IMPOSSIBLE)
    assert all(why("impossible", code)[1] for code in impossible)  # each says what to do next
    assert why("impossible", "a code of tomorrow") == ("", "")
