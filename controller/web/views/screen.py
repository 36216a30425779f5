"""Sessions on the family's screen: the box on the machine's page, and what the viewer's page shows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from controller.access.roles import Right, may
from controller.access.tables import User
from controller.assist.sessions.asking import WHY_LENGTH
from controller.assist.sessions.rules import OPEN
from controller.assist.sessions.store import sessions_of
from controller.assist.sessions.tables import AssistSession
from controller.database import utcnow
from controller.machines.announce import current_boot
from controller.machines.lifecycle import State
from controller.machines.tables import Machine
from controller.web.views.people import Actors
from controller.web.views.screen_words import CONTROL, STATES, why

CHOICES = (15, 30, 45, 60)  # minutes offered
USUAL = 30
AT_HOME = (State.READY, State.ALLOCATED, State.DELIVERED)


@dataclass(frozen=True, kw_only=True)
class SessionView:
    """One session as it is shown. Labels are message ids."""

    session: str
    machine_id: int
    who: str
    mine: bool
    why: str
    minutes: int
    state: str
    open: bool
    tone: str
    icon: str
    label: str
    reason: str  # what the code says
    next: str
    detail: str  # the agent's own words, for the fold
    control: str
    control_tone: str
    control_icon: str
    control_label: str
    control_next: str
    asked_at: dt.datetime
    answer_by: dt.datetime
    ends_at: dt.datetime | None
    ended_at: dt.datetime | None
    lasted_minutes: int | None


def session_view(row: AssistSession, user: User, actors: Actors) -> SessionView:
    """A row in words."""
    state, control = STATES[row.state], CONTROL[row.control]
    reason, step = why(row.state, row.code)
    control_reason, control_step = why("impossible", row.control_code) if row.control == "impossible" else ("", "")
    return SessionView(
        session=row.session,
        machine_id=row.machine_id,
        who=actors.name(row.who),
        mine=row.who == user.actor,
        why=row.why,
        minutes=row.minutes,
        state=row.state,
        open=row.state in OPEN,
        tone=state.tone,
        icon=state.icon,
        label=state.label,
        reason=reason,
        next=step or state.next,
        detail=row.detail,
        control=row.control,
        control_tone=control.tone,
        control_icon=control.icon,
        control_label=control_reason or control.label,
        control_next=control_step or control.next,
        asked_at=row.asked_at,
        answer_by=row.asked_at + dt.timedelta(seconds=row.answer_seconds),
        ends_at=row.ends_at,
        ended_at=row.ended_at,
        lasted_minutes=max(1, round(row.seconds / 60)) if row.accepted_at and row.seconds else None,
    )


@dataclass(frozen=True, kw_only=True)
class ScreenBox:
    """The box on the machine's page."""

    at_home: bool
    linked: bool
    may: bool
    now: SessionView | None
    last: SessionView | None  # what became of the newest one, while that is news
    past: tuple[SessionView, ...]
    minutes: tuple[int, ...] = CHOICES
    usual: int = USUAL
    longest_reason: int = WHY_LENGTH


NEWS = dt.timedelta(minutes=15)


def screen_box(
    session: Session, machine: Machine, user: User, actors: Actors, *, linked: bool | None = None
) -> dict[str, Any]:
    """What ``parts/machine-screen.html`` shows. ``linked``: right now, where this process knows it."""
    rows = sessions_of(session, machine.id)
    views = tuple(session_view(row, user, actors) for row in rows)
    now = next((view for view in views if view.open), None)
    past = tuple(view for view in views if not view.open)
    boot = current_boot(session, machine.id)
    resident = boot is not None and boot.mode == "resident" and boot.status == "accepted"
    recent = past[0] if past and now is None else None
    if recent is not None and utcnow() - (recent.ended_at or recent.asked_at) > NEWS:
        recent = None
    state = State(machine.held_return) if machine.state is State.HELD and machine.held_return else machine.state
    return {
        "screen": ScreenBox(
            at_home=state in AT_HOME,
            linked=resident and boot is not None and (boot.linked if linked is None else linked),
            may=may(user.role, Right.ASSIST),
            now=now,
            last=recent,
            past=past,
        )
    }
