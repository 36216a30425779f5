"""The workshop board: every machine in the workshop, what it is doing and whether it needs a hand.

Five queries whatever the number of machines: machines with their lots, newest runs, their steps, grades, quarantine;
nine more where some are ready, for what those that are shown still lack.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from controller.i18n import N_
from controller.machines.lifecycle import STATES, State
from controller.machines.tables import Lot, Machine
from controller.web.views.gate import lacking_of
from controller.web.views.grade import Badge, badges_of
from controller.web.views.names import model_name
from controller.web.views.needs import Need, need_of
from controller.web.views.quarantine import Stranger, strangers
from controller.web.views.runs_now import RunNow, runs_now
from controller.web.views.words import Words

# A machine at work that says nothing for this long gets a word on its card (seconds).
SILENT_AFTER = 60.0
SLIPS_SHOWN = 24
DENSE_ABOVE = 24  # cards at work: above, each one is drawn smaller
SPEAKING = (State.PLUGGED, State.INSPECTED, State.ERASING, State.ERASED, State.INSTALLING, State.INSTALLED)


@dataclass(frozen=True, kw_only=True)
class Group:
    """One column of the board."""

    key: str
    label: str  # message id
    states: tuple[State, ...]
    tone: str
    icon: str
    slips: bool = False  # one line a machine instead of a card


GROUPS: tuple[Group, ...] = (
    Group(key="expected", label=N_("Expected"), states=(State.EXPECTED,), tone="quiet", icon="tag", slips=True),
    Group(
        key="plugged",
        label=N_("Plugged in"),
        states=(State.PLUGGED, State.INSPECTED, State.RETURNED, State.HELD),
        tone="busy",
        icon="plug",
    ),
    Group(key="erase", label=N_("Erase"), states=(State.ERASING, State.ERASED), tone="busy", icon="eraser"),
    Group(
        key="install",
        label=N_("Install"),
        states=(State.INSTALLING, State.INSTALLED),
        tone="busy",
        icon="hard-drive-download",
    ),
    Group(key="ready", label=N_("Ready"), states=(State.READY,), tone="good", icon="circle-check", slips=True),
)
GROUP_OF: dict[State, Group] = {state: group for group in GROUPS for state in group.states}
ON_BOARD = [state.value for state, info in STATES.items() if info.on_board]


@dataclass(frozen=True, kw_only=True)
class Card:
    """One machine on the board."""

    id: int
    name: str
    model: str
    form: str
    state: State
    since: dt.datetime
    lot_id: int | None
    lot_code: str
    bench: str
    run: RunNow | None
    grade: Badge | None
    lacking: int  # of a ready machine: how much of its list is still to do
    need: Need | None
    silent_since: dt.datetime | None  # last heard of, when it should have spoken since

    @property
    def group(self) -> Group:
        """The column it stands in."""
        return GROUP_OF[self.state]

    @property
    def placement(self) -> str:
        """Where it stands: when this changes the board changes, else only the card."""
        need = self.need.kind if self.need else ""
        return f"{self.group.key}|{need}|{self.lot_id}|{self.bench}|{self.name}"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A group with its machines; ``more`` are not shown."""

    group: Group
    cards: tuple[Card, ...]
    count: int

    @property
    def more(self) -> int:
        """How many are left out."""
        return self.count - len(self.cards)


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the board is narrowed to; empty values narrow nothing."""

    lot: int | None = None
    bench: str = ""
    q: str = ""

    @property
    def any(self) -> bool:
        """Whether anything is narrowed."""
        return bool(self.lot or self.bench or self.q)


@dataclass(frozen=True, kw_only=True)
class LotWaiting:
    """Several machines of one lot that wait for their authorisation."""

    id: int
    code: str
    machines: int


@dataclass(frozen=True, kw_only=True)
class Board:
    """The whole page."""

    filters: Filters
    needs: tuple[Card, ...]
    strangers: tuple[Stranger, ...]
    columns: tuple[Column, ...]
    bulk: tuple[LotWaiting, ...]
    lots: tuple[tuple[int, str], ...]  # choices of the filter: id, text
    benches: tuple[str, ...]
    known: int  # machines the controller has ever known, whatever the filters

    @property
    def hands(self) -> int:
        """How many things need a hand."""
        return len(self.needs) + len(self.strangers)

    @property
    def dense(self) -> bool:
        """Whether there are so many that each must be small."""
        return sum(len(c.cards) for c in self.columns if not c.group.slips) > DENSE_ABOVE


def board(session: Session, filters: Filters, now: dt.datetime) -> Board:
    """The board as it is now."""
    machines = _machines(session, _conditions(filters))
    cards = _cards(session, machines, now)
    lots = session.execute(
        select(Lot.id, Lot.code, Lot.donor_name)
        .where(Lot.id.in_(select(Machine.lot_id).where(Machine.state_name.in_(ON_BOARD))))
        .order_by(Lot.code.desc())
    ).all()
    benches = session.execute(
        select(Machine.bench).where(Machine.bench != "", Machine.state_name.in_(ON_BOARD)).distinct()
    ).scalars()
    needs = sorted((c for c in cards if c.need), key=lambda c: (c.need.rank, c.since) if c.need else (0, c.since))
    return Board(
        filters=filters,
        needs=tuple(needs),
        strangers=() if filters.any else strangers(session),
        columns=tuple(_column(group, [c for c in cards if not c.need and c.group is group]) for group in GROUPS),
        bulk=_bulk(needs),
        lots=tuple((lot.id, f"{lot.code} · {lot.donor_name}") for lot in lots),
        benches=tuple(sorted(benches)),
        known=session.execute(select(func.count()).select_from(Machine)).scalar_one(),
    )


def cards_of(session: Session, machine_ids: Sequence[int], now: dt.datetime) -> list[Card]:
    """The cards of some machines; those that aren't on the board are left out."""
    return _cards(session, _machines(session, [Machine.id.in_(machine_ids)]), now)


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.lot:
        conditions.append(Machine.lot_id == filters.lot)
    if filters.bench:
        conditions.append(Machine.bench == filters.bench)
    for word in filters.q.split():
        like = f"%{word}%"
        columns = (Machine.tag, Machine.manufacturer, Machine.product, Machine.serial)
        conditions.append(or_(*(column.ilike(like) for column in columns)))
    return conditions


def _machines(session: Session, conditions: Sequence[ColumnElement[bool]]) -> Sequence[Machine]:
    known = or_(Machine.accepted_at.is_not(None), Machine.state_name == State.EXPECTED.value)
    return (
        session.execute(
            select(Machine)
            .where(Machine.state_name.in_(ON_BOARD), known, *conditions)
            .order_by(Machine.state_since, Machine.id)
        )
        .scalars()
        .all()
    )


def _cards(session: Session, machines: Sequence[Machine], now: dt.datetime) -> list[Card]:
    runs = runs_now(session, [m.id for m in machines if m.state is not State.EXPECTED])
    grades = badges_of(session, [m.id for m in machines if m.state is not State.EXPECTED])
    lacking = lacking_of(session, _newest_ready(machines))
    return [_card(m, runs.get(m.id), grades.get(m.id), lacking.get(m.id, 0), now) for m in machines]


def _newest_ready(machines: Sequence[Machine]) -> list[Machine]:
    """Those that the board shows."""
    ready = [machine for machine in machines if machine.state is State.READY]
    return sorted(ready, key=lambda machine: machine.state_since, reverse=True)[:SLIPS_SHOWN]


def _card(machine: Machine, run: RunNow | None, grade: Badge | None, lacking: int, now: dt.datetime) -> Card:
    heard = machine.last_heard_at
    restarting = run is not None and run.step is not None and run.step.name == "restart"
    silent = (
        machine.state in SPEAKING
        and not restarting
        and heard is not None
        and (now - heard).total_seconds() > SILENT_AFTER
    )
    return Card(
        id=machine.id,
        name=machine.name,
        model=model_name(machine.manufacturer, machine.product),
        form=machine.form or "other",
        state=machine.state,
        since=machine.state_since,
        lot_id=machine.lot_id,
        lot_code=machine.lot.code if machine.lot else "",
        bench=machine.bench,
        run=run if run and run.is_open else None,
        grade=grade,
        lacking=lacking,
        need=need_of(
            machine_id=machine.id,
            state=machine.state,
            held=Words(id=machine.held_reason, params=machine.held_params),
            has_lot=machine.lot_id is not None,
            has_tag=machine.tag is not None,
            run_state=run.state if run else None,
            waits_for=run.step.message if run and run.step else "",
            step=run.step.name if run and run.step else "",
        ),
        silent_since=heard if silent else None,
    )


def _column(group: Group, cards: list[Card]) -> Column:
    shown = cards
    if group.slips:
        # The newest ready machines and the first expected tags matter; the lists hold the rest.
        shown = sorted(cards, key=lambda c: c.since, reverse=True) if group.key == "ready" else cards
        shown = shown[:SLIPS_SHOWN]
    return Column(group=group, cards=tuple(shown), count=len(cards))


def _bulk(needs: Sequence[Card]) -> tuple[LotWaiting, ...]:
    counts: dict[tuple[int, str], int] = {}
    for card in needs:
        if card.need and card.need.kind == "authorise" and card.lot_id is not None:
            key = (card.lot_id, card.lot_code)
            counts[key] = counts.get(key, 0) + 1
    return tuple(LotWaiting(id=i, code=code, machines=n) for (i, code), n in sorted(counts.items()) if n > 1)
