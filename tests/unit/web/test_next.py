"""What a machine needs and what to do next: facts → one thing to do."""

from __future__ import annotations

import datetime as dt

import pytest

from controller.machines.lifecycle import TRANSITIONS, State
from controller.web.views.machine import allowed
from controller.web.views.needs import need_of
from controller.web.views.next_step import next_step
from controller.web.views.progress import Progress
from controller.web.views.run import STEP_STATES, RunView, StepView
from controller.web.views.words import NOTHING, words

NOW = dt.datetime(2026, 3, 12, tzinfo=dt.UTC)


def run(state: str, step: str = "erase", step_state: str = "running", message: str = "") -> RunView:
    """A run at one step."""
    view = StepView(
        id=1,
        name=step,
        label=step.title(),
        meaning="",
        state=step_state,
        state_label="",
        tone="busy",
        attempt=1,
        started_at=NOW,
        ended_at=None,
        progress=Progress(done=1, total=2),
        message=message,
        error=NOTHING,
        jobs=(),
        checks=(),
        has_log=False,
    )
    return RunView(
        id=7,
        state=state,
        state_label="",
        profile="mini",
        started_by="",
        created_at=NOW,
        ended_at=None,
        error=NOTHING,
        steps=(view,),
    )


@pytest.mark.parametrize(
    ("state", "tied", "run_state", "waits_for", "expected"),
    [
        (State.EXPECTED, False, None, "", None),
        (State.PLUGGED, False, "running", "", None),
        (State.PLUGGED, True, "running", "restart it", "restart"),
        (State.INSPECTED, True, "running", "", None),
        (State.INSPECTED, True, "queued", "", None),
        (State.INSPECTED, True, "waiting", "", "authorise"),
        (State.INSPECTED, True, None, "", "authorise"),
        (State.INSPECTED, False, "waiting", "", "tie"),
        (State.ERASING, True, "running", "", None),
        (State.READY, True, "succeeded", "", None),
        (State.RETURNED, True, None, "", "returned"),
        (State.HELD, True, "failed", "", "held"),
        (State.HELD, False, "running", "restart it", "held"),
    ],
)
def test_needs(state: State, tied: bool, run_state: str | None, waits_for: str, expected: str | None) -> None:
    need = need_of(
        machine_id=3,
        state=state,
        held=words("why"),
        has_lot=tied,
        has_tag=tied,
        run_state=run_state,
        waits_for=waits_for,
    )
    assert (need.kind if need else None) == expected


@pytest.mark.parametrize(
    ("run_state", "step", "expected"),
    [("waiting", "recheck", "recheck"), ("running", "recheck", None), ("running", "install", None)],
)
def test_a_second_person_is_needed(run_state: str, step: str, expected: str | None) -> None:
    """Only while the run waits for one, not while the drives are being read."""
    need = need_of(
        machine_id=3, state=State.ERASED, held=NOTHING, has_lot=True, has_tag=True, run_state=run_state, step=step
    )
    assert (need.kind if need else None) == expected
    if need:
        assert need.url == "/machines/3#recheck"


def test_what_is_stuck_comes_before_what_is_routine() -> None:
    kinds = ["held", "restart", "returned", "recheck", "tie", "authorise"]
    cases = [
        (State.HELD, True, None, "", ""),
        (State.PLUGGED, True, "running", "x", "inspect"),
        (State.RETURNED, True, None, "", ""),
        (State.ERASED, True, "waiting", "", "recheck"),
        (State.INSPECTED, False, None, "", ""),
        (State.INSPECTED, True, None, "", ""),
    ]
    needs = [
        need_of(machine_id=1, state=s, held=NOTHING, has_lot=t, has_tag=t, run_state=r, waits_for=w, step=n)
        for s, t, r, w, n in cases
    ]
    assert [n.kind for n in needs if n] == kinds
    assert [n.rank for n in needs if n] == sorted(n.rank for n in needs if n)


@pytest.mark.parametrize(
    ("state", "accepted", "stranger", "tied", "newest", "action", "tone"),
    [
        (State.PLUGGED, False, True, False, None, "accept", "alert"),
        (State.PLUGGED, False, False, False, None, "", "quiet"),
        (State.EXPECTED, False, False, True, None, "", "quiet"),
        (State.PLUGGED, True, False, False, None, "start", "busy"),
        (State.PLUGGED, True, False, False, run("running", "inspect"), "", "busy"),
        (State.PLUGGED, True, False, False, run("running", "inspect", message="restart it"), "", "waiting"),
        (State.ERASED, True, False, True, run("waiting", "recheck", "waiting"), "recheck", "waiting"),
        (State.ERASED, True, False, True, run("running", "recheck"), "", "busy"),
        (State.INSPECTED, True, False, False, run("waiting", "authorise", "waiting"), "tie", "waiting"),
        (State.INSPECTED, True, False, True, run("waiting", "authorise", "waiting"), "authorise", "waiting"),
        (State.INSPECTED, True, False, True, run("queued", "authorise", "waiting"), "", "busy"),
        (State.ERASING, True, False, True, run("running"), "", "busy"),
        (State.HELD, True, False, True, run("failed", step_state="failed"), "retry", "alert"),
        (State.HELD, True, False, True, run("waiting", step_state="waiting"), "release", "alert"),
        (State.HELD, True, False, True, None, "release", "alert"),
        (State.ERASED, True, False, True, run("cancelled", step_state="pending"), "start", "busy"),
        (State.READY, True, False, True, run("succeeded", step_state="succeeded"), "", "good"),
        (State.RECYCLED, True, False, True, None, "", "done"),
    ],
)
def test_one_thing_to_do(
    state: State, accepted: bool, stranger: bool, tied: bool, newest: RunView | None, action: str, tone: str
) -> None:
    found = next_step(
        state=state,
        accepted=accepted,
        stranger=stranger,
        has_lot=tied,
        has_tag=tied,
        held=NOTHING,
        run=newest,
        linked=True,
    )
    assert (found.action, found.tone) == (action, tone)
    assert str(found.title)


@pytest.mark.parametrize("state", list(State))
def test_only_what_the_lifecycle_allows_is_offered(state: State) -> None:
    for newest in (None, run("running"), run("failed", step_state="failed"), run("succeeded", step_state="succeeded")):
        offered = allowed(state, accepted=True, run=newest)
        assert ("hold" in offered) <= ((state, State.HELD) in TRANSITIONS)
        assert ("recycle" in offered) == ((state, State.RECYCLED) in TRANSITIONS)
        assert ("release" in offered) == (state is State.HELD)
        assert not {"start", "cancel"} <= offered
        if "start" in offered:
            assert state in (State.HELD, State.PLUGGED) or (state, State.PLUGGED) in TRANSITIONS
    if state in (State.PARTS, State.RECYCLED):
        assert allowed(state, accepted=True, run=None) == frozenset()


def test_every_state_of_a_step_has_words() -> None:
    assert set(STEP_STATES) == {"pending", "running", "waiting", "succeeded", "failed", "skipped"}
