"""Donation lots: how many were expected, came, and are done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from controller.machines.intake import DONOR_KINDS, REGIMES
from controller.machines.lifecycle import State
from controller.machines.tables import Lot, Machine
from controller.web.views.names import model_name

DONE = (State.READY, State.ALLOCATED, State.DELIVERED, State.PARTS, State.RECYCLED)


@dataclass(frozen=True, kw_only=True)
class LotLine:
    """A lot in the list."""

    id: int
    code: str
    donor: str
    donor_kind: str  # message id
    regime: str  # message id
    received_on: dt.date | None
    expected: int  # what the donor announced, or more if more labels exist
    labelled: int  # labels printed for machines that have not come yet
    arrived: int
    done: int
    held: int
    preauthorised_at: dt.datetime | None

    @property
    def share_done(self) -> int:
        """Share of the expected machines that are done, in thousandths."""
        return round(1000 * self.done / self.expected) if self.expected else 0

    @property
    def share_arrived(self) -> int:
        """Share of the expected machines that have come, in thousandths."""
        return round(1000 * self.arrived / self.expected) if self.expected else 0


@dataclass(frozen=True, kw_only=True)
class LotMachine:
    """A machine of a lot."""

    id: int
    name: str
    model: str
    serial: str
    state: State
    since: dt.datetime


def _counts(lot_ids: Sequence[int]):  # type: ignore[no-untyped-def]
    def of(*states: State):  # type: ignore[no-untyped-def]
        return func.sum(case((Machine.state_name.in_([s.value for s in states]), 1), else_=0))

    return (
        select(
            Machine.lot_id,
            func.count().label("labels"),
            of(State.EXPECTED).label("labelled"),
            of(*DONE).label("done"),
            of(State.HELD).label("held"),
        )
        .where(Machine.lot_id.in_(lot_ids))
        .group_by(Machine.lot_id)
    )


def lot_lines(session: Session, lots: Sequence[Lot]) -> tuple[LotLine, ...]:
    """``lots`` with their counts, in one query."""
    rows = {row.lot_id: row for row in session.execute(_counts([lot.id for lot in lots]))}
    return tuple(_line(lot, rows.get(lot.id)) for lot in lots)


def _line(lot: Lot, row: object) -> LotLine:
    labels, labelled, done, held = (
        (int(getattr(row, name) or 0) for name in ("labels", "labelled", "done", "held")) if row else (0, 0, 0, 0)
    )
    return LotLine(
        id=lot.id,
        code=lot.code,
        donor=lot.donor_name,
        donor_kind=DONOR_KINDS.get(lot.donor_kind, lot.donor_kind),
        regime=REGIMES.get(lot.regime, lot.regime),
        received_on=lot.received_on,
        expected=max(lot.expected_count, labels),
        labelled=labelled,
        arrived=labels - labelled,
        done=done,
        held=held,
        preauthorised_at=lot.preauthorised_at,
    )


def all_lots(session: Session) -> tuple[LotLine, ...]:
    """Every lot, newest first."""
    return lot_lines(session, session.execute(select(Lot).order_by(Lot.id.desc())).scalars().all())


def lot_choices(session: Session) -> tuple[tuple[int, str], ...]:
    """Lots for a choice, newest first: id and text."""
    rows = session.execute(select(Lot.id, Lot.code, Lot.donor_name).order_by(Lot.id.desc()).limit(200))
    return tuple((row.id, f"{row.code} · {row.donor_name}") for row in rows)


def lot_machines(session: Session, lot_id: int) -> tuple[LotMachine, ...]:
    """The machines of a lot, by tag."""
    rows = session.execute(select(Machine).where(Machine.lot_id == lot_id).order_by(Machine.tag, Machine.id)).scalars()
    return tuple(
        LotMachine(
            id=m.id,
            name=m.name,
            model=model_name(m.manufacturer, m.product),
            serial=m.serial,
            state=m.state,
            since=m.state_since,
        )
        for m in rows
    )
