"""Unknown machines that announced themselves: nothing happens to them before a person accepts them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
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
    known = {c.id: c for c in candidates(session, (i for b in boots for i in b.machine.conflict_with or []))}
    return tuple(_stranger(boot, known) for boot in boots)


def candidates(session: Session, ids: Iterable[int]) -> tuple[Candidate, ...]:
    """The machines that a stranger may be."""
    rows = session.execute(select(Machine).where(Machine.id.in_(set(ids))).order_by(Machine.id)).scalars()
    return tuple(
        Candidate(id=m.id, name=m.name, model=model_name(m.manufacturer, m.product), serial=m.serial) for m in rows
    )


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
