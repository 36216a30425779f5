"""Reading the stock: lists, what went into a machine, what the stock offers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from controller.parts.kinds import PartKind
from controller.parts.offers import Offer
from controller.parts.tables import Part, PartMove

LISTED = 500


def parts(
    session: Session, site: str, *, kind: PartKind | None = None, q: str = "", gone: bool = False
) -> Sequence[Part]:
    """The heaps of a workshop by kind and size, without empty ones unless ``gone``; ``q``: words in any order."""
    query = select(Part).where(Part.site == site)
    if kind is not None:
        query = query.where(Part.kind == kind.value)
    if not gone:
        query = query.where(Part.count > 0)
    columns = (Part.label, Part.memory_type, Part.form_factor, Part.interface, Part.fits, Part.place, Part.kind)
    for word in q.split()[:8]:
        query = query.where(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    return session.execute(query.order_by(Part.kind, Part.size_bytes, Part.id).limit(LISTED)).scalars().all()


def moves_of(session: Session, part_id: int) -> Sequence[PartMove]:
    """Every move of a heap, newest first."""
    query = select(PartMove).where(PartMove.part_id == part_id).order_by(PartMove.id.desc()).limit(LISTED)
    return session.execute(query).scalars().all()


def fitted(session: Session, machine_id: int) -> list[tuple[PartMove, Part]]:
    """What was taken for a machine and not put back, newest first."""
    back = aliased(PartMove)
    query = (
        select(PartMove, Part)
        .join(Part, Part.id == PartMove.part_id)
        .outerjoin(back, back.returns_id == PartMove.id)
        .where(PartMove.machine_id == machine_id, PartMove.kind == "taken", back.id.is_(None))
        .order_by(PartMove.id.desc())
    )
    return [(move, part) for move, part in session.execute(query)]


def offers(session: Session, site: str) -> tuple[Offer, ...]:
    """What is there, for whoever plans a repair."""
    rows = session.execute(select(Part).where(Part.site == site, Part.count > 0).order_by(Part.id)).scalars()
    return tuple(
        Offer(
            part_id=row.id,
            kind=row.kind,
            label=row.label,
            size_bytes=row.size_bytes,
            memory_type=row.memory_type,
            form_factor=row.form_factor,
            interface=row.interface,
            fits=row.fits,
            cost_cents=row.cost_cents,
            count=row.count,
            place=row.place,
        )
        for row in rows
    )
