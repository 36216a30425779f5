"""Who gets which release."""

from __future__ import annotations

import datetime as dt

import pytest

from controller.releases.rollout import Outcomes, Release, Rules, Stage, drawn, offered, stage_of

NOW = dt.datetime(2026, 5, 10, 12, tzinfo=dt.UTC)
RULES = Rules(percent=10, hold=dt.timedelta(hours=48))


def release(version: str, stage: Stage = "trial", *, hours: float = 0, percent: int = 10, by: str = "") -> Release:
    made = NOW - dt.timedelta(hours=hours)
    return Release(version=version, digest="", sha256="", made_at=made, stage=stage, percent=percent, by=by)


@pytest.mark.parametrize(
    ("of", "outcomes", "stage"),
    [
        (release("2"), Outcomes(), "trial"),
        (release("2", hours=47.9), Outcomes(done=5), "trial"),
        (release("2", hours=48), Outcomes(done=5), "everybody"),
        (release("2", hours=1), Outcomes(done=5, rolled_back=1), "stopped"),
        (release("2", hours=99), Outcomes(done=5, rolled_back=1), "stopped"),
        # What a person said stays so.
        (release("2", hours=999, by="command"), Outcomes(), "trial"),
        (release("2", "everybody", by="command"), Outcomes(rolled_back=9), "everybody"),
        (release("2", "stopped", hours=999, by="command"), Outcomes(done=9), "stopped"),
        (release("1", "everybody"), Outcomes(rolled_back=1), "everybody"),
    ],
)
def test_a_trial_ends_well_or_badly(of: Release, outcomes: Outcomes, stage: Stage) -> None:
    assert stage_of(of, outcomes, RULES, NOW) == stage


def test_a_share_of_the_machines_is_drawn_anew_for_each_release() -> None:
    first = {machine for machine in range(1000) if drawn(machine, "1") < 10}
    second = {machine for machine in range(1000) if drawn(machine, "2") < 10}
    assert 60 <= len(first) <= 140
    assert len(first & second) < 40


def test_what_a_machine_is_offered() -> None:
    new, old = release("2"), release("1", "everybody")
    chosen = next(machine for machine in range(1000) if drawn(machine, "2") < 10)
    other = next(machine for machine in range(1000) if drawn(machine, "2") >= 10)
    assert offered(chosen, [new, old], {}) == new
    assert offered(other, [new, old], {}) == old
    assert offered(other, [new, old], {"2": "everybody"}) == new
    assert offered(chosen, [new, old], {"2": "stopped"}) == old
    # A machine that has it goes on seeing it: an index without its own version would offer no way back.
    assert offered(chosen, [new, old], {"2": "stopped"}, {"2"}) == new
    assert offered(chosen, [release("2", percent=0), old], {}) == old
    assert offered(1, [], {}) is None
