"""Holding, releasing, leaving: the state, what it says, and what the ledger gets to know of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from controller.core import Core
from controller.errors import Conflict, RecyclerieError
from controller.i18n import said
from controller.machines.lifecycle import State
from controller.machines.moves import hold, is_over, move, recycle, release, take_for_parts
from controller.machines.registry import new_machine
from tests.integration.controller.test_intake import entries


def test_hold_and_release(core: Core) -> None:
    with core.database.write() as session:
        machine = new_machine(session, "main", State.INSPECTED)
        hold(
            session,
            machine,
            "{machine} is late by {n} h: {detail}",
            "user:1",
            machine="R-1",
            n=3,
            detail="Marie said so",
        )
        assert (machine.state, machine.held_return) == (State.HELD, "inspected")
        assert machine.held_reason.format(**machine.held_params) == "R-1 is late by 3 h: Marie said so"
        hold(session, machine, "another reason", "user:2")  # on hold already: only the reason changes
        assert (machine.held_return, machine.held_reason, machine.held_params) == ("inspected", "another reason", {})
        release(session, machine, "user:1")
        assert (machine.state, machine.held_return, machine.held_reason) == (State.INSPECTED, None, "")
        with pytest.raises(Conflict):
            release(session, machine, "user:1")
        moves = [(e["body"]["from"], e["body"]["to"]) for e in entries(session, "machine.state")]
        assert moves == [("inspected", "held"), ("held", "inspected")]


@pytest.mark.parametrize(
    ("reason", "params"),
    [
        ("{text}", {"text": "Madame Dupont must come back for her photos"}),
        ("The inspection failed: {detail}", {"detail": "mounted at /media/Marie Dupont"}),
        ("{drive}: {reason}", {"drive": "SSD 1", "reason": said("No: {detail}", detail="volume Dupont")}),
    ],
)
def test_the_ledger_never_gets_free_text(core: Core, reason: str, params: dict[str, object]) -> None:
    """Text that a person typed or a tool printed may name somebody, and the ledger forgets nothing."""
    with core.database.write() as session:
        machine = new_machine(session, "main", State.INSPECTED)
        hold(session, machine, reason, "user:1", **params)
        body = entries(session, "machine.state")[0]["body"]
        assert body["reason"] == reason
        assert "Dupont" not in str(body)
        assert "Dupont" in str(machine.held_params)  # a person reads it on the page


def test_recycle(core: Core) -> None:
    with core.database.write() as session:
        machine = new_machine(session, "main", State.HELD)
        recycle(session, machine, "user:1", " BSD-2026-0001 ", 2.345)
        assert is_over(machine)
        body = entries(session, "machine.state")[0]["body"]
        assert body == {"from": "held", "to": "recycled", "reference": "BSD-2026-0001", "weight_grams": 2345}


@pytest.mark.parametrize(
    ("reference", "weight"), [("", 1.0), ("  ", 1.0), ("B", 0), ("B", -1), ("B", 1000), ("B", float("nan"))]
)
def test_recycle_needs_its_slip(core: Core, reference: str, weight: float) -> None:
    with core.database.write() as session:
        machine = new_machine(session, "main", State.HELD)
        with pytest.raises(RecyclerieError):
            recycle(session, machine, "user:1", reference, weight)
        assert entries(session) == []


@pytest.mark.parametrize("final", [State.RECYCLED, State.PARTS])
def test_what_has_left_stays_away(core: Core, final: State) -> None:
    with core.database.write() as session:
        machine = new_machine(session, "main", State.READY)
        if final is State.PARTS:
            take_for_parts(session, machine, "user:1")
        else:
            recycle(session, machine, "user:1", "B", 1)
        acts: list[Callable[[], object]] = [
            lambda: hold(session, machine, "no", "user:1"),
            lambda: take_for_parts(session, machine, "user:1"),
            lambda: recycle(session, machine, "user:1", "B", 1),
            lambda: move(session, machine, State.PLUGGED, "user:1"),
        ]
        for act in acts:
            with pytest.raises(Conflict):
                act()
        assert machine.state is final


@pytest.mark.parametrize("state", [State.ERASING, State.INSTALLING, State.ALLOCATED, State.DELIVERED])
def test_what_cannot_leave(core: Core, state: State) -> None:
    with core.database.write() as session:
        machine = new_machine(session, "main", state)
        with pytest.raises(Conflict):
            recycle(session, machine, "user:1", "B", 1)
