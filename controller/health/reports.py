"""Reports as they arrive: stored once each, and what they change."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.bus import publish_after_commit
from controller.database import utcnow
from controller.health.home import hear
from controller.health.limits import Limits
from controller.health.tables import Report
from controller.machines.changes.keeping import LOOK_BACK, keep_changes
from controller.machines.drives import keep_drives
from controller.machines.identity import identifiers
from controller.machines.registry import describe, keep_identifiers
from controller.machines.tables import Boot, Machine


def store_report(
    session: Session,
    machine: Machine,
    boot: Boot,
    kind: str,
    body: dict[str, Any],
    message_id: str,
    limits: Limits | None = None,
) -> bool:
    """Keep a report. Returns False when the machine sent the same message before.

    An inventory also brings the machine's description, identifiers and drives up to date; a health sample of a
    machine at home is judged by ``limits``.
    """
    message_id = f"{machine.id}:{message_id}"[:64]  # an id that one machine chose says nothing about another's
    if session.execute(select(Report.id).where(Report.message_id == message_id)).first():
        return False
    report = Report(
        machine_id=machine.id,
        boot_id=boot.id,
        message_id=message_id,
        kind=kind,
        taken_at=str(body.get("taken_at", ""))[:40],
        received_at=utcnow(),
        body=body,
    )
    earlier = _earlier(session, machine.id) if kind == "inventory" else []
    session.add(report)
    if kind == "inventory":
        describe(machine, body["chassis"])
        keep_identifiers(session, machine, identifiers(body["chassis"], body["network"]))
        if boot.mode == "live":  # an installed system's own drive is its boot medium: not news
            keep_drives(session, machine, body["drives"])
    session.flush()
    if earlier:
        keep_changes(
            session,
            machine,
            boot,
            [row.body for row in earlier],
            body,
            since=earlier[0].received_at,
            at=report.received_at,
            report_id=report.id,
        )
    hear(session, machine, boot, kind, body, limits or Limits())
    publish_after_commit(session, f"machine:{machine.id}")
    return True


def _earlier(session: Session, machine_id: int) -> list[Report]:
    """The newest inventories that are kept, newest first."""
    rows = select(Report).where(Report.machine_id == machine_id, Report.kind == "inventory")
    rows = rows.order_by(Report.received_at.desc(), Report.id.desc()).limit(LOOK_BACK)
    return list(session.execute(rows).scalars())


def latest_report(session: Session, machine_id: int, kind: str) -> Report | None:
    """The newest report of a kind."""
    return session.execute(
        select(Report)
        .where(Report.machine_id == machine_id, Report.kind == kind)
        .order_by(Report.received_at.desc(), Report.id.desc())
        .limit(1)
    ).scalar_one_or_none()
