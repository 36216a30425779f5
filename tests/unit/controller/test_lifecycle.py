"""The table of states and transitions: whole, without dead ends, and what the docs say."""

from __future__ import annotations

import itertools

import pytest

from controller.errors import Conflict
from controller.machines.lifecycle import STATES, TIME_LIMITS, TRANSITIONS, State, check_transition

FINAL = {State.PARTS, State.RECYCLED}
MAIN = (
    State.EXPECTED,
    State.PLUGGED,
    State.INSPECTED,
    State.ERASING,
    State.ERASED,
    State.INSTALLING,
    State.INSTALLED,
    State.READY,
    State.ALLOCATED,
    State.DELIVERED,
    State.RETURNED,
    State.PLUGGED,
)


def after(state: State) -> set[State]:
    return {to for before, to in TRANSITIONS if before is state}


def reachable(start: State, without: frozenset[State] = frozenset()) -> set[State]:
    found, left = {start}, [start]
    while left:
        new = after(left.pop()) - found - without
        found |= new
        left += new
    return found


def test_every_state_is_described() -> None:
    assert set(STATES) == set(State)
    for info in STATES.values():
        assert info.label
        assert info.meaning
        assert info.icon
        assert info.tone in ("quiet", "busy", "waiting", "good", "alert", "done")


def test_the_main_way() -> None:
    for before, to in itertools.pairwise(MAIN):
        check_transition(before, to)


def test_every_state_is_reached_without_a_hold() -> None:
    """Also those that only a hold leads to would be reached through it: so it is taken away here."""
    assert reachable(State.EXPECTED, frozenset({State.HELD})) == set(State) - {State.HELD}


def test_final_states_are_final() -> None:
    assert {state for state in State if not after(state)} == FINAL
    assert {state for state, info in STATES.items() if info.final} == FINAL


def test_no_dead_end() -> None:
    """From everywhere a machine can become ready, or leave for good."""
    for state in set(State) - FINAL:
        assert State.READY in reachable(state)
        assert reachable(state) >= FINAL


def test_hold_goes_back_where_it_came_from() -> None:
    holdable = {before for before, to in TRANSITIONS if to is State.HELD}
    assert holdable == set(State) - FINAL - {State.HELD}
    assert after(State.HELD) == holdable | FINAL


@pytest.mark.parametrize(
    ("before", "to"),
    [
        (State.PLUGGED, State.ERASING),  # never without an inspection
        (State.PLUGGED, State.INSTALLING),
        (State.INSPECTED, State.ERASED),  # never without an erase
        (State.INSPECTED, State.INSTALLING),
        (State.ERASING, State.INSTALLING),  # never without the claims
        (State.ERASING, State.RECYCLED),  # not while it is at work
        (State.INSTALLING, State.READY),
        (State.ERASED, State.READY),
        (State.INSTALLED, State.ALLOCATED),  # never without the checks
        (State.RECYCLED, State.PLUGGED),
        (State.RECYCLED, State.HELD),
        (State.PARTS, State.HELD),
        (State.EXPECTED, State.READY),
        (State.READY, State.READY),
        (State.HELD, State.HELD),
    ],
)
def test_what_is_not_allowed(before: State, to: State) -> None:
    with pytest.raises(Conflict):
        check_transition(before, to)


def test_ready_has_one_way_in() -> None:
    """R122-4: only checks make a machine ready (or a cancelled reservation, or a release of one that was)."""
    into = {before for before, to in TRANSITIONS if to is State.READY}
    assert into == {State.INSTALLED, State.ALLOCATED, State.HELD}


def test_states_that_wait_for_a_machine_have_a_limit() -> None:
    busy = {state for state, info in STATES.items() if info.tone == "busy"}
    assert set(TIME_LIMITS) == busy
    assert all(seconds > 0 for seconds in TIME_LIMITS.values())
