"""One list of what waits for somebody: calls for help, alerts of machines at home, appointments. The urgent first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from controller.health.alerts import ACKNOWLEDGED, ACTIVE
from controller.health.home_tables import HealthAlert
from controller.health.rules import URGENT
from controller.helpdesk.followups import DUE
from controller.helpdesk.requests import ASSIGNED, OPEN, WAITING
from controller.helpdesk.tables import FollowUp, HelpRequest
from controller.i18n import N_

Kind = Literal["request", "alert", "follow-up"]
KINDS: tuple[Kind, ...] = ("request", "alert", "follow-up")
SOON = dt.timedelta(days=7)  # appointments that are shown before their day
# What waits, from the most urgent on: somebody who waits before something that breaks, before what was planned.
NOBODY_HAS_IT, BREAKING, OVERDUE, TODAY, TO_WATCH, UNDER_WAY, COMING = range(7)
TIERS = {
    NOBODY_HAS_IT: N_("Somebody waits for help"),
    BREAKING: N_("Something is breaking"),
    OVERDUE: N_("Overdue"),
    TODAY: N_("Today"),
    TO_WATCH: N_("To watch"),
    UNDER_WAY: N_("Somebody is at it"),
    COMING: N_("In the next days"),
}


@dataclass(frozen=True, kw_only=True, order=True)
class Work:
    """One thing to do. Sorts by urgency, then by how long it has waited."""

    tier: int
    since: dt.datetime
    kind: Kind
    id: int
    machine_id: int
    assigned_to: str = ""


def request_tier(state: str) -> int:
    """How urgent a call for help is."""
    return UNDER_WAY if state == ASSIGNED else NOBODY_HAS_IT


def alert_tier(state: str, level: str) -> int:
    """How urgent an alert is."""
    if state == ACKNOWLEDGED:
        return UNDER_WAY
    return BREAKING if level == URGENT else TO_WATCH


def follow_up_tier(due_on: dt.date, today: dt.date) -> int:
    """How urgent an appointment is."""
    if due_on < today:
        return OVERDUE
    return TODAY if due_on == today else COMING


def work(
    session: Session, today: dt.date, *, machines: Collection[int] | None = None, kinds: Collection[str] = KINDS
) -> list[Work]:
    """Everything that waits, the urgent first; only about ``machines`` where they are named."""
    found: list[Work] = []
    if "request" in kinds:
        found += _requests(session, machines)
    if "alert" in kinds:
        found += _alerts(session, machines)
    if "follow-up" in kinds:
        found += _follow_ups(session, today, machines)
    return sorted(found)


def _requests(session: Session, machines: Collection[int] | None) -> list[Work]:
    row = HelpRequest
    query = select(row.id, row.machine_id, row.state, row.asked_at, row.assigned_to).where(row.state.in_(WAITING))
    if machines is not None:
        query = query.where(row.machine_id.in_(machines))
    return [
        Work(
            tier=request_tier(r.state),
            since=r.asked_at,
            kind="request",
            id=r.id,
            machine_id=r.machine_id,
            assigned_to=r.assigned_to,
        )
        for r in session.execute(query)
    ]


def _alerts(session: Session, machines: Collection[int] | None) -> list[Work]:
    row = HealthAlert
    query = select(row.id, row.machine_id, row.state, row.level, row.opened_at, row.handled_by)
    query = query.where(row.state.in_(ACTIVE))
    if machines is not None:
        query = query.where(row.machine_id.in_(machines))
    return [
        Work(
            tier=alert_tier(r.state, r.level),
            since=r.opened_at,
            kind="alert",
            id=r.id,
            machine_id=r.machine_id,
            assigned_to=r.handled_by,
        )
        for r in session.execute(query)
    ]


def _follow_ups(session: Session, today: dt.date, machines: Collection[int] | None) -> list[Work]:
    row = FollowUp
    query = select(row.id, row.machine_id, row.due_on).where(row.state == DUE, row.due_on <= today + SOON)
    if machines is not None:
        query = query.where(row.machine_id.in_(machines))
    return [
        Work(
            tier=follow_up_tier(r.due_on, today),
            since=dt.datetime.combine(r.due_on, dt.time(), dt.UTC),
            kind="follow-up",
            id=r.id,
            machine_id=r.machine_id,
        )
        for r in session.execute(query)
    ]


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How much waits."""

    requests: int  # that nobody has
    under_way: int  # calls for help that somebody has
    urgent: int  # alerts
    calls: int  # appointments of today and overdue


def figures(session: Session, today: dt.date) -> Figures:
    """The key figures of the list."""

    def count(*conditions: object) -> int:
        return session.execute(select(func.count()).where(*conditions)).scalar_one()  # type: ignore[arg-type]

    return Figures(
        requests=count(HelpRequest.state == OPEN),
        under_way=count(HelpRequest.state == ASSIGNED),
        urgent=count(HealthAlert.state == "open", HealthAlert.level == URGENT),
        calls=count(FollowUp.state == DUE, FollowUp.due_on <= today),
    )
