"""The table of a session's states, and the story told from it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.assist.states import SEEN, TABLE, Event, Phase, step
from agent.assist.story import Story
from agent.protocol_assist import AssistState


def test_only_a_yes_to_the_question_leads_to_a_picture() -> None:
    ways = [key for key, (goal, _) in TABLE.items() if goal in SEEN and key[0] not in SEEN]
    assert ways == [(Phase.ASKING, Event.YES)]


def test_only_a_yes_to_the_second_question_leads_to_control() -> None:
    ways = [key for key, (goal, _) in TABLE.items() if goal is Phase.CONTROLLING]
    assert ways == [(Phase.ASKING_CONTROL, Event.YES)]


@pytest.mark.parametrize("event", list(Event))
def test_nothing_comes_after_the_end(event: Event) -> None:
    assert step(Phase.OVER, event) is None


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.OVER])
def test_everything_can_end(phase: Phase) -> None:
    way = step(phase, Event.END)
    assert way is not None
    assert way[0] is Phase.OVER
    assert way[1] == ("ended" if phase in SEEN else "unanswered")


def told(events: list[Event]) -> tuple[Story, list[AssistState]]:
    """A story of these events."""
    heard: list[AssistState] = []
    story = Story("0" * 32, heard.append)
    for event in events:
        if event is Event.YES and story.phase is Phase.ASKING:
            story.begin(300)
        story.move(event)
    return story, heard


@given(st.lists(st.sampled_from(list(Event)), max_size=12))
def test_any_story(events: list[Event]) -> None:
    story, heard = told(events)
    assert [one["number"] for one in heard] == list(range(1, len(heard) + 1))
    names = [one["state"] for one in heard]
    if story.seen or "ended" in names:
        assert "accepted" in names
    assert names.count("ended") <= 1
    for before, one in itertools.pairwise(heard):
        if one["control"]:
            assert "control-accepted" in (one["state"], before["state"])
    for one in heard:
        assert bool(one["ends_at"]) == (one["state"] not in ("refused", "unanswered", "ended"))


def test_a_whole_story() -> None:
    _, heard = told([Event.YES, Event.CONTROL, Event.NO, Event.CONTROL, Event.YES, Event.END])
    assert [(one["state"], one["control"]) for one in heard] == [
        ("accepted", False), ("control-asked", False), ("control-refused", False), ("control-asked", False),
        ("control-accepted", True), ("ended", False),
    ]  # fmt: skip
