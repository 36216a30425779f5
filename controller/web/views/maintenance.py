"""Maintenance of machines at home: the box on a machine's page, and the page of all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from controller.access.tables import User
from controller.assist.reach import SEALED
from controller.i18n import N_
from controller.machines.announce import current_boot
from controller.machines.lifecycle import State
from controller.machines.tables import Boot, Machine, ResidentToken
from controller.maintenance.actions import ACTIONS, KEYBOARDS, MAIN, Action
from controller.maintenance.asking import has_rights
from controller.maintenance.bundle import MOST_BYTES
from controller.maintenance.outcome import WORDS
from controller.maintenance.tables import OPEN, MaintenanceAction, MaintenanceLog
from controller.maintenance.work import LONGEST
from controller.web.views.people import Actors
from controller.web.views.run import LogLine
from controller.web.views.words import NOTHING, Words, words

SHOWN = 10  # what was done, on the machine's page
BATCHES = 5
FRANCE = ("Europe/Paris", "America/Guadeloupe", "America/Martinique", "America/Cayenne", "Indian/Reunion")
STATES: dict[str, tuple[str, str, str]] = {  # tone, icon, message id
    "waiting": ("waiting", "clock", N_("waits until the machine is connected")),
    "queued": ("waiting", "hourglass", N_("waits for its turn")),
    "running": ("busy", "loader-circle", N_("under way")),
    "succeeded": ("good", "circle-check", N_("done")),
    "failed": ("alert", "circle-x", N_("failed")),
    "cancelled": ("quiet", "circle-minus", N_("cancelled")),
    "expired": ("alert", "clock", N_("given up")),
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One maintenance of one machine."""

    id: int
    machine_id: int
    machine: str
    action: Action
    what: str  # a package, a time zone, a keyboard
    state: str
    tone: str
    icon: str
    state_label: str  # message id
    who: str
    asked_at: dt.datetime
    expires_at: dt.datetime
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    said: Words  # what it came to
    next: Words  # and what to do
    detail: str
    bundle_bytes: int
    stopping: bool  # it was taken back while it ran

    @property
    def is_open(self) -> bool:
        """Whether it isn't over."""
        return self.state in OPEN


@dataclass(frozen=True, kw_only=True)
class Box:
    """What the machine's page shows."""

    at_home: bool
    linked: bool
    heard_at: dt.datetime | None
    rights: bool
    ended_at: dt.datetime | None  # of its rights
    main: Action
    others: tuple[Action, ...]
    now: tuple[Asked, ...]
    done: tuple[Asked, ...]
    keyboards: tuple[tuple[str, str], ...] = KEYBOARDS
    zones: tuple[str, ...] = FRANCE


def maintenance_box(
    session: Session,
    machine: Machine,
    user: User,  # noqa: ARG001 - given to each of the tab's boxes
    actors: Actors,
) -> dict[str, Any]:
    """What ``parts/machine-maintenance.html`` shows."""
    state = State(machine.held_return) if machine.state is State.HELD and machine.held_return else machine.state
    boot = current_boot(session, machine.id)
    mine = select(MaintenanceAction).where(MaintenanceAction.machine_id == machine.id)
    now = session.execute(mine.where(MaintenanceAction.state.in_(OPEN)).order_by(MaintenanceAction.id)).scalars()
    done = session.execute(
        mine.where(MaintenanceAction.state.not_in(OPEN)).order_by(MaintenanceAction.id.desc()).limit(SHOWN)
    ).scalars()
    rights = has_rights(session, machine.id)
    revoked = select(func.max(ResidentToken.revoked_at)).where(ResidentToken.machine_id == machine.id)
    box = Box(
        at_home=state in SEALED,
        linked=boot is not None and boot.mode == "resident" and boot.linked and rights,
        heard_at=machine.last_heard_at,
        rights=rights,
        ended_at=None if rights else session.execute(revoked).scalar(),
        main=ACTIONS[MAIN],
        others=tuple(action for action in ACTIONS.values() if action.name != MAIN),
        now=tuple(_asked(row, machine.name, actors) for row in now),
        done=tuple(_asked(row, machine.name, actors) for row in done),
    )
    return {"maintenance": box}


def _asked(row: MaintenanceAction, machine: str, actors: Actors) -> Asked:
    action = ACTIONS.get(row.action, ACTIONS[MAIN])
    tone, icon, label = STATES.get(row.state, ("quiet", "info", row.state))
    said, after = NOTHING, NOTHING
    if row.outcome == "done":
        said = words(action.changed if row.changed else action.same)
    elif row.outcome in WORDS:
        hours, megabytes = int(LONGEST.total_seconds() // 3600), MOST_BYTES // 1_000_000
        facts = {"machine": machine, "hours": hours, "megabytes": megabytes}
        said, after = (Words(id=text, params=facts) if text else NOTHING for text in WORDS[row.outcome])
    return Asked(
        id=row.id,
        machine_id=row.machine_id,
        machine=machine,
        action=action,
        what=", ".join(str(value) for value in row.params.values()),
        state=row.state,
        tone=tone,
        icon=icon,
        state_label=label,
        who=actors.name(row.asked_by),
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        said=said,
        next=after,
        detail=row.detail if row.state == "failed" else "",
        bundle_bytes=row.bundle_bytes,
        stopping=row.cancel_requested and row.state == "running",
    )


def action_log(session: Session, action_id: int, after: int, limit: int) -> tuple[LogLine, ...]:
    """The lines after ``after``; from the beginning (0), only the newest ``limit`` of them."""
    query = select(MaintenanceLog).where(MaintenanceLog.action_id == action_id, MaintenanceLog.id > after)
    if after:
        rows = list(session.execute(query.order_by(MaintenanceLog.id).limit(limit)).scalars())
    else:
        rows = list(session.execute(query.order_by(MaintenanceLog.id.desc()).limit(limit)).scalars())[::-1]
    return tuple(LogLine(id=r.id, at=r.at, level=r.level, source=r.source, text=r.text) for r in rows)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What was asked of every machine at home at once."""

    id: str
    action: Action
    who: str
    asked_at: dt.datetime
    done: int
    failed: tuple[Asked, ...]
    running: tuple[Asked, ...]
    queued: int
    waiting: int
    total: int

    @property
    def is_open(self) -> bool:
        """Whether some of it isn't over."""
        return bool(self.running or self.queued or self.waiting)


@dataclass(frozen=True, kw_only=True)
class Everywhere:
    """The page of all machines at home."""

    at_home: int
    linked: int
    actions: tuple[Action, ...]
    batches: tuple[Batch, ...]
    single: tuple[Asked, ...]


def everywhere(session: Session, actors: Actors) -> Everywhere:
    """Maintenance of all machines at home, the newest first."""
    entitled = select(ResidentToken.machine_id).where(ResidentToken.revoked_at.is_(None))
    home = select(Machine.id).where(Machine.state_name == State.DELIVERED.value, Machine.id.in_(entitled))
    linked = select(func.count(Boot.machine_id.distinct())).where(
        Boot.linked.is_(True), Boot.status == "accepted", Boot.machine_id.in_(home)
    )
    newest = (
        select(MaintenanceAction.batch)
        .where(MaintenanceAction.batch != "")
        .group_by(MaintenanceAction.batch)
        .order_by(func.max(MaintenanceAction.id).desc())
        .limit(BATCHES)
    )
    single = (
        select(MaintenanceAction, Machine)
        .join(Machine, Machine.id == MaintenanceAction.machine_id)
        .where(MaintenanceAction.batch == "")
        .order_by(MaintenanceAction.id.desc())
        .limit(20)
    )
    return Everywhere(
        at_home=session.execute(select(func.count()).select_from(home.subquery())).scalar_one(),
        linked=session.execute(linked).scalar_one(),
        actions=tuple(action for action in ACTIONS.values() if action.everywhere),
        batches=tuple(_batch(session, name, actors) for name in session.execute(newest).scalars().all()),
        single=tuple(_asked(row, machine.name, actors) for row, machine in session.execute(single)),
    )


def _batch(session: Session, name: str, actors: Actors) -> Batch:
    query = select(MaintenanceAction, Machine).join(Machine, Machine.id == MaintenanceAction.machine_id)
    found = session.execute(query.where(MaintenanceAction.batch == name).order_by(MaintenanceAction.id)).all()
    rows = [_asked(row, machine.name, actors) for row, machine in found]

    def of(*states: str) -> Sequence[Asked]:
        return [row for row in rows if row.state in states]

    return Batch(
        id=name,
        action=rows[0].action,
        who=rows[0].who,
        asked_at=rows[0].asked_at,
        done=len(of("succeeded")),
        failed=tuple(of("failed", "expired")),
        running=tuple(of("running")),
        queued=len(of("queued")),
        waiting=len(of("waiting")),
        total=len(rows),
    )
