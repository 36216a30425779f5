"""Reserve a machine, or hand it over: nothing is forbidden, what is missing is said and written down."""

from __future__ import annotations

from sqlalchemy.orm import Session

from controller.grading.gate.gate import gate
from controller.grading.gate.judge import Missing
from controller.machines.lifecycle import State
from controller.machines.moves import move
from controller.machines.tables import Machine

HAND_OVER = (State.ALLOCATED, State.DELIVERED)


def hand_over(session: Session, machine: Machine, to: State, actor: str) -> tuple[Missing, ...]:
    """Move ``machine`` to ``allocated`` or ``delivered``. Returns what it lacks: whoever asked for it must see that.

    The ledger's entry says whether it could be called reconditioned at that moment, and what was missing if not.

    Raises:
        Conflict: its state doesn't allow it.
    """
    if to not in HAND_OVER:
        raise ValueError(f"{to} is no part of a hand-over")
    found = gate(session, machine)
    body = {"reconditioned": found.met, "missing": [one.item for one in found.missing]}
    move(session, machine, to, actor, body)
    return found.missing
