"""The page Assistance: what waits for somebody, in one list, with its machines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.health.home_tables import HealthAlert
from controller.helpdesk.finding import matching, numbers
from controller.helpdesk.tables import FollowUp, HelpRequest
from controller.helpdesk.worklist import KINDS, TIERS, Work, work
from controller.i18n import N_
from controller.machines.tables import Machine
from controller.web.views.alerts import AlertView, alert_view
from controller.web.views.follow_ups import FollowUpView, follow_up_views
from controller.web.views.help_requests import RequestView, request_views
from controller.web.views.people import Actors

PAGE = 40
FILTERS = (
    ("", N_("Everything")),
    ("request", N_("Calls for help")),
    ("alert", N_("Alerts")),
    ("follow-up", N_("Appointments")),
    ("mine", N_("What I took")),
)


@dataclass(frozen=True, kw_only=True)
class Card:
    """One thing to do."""

    kind: Literal["request", "alert", "follow-up"]
    heading: str  # message id of its urgency where it begins, else ""
    request: RequestView | None = None
    alert: AlertView | None = None
    follow_up: FollowUpView | None = None


@dataclass(frozen=True, kw_only=True)
class WorkPage:
    """One page of the list."""

    cards: tuple[Card, ...]
    total: int
    page: int
    pages: int
    show: str


def work_page(session: Session, q: str, show: str, page: int, today: dt.date, actor: str) -> WorkPage:
    """What waits, about the machines that ``q`` comes to; ``show`` is one of FILTERS. ``actor`` looks at it."""
    show = show if show in dict(FILTERS) else ""
    machines = set(session.execute(select(Machine.id).where(*matching(q))).scalars()) if q else None
    kinds = (show,) if show in KINDS else KINDS
    found = [one for one in work(session, today, machines=machines, kinds=kinds) if show != "mine" or _has(one, actor)]
    pages = max(1, -(-len(found) // PAGE))
    page = min(max(page, 1), pages)
    shown = found[(page - 1) * PAGE : page * PAGE]
    return WorkPage(
        cards=tuple(_cards(session, shown, today, actor)), total=len(found), page=page, pages=pages, show=show
    )


def _has(one: Work, actor: str) -> bool:
    return one.assigned_to == actor


def _cards(session: Session, shown: list[Work], today: dt.date, actor: str) -> Iterable[Card]:
    """What is shown, each table read once."""
    actors = Actors(session)
    ids: dict[str, list[int]] = {kind: [one.id for one in shown if one.kind == kind] for kind in KINDS}
    names = {row.id: row.name for row in _machines(session, {one.machine_id for one in shown})}
    requests = session.execute(select(HelpRequest).where(HelpRequest.id.in_(ids["request"]))).scalars()
    of_requests = request_views(session, [(row, names[row.machine_id]) for row in requests], actors, actor)
    alerts = session.execute(select(HealthAlert).where(HealthAlert.id.in_(ids["alert"]))).scalars()
    of_alerts = {row.id: alert_view(row, names[row.machine_id], actors) for row in alerts}
    rows = session.execute(select(FollowUp).where(FollowUp.id.in_(ids["follow-up"]))).scalars().all()
    called = numbers(session, [row.machine_id for row in rows])
    of_follow_ups = follow_up_views(session, [(row, names[row.machine_id]) for row in rows], actors, today, called)
    tier = None
    for one in shown:
        heading, tier = (TIERS[one.tier] if one.tier != tier else ""), one.tier
        yield Card(
            kind=one.kind,
            heading=heading,
            request=of_requests.get(one.id) if one.kind == "request" else None,
            alert=of_alerts.get(one.id) if one.kind == "alert" else None,
            follow_up=of_follow_ups.get(one.id) if one.kind == "follow-up" else None,
        )


def _machines(session: Session, ids: set[int]) -> Iterable[Machine]:
    return session.execute(select(Machine).where(Machine.id.in_(ids))).scalars()
