"""A new inventory is compared with the ones before it; what changed is kept, and told to the ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.changes.diff import changes
from controller.machines.changes.tables import MachineChange
from controller.machines.snapshot import Body
from controller.machines.tables import Boot, Machine

LOOK_BACK = 5
"""Former inventories that are looked at: one that a tool failed in is filled up by the one before."""


def keep_changes(
    session: Session,
    machine: Machine,
    boot: Boot,
    earlier: Sequence[Body],
    now: Body,
    *,
    since: dt.datetime,
    at: dt.datetime,
    report_id: int,
) -> MachineChange | None:
    """Note what is another in ``now`` than in ``earlier`` (newest first). ``None`` when nothing is."""
    found = changes(earlier, now)
    if not found:
        return None
    kept = MachineChange(
        machine_id=machine.id,
        report_id=report_id,
        boot_id=boot.id,
        since=since,
        at=at,
        changes=[change.as_json() for change in found],
    )
    session.add(kept)
    append(
        session,
        Kind.MACHINE_CHANGED,
        machine.subject,
        {"boot": boot.id, "changes": kept.changes},
        actor=machine.subject,
        site=machine.site,
    )
    session.flush()
    return kept


def changes_of(session: Session, machine_id: int, limit: int = 50) -> list[MachineChange]:
    """What changed in a machine, newest first."""
    rows = select(MachineChange).where(MachineChange.machine_id == machine_id).order_by(MachineChange.id.desc())
    return list(session.execute(rows.limit(limit)).scalars())
