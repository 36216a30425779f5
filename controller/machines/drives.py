"""Drives: their identity, and where each one is now."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agent.protocol import DriveKey
from controller.database import utcnow
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.registry import is_connected
from controller.machines.rubbish import clean_serial, clean_text, clean_wwn
from controller.machines.tables import Drive, Machine

MAX_IDENTITY = 240  # characters; the column leaves room for a number behind it


def drive_identity(machine_id: int, facts: dict[str, Any]) -> str:
    """``wwn:…``, else ``serial:model|serial``, else a name that holds only in this machine and place."""
    wwn = clean_wwn(str(facts.get("wwn") or ""))
    if wwn:
        return f"wwn:{wwn}"[:MAX_IDENTITY]
    serial = clean_serial(str(facts.get("serial") or ""))
    model = clean_text(str(facts.get("model") or ""))
    if serial:
        return f"serial:{model}|{serial}"[:MAX_IDENTITY]
    return f"machine:{machine_id}|{facts.get('path')}|{model}|{facts.get('size_bytes')}"[:MAX_IDENTITY]


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
        drive = _find(session, machine, facts, {d.id for d in present})
        moved = drive.machine_id != machine.id
        key = drive_key(facts)
        drive.serial, drive.wwn, drive.model = key["serial"][:120], key["wwn"][:64], key["model"][:120]
        drive.size_bytes = key["size_bytes"]
        drive.transport, drive.rotational = str(facts.get("transport") or "")[:16], facts.get("rotational")
        drive.path, drive.facts = str(facts.get("path") or "")[:64], facts
        drive.machine_id, drive.last_seen = machine.id, now
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


def _find(session: Session, machine: Machine, facts: dict[str, Any], taken: set[int]) -> Drive:
    """The drive's own row, or a new one.

    Two drives with one identity exist (a maker that gives every SSD the same serial number): a row that stands
    for another drive of this inventory, or for one in a machine that is connected right now, is not this one's.
    The rows of such drives are numbered: ``serial:…``, ``serial:…#2``.
    """
    identity = drive_identity(machine.id, facts)
    rows = session.execute(
        select(Drive)
        .where(or_(Drive.identity == identity, Drive.identity.startswith(f"{identity}#", autoescape=True)))
        .order_by(Drive.id)
    ).scalars()
    same = [row for row in rows if re.fullmatch(r"(#\d+)?", row.identity.removeprefix(identity))]
    free = [row for row in same if row.id not in taken and not _elsewhere(session, row, machine)]
    here = [row for row in free if row.machine_id == machine.id]
    best = next((row for row in here if row.path == facts.get("path")), None)
    found = best or next(iter(here), None) or next(iter(free), None)
    if found is None:
        number = f"#{len(same) + 1}" if same else ""
        now = utcnow()
        found = Drive(identity=identity + number, size_bytes=0, first_seen=now, last_seen=now, facts={})
        session.add(found)
    return found


def _elsewhere(session: Session, drive: Drive, machine: Machine) -> bool:
    """Whether the drive is in another machine for sure: one whose live system is connected right now."""
    other = drive.machine_id
    return other is not None and other != machine.id and is_connected(session, other)


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
