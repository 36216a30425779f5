"""One machine's page: its header, what to do next, and what each tab shows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from controller.grading.gate.gate import gate
from controller.ledger.tables import LedgerEntry
from controller.machines.account import TOLD_IN
from controller.machines.announce import current_boot
from controller.machines.lifecycle import TRANSITIONS, State
from controller.machines.tables import Drive, Lot, Machine
from controller.web.views.gate import SAID_IN, GateView, gate_view
from controller.web.views.grade import Badge, machine_badge
from controller.web.views.history import Entry, entries
from controller.web.views.names import model_name
from controller.web.views.next_step import Next, next_step
from controller.web.views.people import Actors
from controller.web.views.quarantine import Candidate, candidates
from controller.web.views.run import RUN_STATES, RunView, run_view
from controller.web.views.words import Words
from controller.workflows.tables import Run

TABS = ("run", "hardware", "tests", "drives", "health", "assist", "history")
HISTORY_SHOWN = 100


@dataclass(frozen=True, kw_only=True)
class MachineView:
    """The frame of the page, whatever the tab."""

    id: int
    name: str
    tag: str
    model: str
    serial: str
    form: str
    state: State
    since: dt.datetime
    lot: Lot | None
    bench: str
    profile: str
    accepted: bool
    stranger: bool
    linked: bool
    boot_mode: str  # live, resident, ""
    address: str
    last_heard_at: dt.datetime | None
    held: Words
    candidates: tuple[Candidate, ...]
    run: RunView | None
    grade: Badge | None
    next: Next
    first_password: str  # of the installed account, while somebody must still be told; else ""
    checklist: GateView | None  # where it is told whether it may be called reconditioned
    may: frozenset[str]  # actions that its state allows, whoever asks


def machine_view(session: Session, machine: Machine, actors: Actors) -> MachineView:
    """Header, next step and newest run."""
    boot = current_boot(session, machine.id)
    newest = session.execute(
        select(Run).where(Run.machine_id == machine.id).order_by(Run.id.desc()).limit(1)
    ).scalar_one_or_none()
    run = run_view(session, newest, actors) if newest else None
    stranger = boot is not None and boot.status == "quarantined"
    linked = boot is not None and boot.linked
    held = Words(id=machine.held_reason, params=machine.held_params or {})
    checklist = gate_view(session, gate(session, machine), actors) if machine.state in SAID_IN else None
    return MachineView(
        id=machine.id,
        name=machine.name,
        tag=machine.tag or "",
        model=model_name(machine.manufacturer, machine.product),
        serial=machine.serial,
        form=machine.form or "other",
        state=machine.state,
        since=machine.state_since,
        lot=machine.lot,
        first_password=machine.first_password if machine.state in TOLD_IN else "",
        bench=machine.bench,
        profile=machine.profile or (machine.lot.profile if machine.lot else ""),
        accepted=machine.accepted_at is not None,
        stranger=stranger,
        linked=linked,
        boot_mode=boot.mode if boot else "",
        address=boot.address if boot else "",
        last_heard_at=machine.last_heard_at,
        held=held,
        candidates=candidates(session, machine.conflict_with or []),
        run=run,
        grade=machine_badge(session, machine.id),
        next=next_step(
            state=machine.state,
            accepted=machine.accepted_at is not None,
            stranger=stranger,
            has_lot=machine.lot_id is not None,
            has_tag=machine.tag is not None,
            held=held,
            run=run,
            linked=linked,
            lacking=checklist is not None and not checklist.met,
        ),
        checklist=checklist,
        may=allowed(machine.state, accepted=machine.accepted_at is not None, run=run),
    )


def allowed(state: State, *, accepted: bool, run: RunView | None) -> frozenset[str]:
    """The actions that make sense now. Pure; who may do them is another question."""
    found = set()
    if (state, State.HELD) in TRANSITIONS and accepted:
        found.add("hold")
    if state is State.HELD:
        found.add("release")
    if state in (State.READY, State.ALLOCATED) and accepted:
        found.add("hand-over")
    if state is State.DELIVERED:
        found.add("come-back")
    if (state, State.RECYCLED) in TRANSITIONS:
        found |= {"recycle", "parts"}
    if accepted or state is State.EXPECTED:
        found |= {"tie", "bench"}
    under_way = run is not None and run.is_open
    if under_way:
        found.add("cancel")
    elif accepted and (state in (State.HELD, State.PLUGGED) or (state, State.PLUGGED) in TRANSITIONS):
        found.add("start")
    if run is not None and run.state == "failed":
        found.add("retry")
    if state in (State.PARTS, State.RECYCLED):
        found -= {"tie", "bench", "retry"}
    return frozenset(found)


@dataclass(frozen=True, kw_only=True)
class RunLine:
    """A run in a list."""

    id: int
    state_label: str  # message id
    created_at: dt.datetime


def runs_of(session: Session, machine_id: int) -> tuple[RunLine, ...]:
    """Every run of the machine, newest first."""
    rows = session.execute(
        select(Run.id, Run.state, Run.created_at).where(Run.machine_id == machine_id).order_by(Run.id.desc()).limit(50)
    )
    return tuple(RunLine(id=r.id, state_label=RUN_STATES.get(r.state, r.state), created_at=r.created_at) for r in rows)


def history(session: Session, machine_id: int, actors: Actors) -> tuple[Entry, ...]:
    """The newest ledger entries of the machine and of the drives in it."""
    drives = session.execute(select(Drive.id).where(Drive.machine_id == machine_id)).scalars()
    subjects = [f"machine:{machine_id}", *(f"drive:{i}" for i in drives)]
    rows = (
        session.execute(
            select(LedgerEntry)
            .where(or_(*(LedgerEntry.subject == subject for subject in subjects)))
            .order_by(LedgerEntry.seq.desc())
            .limit(HISTORY_SHOWN)
        )
        .scalars()
        .all()
    )
    return entries(session, rows, actors)
