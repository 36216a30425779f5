"""The life of a machine: one table of states and transitions that code, pages and docs all read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from controller.errors import Conflict
from controller.i18n import N_


class State(StrEnum):
    """Where a machine is in its life."""

    EXPECTED = "expected"
    PLUGGED = "plugged"
    INSPECTED = "inspected"
    ERASING = "erasing"
    ERASED = "erased"
    INSTALLING = "installing"
    INSTALLED = "installed"
    READY = "ready"
    ALLOCATED = "allocated"
    DELIVERED = "delivered"
    RETURNED = "returned"
    HELD = "held"
    PARTS = "parts"
    RECYCLED = "recycled"


@dataclass(frozen=True, kw_only=True)
class StateInfo:
    """What a state is called and means (message ids)."""

    label: str
    meaning: str
    icon: str  # name of a Lucide icon
    tone: str  # quiet, busy, waiting, good, alert, done
    final: bool = False
    on_board: bool = True  # shown on the workshop board


STATES: dict[State, StateInfo] = {
    State.EXPECTED: StateInfo(
        label=N_("expected"),
        meaning=N_("its label was printed; it has not been switched on yet"),
        icon="tag",
        tone="quiet",
    ),
    State.PLUGGED: StateInfo(
        label=N_("plugged"),
        meaning=N_("it is switched on and has announced itself"),
        icon="plug",
        tone="busy",
    ),
    State.INSPECTED: StateInfo(
        label=N_("inspected"),
        meaning=N_("its hardware is known; it waits for the erase to be authorised"),
        icon="clipboard-check",
        tone="waiting",
    ),
    State.ERASING: StateInfo(
        label=N_("erasing"), meaning=N_("its drives are being erased"), icon="eraser", tone="busy"
    ),
    State.ERASED: StateInfo(
        label=N_("erased"),
        meaning=N_("every drive was erased and read back"),
        icon="shield-check",
        tone="busy",
    ),
    State.INSTALLING: StateInfo(
        label=N_("installing"),
        meaning=N_("the system is being written"),
        icon="hard-drive-download",
        tone="busy",
    ),
    State.INSTALLED: StateInfo(
        label=N_("installed"),
        meaning=N_("it has started from its own drive and has phoned home"),
        icon="monitor-check",
        tone="busy",
    ),
    State.READY: StateInfo(
        label=N_("ready"),
        meaning=N_("it passed every check and can go to a family"),
        icon="circle-check",
        tone="good",
    ),
    State.ALLOCATED: StateInfo(
        label=N_("allocated"),
        meaning=N_("it is reserved for a household"),
        icon="user-check",
        tone="good",
        on_board=False,
    ),
    State.DELIVERED: StateInfo(
        label=N_("delivered"),
        meaning=N_("it is at a household's home"),
        icon="house",
        tone="done",
        on_board=False,
    ),
    State.RETURNED: StateInfo(
        label=N_("returned"),
        meaning=N_("it came back and must be gone over again"),
        icon="undo-2",
        tone="waiting",
    ),
    State.HELD: StateInfo(label=N_("on hold"), meaning=N_("a person must look at it"), icon="hand", tone="alert"),
    State.PARTS: StateInfo(
        label=N_("parts"),
        meaning=N_("it was taken apart for spare parts"),
        icon="wrench",
        tone="done",
        final=True,
        on_board=False,
    ),
    State.RECYCLED: StateInfo(
        label=N_("recycled"),
        meaning=N_("it went to the WEEE (DEEE) channel"),
        icon="recycle",
        tone="done",
        final=True,
        on_board=False,
    ),
}

# from → to, and what makes it happen.
TRANSITIONS: dict[tuple[State, State], str] = {
    (State.EXPECTED, State.PLUGGED): N_("it announced itself"),
    (State.PLUGGED, State.INSPECTED): N_("its inventory was taken"),
    (State.INSPECTED, State.PLUGGED): N_("it is inspected again"),
    (State.INSPECTED, State.ERASING): N_("a person authorised the erase"),
    (State.ERASING, State.ERASED): N_("every drive was erased and read back"),
    (State.ERASED, State.INSTALLING): N_("the install started"),
    (State.INSTALLING, State.INSTALLED): N_("the installed system phoned home"),
    (State.INSTALLED, State.READY): N_("every check passed"),
    (State.ERASED, State.PLUGGED): N_("it is gone over again from the start"),
    (State.INSTALLED, State.PLUGGED): N_("it is gone over again from the start"),
    (State.READY, State.PLUGGED): N_("it is gone over again from the start"),
    (State.READY, State.ALLOCATED): N_("it was reserved for a household"),
    (State.ALLOCATED, State.READY): N_("the reservation was cancelled"),
    (State.ALLOCATED, State.DELIVERED): N_("it was handed over"),
    (State.DELIVERED, State.RETURNED): N_("the household brought it back"),
    (State.RETURNED, State.PLUGGED): N_("it announced itself"),
}

_HOLDABLE = [s for s in State if not STATES[s].final and s is not State.HELD]
for _holdable in _HOLDABLE:
    TRANSITIONS[(_holdable, State.HELD)] = N_("a person must look")
    TRANSITIONS[(State.HELD, _holdable)] = N_("a person released it")
_LEAVABLE = (
    State.EXPECTED,
    State.PLUGGED,
    State.INSPECTED,
    State.ERASED,
    State.INSTALLED,
    State.READY,
    State.RETURNED,
    State.HELD,
)
for _leavable in _LEAVABLE:
    TRANSITIONS[(_leavable, State.PARTS)] = N_("it was taken apart")
    TRANSITIONS[(_leavable, State.RECYCLED)] = N_("it left for the WEEE channel")

# States that wait for a machine, and for how long (seconds): past it the machine is held.
TIME_LIMITS: dict[State, float] = {
    State.PLUGGED: 3600,
    State.ERASING: 11 * 24 * 3600,  # the largest drives take more than a week; silence is noticed long before
    State.ERASED: 3600,
    State.INSTALLING: 6 * 3600,
    State.INSTALLED: 3600,
}


def check_transition(before: State, after: State) -> None:
    """Raise Conflict unless the table allows ``before`` → ``after``."""
    if (before, after) not in TRANSITIONS:
        raise Conflict(
            N_("A machine that is {before} can't become {after}."),
            N_("Reload the page: its state may have changed meanwhile."),
            before=before.value,
            after=after.value,
        )
