"""The ledger's page: entries newest first, found by what they are about or by kind."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from controller.ledger.kinds import Kind
from controller.ledger.tables import LedgerCheckpoint, LedgerEntry
from controller.machines.tables import Drive, Lot, Machine
from controller.web.views.history import KIND_NAMES, Entry, entries
from controller.web.views.people import Actors

PAGE = 50


@dataclass(frozen=True, kw_only=True)
class LedgerPage:
    """One page of entries."""

    entries: tuple[Entry, ...]
    total: int  # entries in the whole ledger
    signed_up_to: int
    older: int | None  # entries below this number come next
    newest: bool  # nothing newer is left out
    kinds: tuple[tuple[str, str], ...]  # choices: kind, message id


def ledger_page(session: Session, *, q: str, kind: str, before: int | None) -> LedgerPage:
    """Entries about ``q`` (a tag, serial, lot, or ``machine:12``) of ``kind``, below number ``before``."""
    query = select(LedgerEntry).order_by(LedgerEntry.seq.desc())
    if q.strip():
        query = query.where(LedgerEntry.subject.in_(subjects(session, q.strip())))
    if kind in set(Kind):
        query = query.where(LedgerEntry.kind == kind)
    if before:
        query = query.where(LedgerEntry.seq < before)
    rows = session.execute(query.limit(PAGE + 1)).scalars().all()
    shown = rows[:PAGE]
    return LedgerPage(
        entries=entries(session, shown, Actors(session)),
        total=session.execute(select(func.count()).select_from(LedgerEntry)).scalar_one(),
        signed_up_to=session.execute(select(func.max(LedgerCheckpoint.seq))).scalar_one() or 0,
        older=shown[-1].seq if len(rows) > PAGE else None,
        newest=before is None,
        kinds=tuple((k.value, label) for k, (label, _) in KIND_NAMES.items()),
    )


def subjects(session: Session, q: str) -> list[str]:
    """The subjects that a search means; a machine's drives are among its own."""
    if ":" in q and q.split(":", 1)[0] in ("machine", "lot", "drive"):
        exact = q.split(":", 1)
        machine_ids = [int(exact[1])] if exact[0] == "machine" and exact[1].isdigit() and len(exact[1]) < 10 else []
        return [q, *_drives_of(session, machine_ids)]
    like = f"%{q}%"
    machines = list(
        session.execute(
            select(Machine.id)
            .where(or_(Machine.tag.ilike(like), Machine.serial.ilike(like), Machine.product.ilike(like)))
            .limit(200)
        ).scalars()
    )
    lots = session.execute(select(Lot.id).where(or_(Lot.code.ilike(like), Lot.donor_name.ilike(like))).limit(50))
    drives = session.execute(select(Drive.id).where(or_(Drive.serial.ilike(like), Drive.wwn.ilike(like))).limit(200))
    return [
        *(f"machine:{i}" for i in machines),
        *_drives_of(session, machines),
        *(f"lot:{i}" for i in lots.scalars()),
        *(f"drive:{i}" for i in drives.scalars()),
    ]


def _drives_of(session: Session, machine_ids: list[int]) -> list[str]:
    rows = session.execute(select(Drive.id).where(Drive.machine_id.in_(machine_ids))).scalars()
    return [f"drive:{i}" for i in rows]
