"""Alerts in words, wherever they are shown; and the machines at home, those with alerts first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from controller.health.alerts import ACTIVE
from controller.health.home import HOME
from controller.health.home_tables import HealthAlert, HomeHealth
from controller.health.rules import KINDS, URGENT
from controller.helpdesk.finding import matching
from controller.i18n import N_
from controller.machines.lifecycle import State
from controller.machines.tables import Machine, ResidentToken
from controller.web.views.names import model_name
from controller.web.views.people import Actors
from controller.web.views.words import Words

PAGE = 50
LEVELS = {"urgent": (N_("urgent"), "alert"), "warning": (N_("to watch"), "waiting")}
STATES = {"open": N_("open"), "acknowledged": N_("somebody is at it"), "closed": N_("closed")}


@dataclass(frozen=True, kw_only=True)
class AlertView:
    """An alert as people read it."""

    id: int
    machine_id: int
    machine_name: str
    label: str  # message id
    icon: str
    level: str
    level_label: str  # message id
    tone: str
    state: str
    state_label: str  # message id
    text: Words
    opened_at: dt.datetime
    updated_at: dt.datetime
    closed_at: dt.datetime | None
    handled_by: str
    note: str
    acknowledged: bool


def alert_view(alert: HealthAlert, machine_name: str, actors: Actors) -> AlertView:
    """One alert."""
    kind = KINDS[alert.kind]
    label, tone = LEVELS[alert.level]
    return AlertView(
        id=alert.id,
        machine_id=alert.machine_id,
        machine_name=machine_name,
        label=kind.label,
        icon=kind.icon,
        level=alert.level,
        level_label=label,
        tone="quiet" if alert.state == "closed" else tone,
        state=alert.state,
        state_label=STATES[alert.state],
        text=Words(id=alert.message, params=alert.params),
        opened_at=alert.opened_at,
        updated_at=alert.updated_at,
        closed_at=alert.closed_at,
        handled_by=actors.name(alert.handled_by) if alert.handled_by else "",
        note=alert.note,
        acknowledged=alert.state == "acknowledged",
    )


def machine_alerts(session: Session, machine: Machine) -> tuple[tuple[AlertView, ...], tuple[AlertView, ...]]:
    """What is open of a machine (the urgent first), and what was closed last."""
    actors = Actors(session)
    rows = select(HealthAlert).where(HealthAlert.machine_id == machine.id)
    active = session.execute(rows.where(HealthAlert.state.in_(ACTIVE)).order_by(*_order())).scalars()
    closed = session.execute(
        rows.where(HealthAlert.state == "closed")
        .order_by(HealthAlert.closed_at.desc(), HealthAlert.id.desc())
        .limit(20)
    ).scalars()
    return (
        tuple(alert_view(alert, machine.name, actors) for alert in active),
        tuple(alert_view(alert, machine.name, actors) for alert in closed),
    )


def _order() -> tuple[Any, ...]:
    return (
        case((HealthAlert.state == "open", 0), else_=1),
        case((HealthAlert.level == URGENT, 0), else_=1),
        HealthAlert.opened_at.desc(),
        HealthAlert.id.desc(),
    )


@dataclass(frozen=True, kw_only=True)
class HomeLine:
    """A machine at home, in the list."""

    id: int
    name: str
    model: str
    state: State
    heard_at: dt.datetime | None
    silent: bool
    urgent: int
    warnings: int
    sampled: bool


@dataclass(frozen=True, kw_only=True)
class HomePage:
    """One page of the list."""

    lines: tuple[HomeLine, ...]
    total: int
    page: int
    pages: int


def machines_at_home(session: Session, q: str, page: int, silent_before: dt.datetime) -> HomePage:
    """Machines that have left the benches with our system on them: the silent first, then those with alerts."""
    urgent, warnings = _count(HealthAlert.level == URGENT), _count(HealthAlert.level != URGENT)
    query = (
        select(Machine, urgent.label("urgent"), warnings.label("warnings"), HomeHealth.machine_id.label("sampled"))
        .outerjoin(HomeHealth, HomeHealth.machine_id == Machine.id)
        .where(Machine.id.in_(at_home_ids()), *matching(q))
    )
    total = session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    pages = max(1, -(-total // PAGE))
    page = min(max(page, 1), pages)
    silent = case((_silent(silent_before), 0), else_=1)
    never = case((Machine.last_heard_at.is_(None), 1), else_=0)
    ordered = query.order_by(silent, urgent.desc(), warnings.desc(), never, Machine.last_heard_at, Machine.id)
    rows = session.execute(ordered.limit(PAGE).offset((page - 1) * PAGE)).all()
    return HomePage(lines=tuple(_lines(rows, silent_before)), total=total, page=page, pages=pages)


def at_home_ids() -> Any:
    """The machines that are ready, reserved or delivered (or on hold from there), whose system may still speak."""
    states = [state.value for state in HOME]
    held = (Machine.state_name == State.HELD.value) & Machine.held_return.in_(states)
    speaks = select(ResidentToken.machine_id).where(ResidentToken.revoked_at.is_(None))
    return select(Machine.id).where(Machine.state_name.in_(states) | held, Machine.id.in_(speaks))


def _count(level: ColumnElement[bool]) -> Any:
    query = select(func.count(HealthAlert.id)).where(HealthAlert.machine_id == Machine.id)
    return query.where(HealthAlert.state.in_(ACTIVE), level).correlate(Machine).scalar_subquery()


def silent_at_home(session: Session, silent_before: dt.datetime) -> int:
    """How many machines at home were not heard of since."""
    query = select(func.count()).select_from(Machine).where(Machine.id.in_(at_home_ids()), _silent(silent_before))
    return session.execute(query).scalar_one()


def _silent(before: dt.datetime) -> ColumnElement[bool]:
    return or_(Machine.last_heard_at.is_(None), Machine.last_heard_at < before)


def _lines(rows: Iterable[Any], silent_before: dt.datetime) -> Iterable[HomeLine]:
    for machine, urgent, warnings, sampled in rows:
        heard = machine.last_heard_at
        yield HomeLine(
            id=machine.id,
            name=machine.name,
            model=model_name(machine.manufacturer, machine.product),
            state=machine.state,
            heard_at=heard,
            silent=heard is None or heard < silent_before,
            urgent=urgent,
            warnings=warnings,
            sampled=sampled is not None,
        )
