"""How often a family may be asked."""

from __future__ import annotations

import json

import pytest

from agent.assist.pacing import MOST_SESSIONS, Pacing
from agent.assist.rules import Limits


@pytest.mark.parametrize(("noes", "pause"), [(1, 60), (2, 120), (3, 240), (6, 1920), (7, 3600), (40, 3600)])
def test_each_no_makes_the_pause_longer(noes: int, pause: float) -> None:
    pacing = Pacing()
    for _ in range(noes):
        pacing.answered(False, 1000.0)
    assert pacing.wait(1000.0) == pause
    assert pacing.wait_after_no(1000.0) == pause
    assert pacing.wait(1000.0 + pause) == 0


def test_a_yes_forgets_the_noes() -> None:
    pacing = Pacing()
    pacing.answered(False, 0.0)
    pacing.answered(True, 10.0)
    assert pacing.wait(10.0) == 0
    pacing.answered(False, 20.0)
    assert pacing.wait(20.0) == 60


def test_six_questions_an_hour() -> None:
    pacing = Pacing()
    for number in range(6):
        assert pacing.wait(number * 100.0) == 0
        pacing.showing(f"{number}", number * 100.0)
    assert pacing.wait(600.0) == 3000
    assert pacing.wait(3600.0) == 0


def test_a_question_that_showed_nothing_counts_as_a_try() -> None:
    pacing = Pacing(Limits(tries_an_hour=3))
    assert [pacing.tried(float(second)) for second in range(3)] == [0, 0, 0]
    assert pacing.tried(10.0) == 3590
    assert pacing.tried(3600.0) == 0


def test_it_survives_a_restart_of_the_agent() -> None:
    pacing = Pacing(boot="one")
    pacing.showing("a", 100.0)
    pacing.answered(False, 110.0)
    again = Pacing.read(json.loads(json.dumps(pacing.kept())), "one", Limits())
    assert again == pacing
    assert again.wait(120.0) == 50


def test_a_restart_of_the_machine_shortens_nothing() -> None:
    """Whatever the time of day says now: all of it counts from the moment of switching on."""
    pacing = Pacing(boot="one")
    for number in range(6):
        pacing.showing(str(number), 90_000.0)
    pacing.answered(False, 90_000.0)
    again = Pacing.read(pacing.kept(), "two", Limits())
    assert again.wait(30.0) == 3570
    assert again.wait_after_no(30.0) == 30
    assert again.seen == pacing.seen


@pytest.mark.parametrize(
    "kept",
    [
        None,
        {},
        {"boot": 7},
        {"shown": "x"},
        {"noes": -1},
        {"noes": "3", "seen": None},
        {"shown": [-1, "a", None]},
    ],
)
def test_rotten_notes_are_forgotten(kept: dict[str, object] | None) -> None:
    assert Pacing.read(kept, "", Limits()).wait(5000.0) == 0


def test_the_list_of_sessions_has_an_end() -> None:
    pacing = Pacing()
    for number in range(MOST_SESSIONS + 10):
        pacing.showing(str(number), number * 4000.0)
    assert len(pacing.seen) == MOST_SESSIONS
    assert pacing.seen[-1] == str(MOST_SESSIONS + 9)
    assert len(pacing.shown) == MOST_SESSIONS + 10
    pacing.wait(MOST_SESSIONS * 4000.0)
    assert len(pacing.shown) < 12
