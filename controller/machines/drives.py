"""Drives: their identity, and where each one is now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agent.protocol import DriveKey
from controller.database import utcnow
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.rubbish import clean_serial, clean_text
from controller.machines.tables import Drive, Machine


def drive_identity(machine_id: int, facts: dict[str, Any]) -> str:
    """``wwn:…``, else ``serial:model|serial``, else a name that holds only in this machine and place."""
    wwn = clean_serial(str(facts.get("wwn") or ""))
    if wwn:
        return f"wwn:{wwn.lower()}"
    serial = clean_serial(str(facts.get("serial") or ""))
    model = clean_text(str(facts.get("model") or ""))
    if serial:
        return f"serial:{model}|{serial}"[:255]
    return f"machine:{machine_id}|{facts.get('path')}|{model}|{facts.get('size_bytes')}"[:255]


def drive_key(facts: dict[str, Any]) -> DriveKey:
    """What names a drive in an authorisation, exactly as the target reported it."""
    return {
        "serial": str(facts.get("serial") or ""),
        "wwn": str(facts.get("wwn") or ""),
        "model": str(facts.get("model") or ""),
        "size_bytes": int(facts.get("size_bytes") or 0),
    }


def keep_drives(session: Session, machine: Machine, seen: Sequence[dict[str, Any]]) -> list[Drive]:
    """Bring the drives of ``machine`` up to date with an inventory; the boot medium is not one of them."""
    now = utcnow()
    present: list[Drive] = []
    for facts in seen:
        if facts.get("boot_medium") or int(facts.get("size_bytes") or 0) <= 0:
            continue
        identity = drive_identity(machine.id, facts)
        drive = session.execute(select(Drive).where(Drive.identity == identity)).scalar_one_or_none()
        if drive is None:
            drive = Drive(identity=identity, size_bytes=0, first_seen=now, last_seen=now, facts={})
            session.add(drive)
        moved = drive.machine_id != machine.id
        key = drive_key(facts)
        drive.serial, drive.wwn, drive.model = key["serial"], key["wwn"], key["model"]
        drive.size_bytes = key["size_bytes"]
        drive.transport, drive.rotational = str(facts.get("transport") or ""), facts.get("rotational")
        drive.path, drive.facts, drive.machine_id, drive.last_seen = (
            str(facts.get("path") or ""),
            facts,
            machine.id,
            now,
        )
        session.flush()
        if moved:
            append(
                session,
                Kind.DRIVE_SEEN,
                drive.subject,
                {"machine": machine.id, **key},
                actor=machine.subject,
                site=machine.site,
            )
        present.append(drive)
    _forget_absent(session, machine, {d.id for d in present})
    return present


def _forget_absent(session: Session, machine: Machine, present: set[int]) -> None:
    for drive in session.execute(select(Drive).where(Drive.machine_id == machine.id)).scalars():
        if drive.id not in present:
            drive.machine_id = None
            append(
                session,
                Kind.DRIVE_GONE,
                drive.subject,
                {"machine": machine.id},
                actor=machine.subject,
                site=machine.site,
            )


def drives_of(session: Session, machine_id: int) -> list[Drive]:
    """The drives in the machine now, by path."""
    return list(
        session.execute(select(Drive).where(Drive.machine_id == machine_id).order_by(Drive.path, Drive.id)).scalars()
    )
