"""Unknown machines that announced themselves: nothing happens to them before a person accepts them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.machines.tables import Boot, Machine
from controller.web.views.names import model_name

SHOWN = 50


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A known machine that a stranger may be."""

    id: int
    name: str
    model: str
    serial: str


@dataclass(frozen=True, kw_only=True)
class Stranger:
    """A machine in quarantine."""

    id: int
    model: str
    form: str
    serial: str
    address: str
    mac: str
    announced_at: dt.datetime
    candidates: tuple[Candidate, ...]


def strangers(session: Session) -> tuple[Stranger, ...]:
    """Those that wait, oldest first; at most 50 are shown at once."""
    boots = (
        session.execute(
            select(Boot)
            .join(Machine, Machine.id == Boot.machine_id)
            .where(Boot.status == "quarantined", Machine.accepted_at.is_(None))
            .order_by(Boot.announced_at)
            .limit(SHOWN)
        )
        .scalars()
        .unique()
        .all()
    )
    known = _candidates(session, boots)
    return tuple(_stranger(boot, known) for boot in boots)


def _candidates(session: Session, boots: Sequence[Boot]) -> dict[int, Candidate]:
    ids = {i for boot in boots for i in boot.machine.conflict_with or []}
    if not ids:
        return {}
    rows = session.execute(select(Machine).where(Machine.id.in_(ids))).scalars()
    return {
        m.id: Candidate(id=m.id, name=m.name, model=model_name(m.manufacturer, m.product), serial=m.serial)
        for m in rows
    }


def _stranger(boot: Boot, known: dict[int, Candidate]) -> Stranger:
    machine = boot.machine
    nics = boot.announcement.get("nics") or []
    return Stranger(
        id=machine.id,
        model=model_name(machine.manufacturer, machine.product),
        form=machine.form or "other",
        serial=machine.serial,
        address=boot.address,
        mac=str(nics[0].get("mac", "")) if nics else "",
        announced_at=boot.announced_at,
        candidates=tuple(known[i] for i in machine.conflict_with or [] if i in known),
    )
