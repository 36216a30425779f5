"""May a machine be called reconditioned? What is missing, in words, and what a person let pass.

It blocks nothing: a machine can be ``ready`` before everything was tried. The word is what it decides about: nobody
reads or prints that a machine is reconditioned while it doesn't meet its list.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.grading.gate.facts import gather
from controller.grading.gate.judge import Missing, judge
from controller.grading.gate.tables import GateWaiver
from controller.machines.tables import Machine

__all__ = ["Gate", "Missing", "Waived", "gate", "gates"]


@dataclass(frozen=True, kw_only=True)
class Waived:
    """Something that a person let pass."""

    what: Missing
    reason: str  # waivers.REASONS
    note: str
    at: dt.datetime
    by: str  # actor


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The outcome."""

    met: bool
    missing: tuple[Missing, ...] = ()
    waived: tuple[Waived, ...] = ()


def gate(session: Session, machine: Machine) -> Gate:
    """What is missing before ``machine`` may be called reconditioned."""
    return gates(session, [machine])[machine.id]


def gates(session: Session, machines: Sequence[Machine]) -> Mapping[int, Gate]:
    """The same for many machines, with as many queries as for one."""
    ids = [machine.id for machine in machines]
    waivers: dict[tuple[int, str], GateWaiver] = {
        (row.machine_id, row.item): row
        for row in session.execute(select(GateWaiver).where(GateWaiver.machine_id.in_(ids))).scalars()
    }
    return {
        machine_id: _gate(list(judge(facts)), {item: row for (i, item), row in waivers.items() if i == machine_id})
        for machine_id, facts in gather(session, machines).items()
    }


def _gate(found: Sequence[Missing], waivers: Mapping[str, GateWaiver]) -> Gate:
    missing, waived = [], []
    for one in found:
        row = waivers.get(one.item)
        if row is not None and one.may_be_waived and row.was == one.was:
            waived.append(Waived(what=one, reason=row.reason, note=row.note, at=row.waived_at, by=row.waived_by))
        else:
            missing.append(one)
    return Gate(met=not missing, missing=tuple(missing), waived=tuple(waived))
