"""One search box: tag, serial number, model, lot."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from controller.errors import RecyclerieError
from controller.machines.lifecycle import State
from controller.machines.registry import machine_by_tag
from controller.machines.tables import Drive, Lot, Machine
from controller.machines.tags import read_tag
from controller.web.views.lots import LotLine, LotMachine, lot_lines
from controller.web.views.names import model_name

LIMIT = 200


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a search found."""

    machines: tuple[LotMachine, ...]
    lots: tuple[LotLine, ...]
    cut: bool  # more were found than are shown


def exact_tag(session: Session, q: str) -> int | None:
    """The machine whose tag was typed or scanned, whole or as a label's address."""
    text = q.strip().rsplit("/", 1)[-1]
    if not text or not any(c.isdigit() for c in text):
        return None
    try:
        machine = machine_by_tag(session, read_tag(text))
    except RecyclerieError:
        return None
    # Bare digits may also be part of a serial: only a whole tag is taken for one.
    return machine.id if machine and (not text.isdigit() or len(text) == 6) else None


def search(session: Session, q: str, state: State | None) -> Found:
    """Machines and lots in which every word of ``q`` is found."""
    query = select(Machine).order_by(Machine.id.desc()).limit(LIMIT + 1)
    if state is not None:
        query = query.where(Machine.state_name == state.value)
    for word in q.split()[:8]:
        like = f"%{word}%"
        of_drive = select(Drive.machine_id).where(or_(Drive.serial.ilike(like), Drive.model.ilike(like)))
        of_lot = select(Lot.id).where(or_(Lot.code.ilike(like), Lot.donor_name.ilike(like)))
        columns = (Machine.tag, Machine.manufacturer, Machine.product, Machine.serial, Machine.bench)
        query = query.where(
            or_(*(column.ilike(like) for column in columns), Machine.id.in_(of_drive), Machine.lot_id.in_(of_lot))
        )
    rows = session.execute(query).scalars().all()
    machines = tuple(
        LotMachine(
            id=m.id,
            name=m.name,
            model=model_name(m.manufacturer, m.product),
            serial=m.serial,
            state=m.state,
            since=m.state_since,
        )
        for m in rows[:LIMIT]
    )
    return Found(machines=machines, lots=_lots(session, q) if state is None else (), cut=len(rows) > LIMIT)


def _lots(session: Session, q: str) -> tuple[LotLine, ...]:
    if not q.strip():
        return ()
    query = select(Lot).order_by(Lot.id.desc()).limit(20)
    for word in q.split()[:8]:
        query = query.where(or_(Lot.code.ilike(f"%{word}%"), Lot.donor_name.ilike(f"%{word}%")))
    return lot_lines(session, session.execute(query).scalars().all())
