"""Appointments after a hand-over in words, wherever they are shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.helpdesk.checklist import PROBLEM, QUESTIONS, appointment
from controller.helpdesk.followups import DONE, DUE, RESULTS
from controller.helpdesk.phone import phone_key, shown
from controller.helpdesk.tables import FollowUp, FollowUpCall
from controller.i18n import N_
from controller.web.views.people import Actors
from controller.web.views.words import Words, counted, words


@dataclass(frozen=True, kw_only=True)
class CallView:
    """One call of an appointment."""

    at: dt.datetime
    who: str
    result: str  # message id
    again_on: dt.date | None
    notes: str


@dataclass(frozen=True, kw_only=True)
class FollowUpView:
    """An appointment as people read it."""

    id: int
    machine_id: int
    machine_name: str
    label: str  # message id
    number: int
    total: int
    due_on: dt.date
    state: str
    tone: str
    due: Words  # how it stands: overdue by…, today, in…, reached
    is_due: bool
    again_on: dt.date  # what the form proposes
    latest: dt.date
    today: dt.date
    questions: tuple[tuple[str, str, str], ...]  # id, message id, answer so far
    problems: tuple[str, ...]  # message ids
    calls: tuple[CallView, ...]
    contact: str
    phone: str
    tel: str


def follow_up_views(
    session: Session,
    rows: Sequence[tuple[FollowUp, str]],
    actors: Actors,
    today: dt.date,
    numbers: dict[int, tuple[str, str]],
) -> dict[int, FollowUpView]:
    """Appointments with their machines' names, by id. ``numbers``: whom to call, by machine."""
    calls: dict[int, list[CallView]] = {}
    ids = [row.id for row, _ in rows]
    query = select(FollowUpCall).where(FollowUpCall.follow_up_id.in_(ids)).order_by(FollowUpCall.id)
    for one in session.execute(query).scalars():
        result = RESULTS.get(one.result, one.result)
        view = CallView(at=one.at, who=actors.name(one.actor), result=result, again_on=one.again_on, notes=one.notes)
        calls.setdefault(one.follow_up_id, []).append(view)
    return {
        row.id: _follow_up(row, name, today, calls.get(row.id, []), numbers.get(row.machine_id, ("", "")))
        for row, name in rows
    }


def _follow_up(
    row: FollowUp, name: str, today: dt.date, calls: list[CallView], contact: tuple[str, str]
) -> FollowUpView:
    asked = appointment(row.number, row.total)
    due, tone = _due(row, today)
    return FollowUpView(
        id=row.id,
        machine_id=row.machine_id,
        machine_name=name,
        label=asked.label,
        number=row.number,
        total=row.total,
        due_on=row.due_on,
        state=row.state,
        tone=tone,
        due=due,
        is_due=row.state == DUE,
        again_on=today + dt.timedelta(days=2),
        latest=today + dt.timedelta(days=366),
        today=today,
        questions=tuple((key, QUESTIONS[key], str(row.answers.get(key, ""))) for key in asked.questions),
        problems=tuple(QUESTIONS[key] for key, answer in row.answers.items() if answer == PROBLEM and key in QUESTIONS),
        calls=tuple(calls),
        contact=contact[0],
        phone=shown(contact[1]),
        tel=phone_key(contact[1]),
    )


def _due(row: FollowUp, today: dt.date) -> tuple[Words, str]:
    if row.state == DONE:
        return words(RESULTS.get(row.result, row.result)), "good" if row.result == "reached" else "quiet"
    if row.state != DUE:
        return words(N_("no longer needed")), "quiet"
    days = (row.due_on - today).days
    if days < 0:
        return counted("overdue by {n} day", "overdue by {n} days", -days), "alert"
    if days == 0:
        return words(N_("to call today")), "waiting"
    return counted("in {n} day", "in {n} days", days), "quiet"
