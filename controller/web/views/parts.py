"""The stock page: machines that are ready, spare parts, and the moves of one heap."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from controller.i18n import N_, translate
from controller.machines.lifecycle import State
from controller.machines.tables import Machine
from controller.parts.kinds import KIND_ICONS, KIND_NAMES, ORIGIN_NAMES, STATE_NAMES, Origin, PartKind, PartState
from controller.parts.queries import moves_of
from controller.parts.tables import Part, PartMove
from controller.web.formats import memory, size
from controller.web.views.people import Actors

MOVE_NAMES = {
    "added": (N_("came in"), "plus"),
    "taken": (N_("taken"), "wrench"),
    "returned": (N_("put back"), "undo-2"),
    "counted": (N_("counted"), "list-checks"),
    "discarded": (N_("thrown away"), "recycle"),
}


@dataclass(frozen=True, kw_only=True)
class PartLine:
    """One heap in a list."""

    id: int
    kind: str
    kind_label: str  # message id
    icon: str
    what: str  # size, type, label: what tells it apart
    fits: str
    origin: str  # message id
    origin_machine: tuple[int, str] | None
    euros: float
    place: str
    state: str  # message id
    count: int
    added_at: dt.datetime

    @property
    def name(self) -> str:
        """Kind and what tells it apart, in the language of the moment."""
        return f"{translate(self.kind_label)} {self.what}".strip()


@dataclass(frozen=True, kw_only=True)
class MoveLine:
    """One move of a heap."""

    id: int
    label: str  # message id
    icon: str
    delta: int
    left: int
    machine: tuple[int, str] | None
    reason: str
    at: dt.datetime
    by: str
    returnable: bool


def part_line(part: Part, names: Mapping[int, str] | None = None) -> PartLine:
    """A heap as a line of a list; ``names`` of the machines that parts came from."""
    kind, origin = PartKind(part.kind), part.origin_machine_id
    amount = memory(part.size_bytes) if kind is PartKind.MEMORY else size(part.size_bytes)
    words = (amount if part.size_bytes else "", part.memory_type, part.form_factor, part.interface, part.label)
    return PartLine(
        id=part.id,
        kind=part.kind,
        kind_label=KIND_NAMES[kind],
        icon=KIND_ICONS[kind],
        what=" ".join(word for word in words if word),
        fits=part.fits,
        origin=ORIGIN_NAMES[Origin(part.origin)],
        origin_machine=(origin, (names or {}).get(origin, f"machine-{origin}")) if origin else None,
        euros=part.cost_cents / 100,
        place=part.place,
        state=STATE_NAMES[PartState(part.state)],
        count=part.count,
        added_at=part.added_at,
    )


def part_lines(session: Session, rows: Sequence[Part]) -> tuple[PartLine, ...]:
    """Heaps as lines; one query for the machines' names."""
    names = machine_names(session, [row.origin_machine_id for row in rows])
    return tuple(part_line(row, names) for row in rows)


def move_lines(session: Session, part: Part, actors: Actors) -> tuple[MoveLine, ...]:
    """The moves of a heap, newest first."""
    rows = moves_of(session, part.id)
    names = machine_names(session, [row.machine_id for row in rows])
    back = {row.returns_id for row in rows}
    return tuple(_move_line(row, names, back, actors) for row in rows)


def _move_line(row: PartMove, names: Mapping[int, str], back: set[int | None], actors: Actors) -> MoveLine:
    label, icon = MOVE_NAMES[row.kind]
    machine = (row.machine_id, names.get(row.machine_id, f"machine-{row.machine_id}")) if row.machine_id else None
    return MoveLine(
        id=row.id,
        label=label,
        icon=icon,
        delta=row.delta,
        left=row.left,
        machine=machine,
        reason=row.reason,
        at=row.moved_at,
        by=actors.name(row.moved_by),
        returnable=row.kind == "taken" and row.id not in back,
    )


def machine_names(session: Session, ids: Sequence[int | None]) -> dict[int, str]:
    """Tags of machines by id."""
    wanted = {i for i in ids if i is not None}
    rows = session.execute(select(Machine.id, Machine.tag).where(Machine.id.in_(wanted))) if wanted else ()
    return {row.id: row.tag or f"machine-{row.id}" for row in rows}


def ready_count(session: Session, site: str) -> int:
    """How many machines are ready for a family."""
    query = select(func.count()).select_from(Machine)
    return session.execute(query.where(Machine.site == site, Machine.state_name == State.READY.value)).scalar_one()
