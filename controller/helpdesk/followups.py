"""Appointments by telephone after a hand-over: made by themselves, each with what to ask, and a result."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.bus import publish_after_commit
from controller.database import utcnow
from controller.errors import Conflict, NotFound, RecyclerieError
from controller.helpdesk.checklist import PROBLEM, read_answers
from controller.helpdesk.requests import LIVE_TOPIC, MAX_NOTE
from controller.helpdesk.tables import FollowUp, FollowUpCall
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.tables import Machine
from controller.settings import Settings

DUE, DONE, ENDED = "due", "done", "ended"
REACHED, NOT_REACHED, AGAIN = "reached", "not-reached", "again"
RESULTS: Final = {
    REACHED: N_("reached"),
    NOT_REACHED: N_("not reached"),
    AGAIN: N_("to call again"),
}
FARTHEST = dt.timedelta(days=366)


def today(settings: Settings) -> dt.date:
    """The day in the workshop."""
    return utcnow().astimezone(ZoneInfo(settings.timezone)).date()


def days_of(settings: Settings) -> tuple[int, ...]:
    """After how many days the family is called, in order, each once."""
    return tuple(sorted({int(day) for day in settings.follow_up_days.split(",")}))


def plan(session: Session, machine: Machine, handover: str, on: dt.date, days: Sequence[int], actor: str) -> None:
    """Make the appointments of one hand-over. What was made for it already is not made again."""
    known = FollowUp.machine_id == machine.id, FollowUp.handover == handover
    if session.execute(select(FollowUp.id).where(*known)).first() is not None:
        return
    due = [on + dt.timedelta(days=after) for after in days]
    for number, day in enumerate(due, 1):
        row = FollowUp(
            machine_id=machine.id,
            handover=handover,
            handed_over_on=on,
            number=number,
            total=len(due),
            due_on=day,
            state=DUE,
            answers={},
        )
        session.add(row)
    session.flush()
    body = {"handover": handover, "on": on.isoformat(), "due": [day.isoformat() for day in due]}
    append(session, Kind.FOLLOWUP_PLANNED, machine.subject, body, actor=actor, site=machine.site)
    _publish(session, machine.id)


def get_follow_up(session: Session, follow_up_id: int) -> FollowUp:
    """An appointment.

    Raises:
        NotFound: there is none of this number.
    """
    row = session.get(FollowUp, follow_up_id)
    if row is None:
        raise NotFound(N_("There is no appointment {id}."), N_("Open the page Assistance."), id=follow_up_id)
    return row


def record_call(
    session: Session,
    row: FollowUp,
    actor: str,
    *,
    result: str,
    answers: dict[str, str],
    notes: str,
    again_on: dt.date | None,
    now: dt.date,
) -> None:
    """Somebody called. ``now`` is the day in the workshop.

    Reached: it is over. To call again: it is due on ``again_on``. Not reached: due on ``again_on``, over without.
    Answers of an earlier call stay unless they are given anew.

    Raises:
        Conflict: it is over already.
        RecyclerieError: the result is unknown, or the day is missing or none that can be meant.
    """
    if row.state != DUE:
        raise Conflict(N_("This appointment is over already."), N_("Reload the page."))
    if result not in RESULTS:
        raise RecyclerieError(N_("The result of the call is missing."), N_("Say whether you reached somebody."))
    if result == REACHED:
        again_on = None
    elif again_on is None and result == AGAIN:
        raise RecyclerieError(N_("It is missing when to call again."), N_("Choose a day."))
    if again_on is not None and not now <= again_on <= now + FARTHEST:
        raise RecyclerieError(N_("Nobody can be called on that day."), N_("Choose a day from today on."))
    row.answers = {**row.answers, **read_answers(answers)}
    row.result = result
    call = FollowUpCall(follow_up_id=row.id, at=utcnow(), actor=actor, result=result, again_on=again_on)
    call.notes = notes.strip()[:MAX_NOTE]
    session.add(call)
    if again_on is not None:
        row.due_on = again_on
    else:
        row.state, row.closed_at = DONE, utcnow()
        _tell_done(session, row, actor)
    session.flush()
    _publish(session, row.machine_id)


def _tell_done(session: Session, row: FollowUp, actor: str) -> None:
    machine = session.get_one(Machine, row.machine_id)
    problems = sum(answer == PROBLEM for answer in row.answers.values())
    body = {"handover": row.handover, "number": row.number, "result": row.result, "problems": problems}
    append(session, Kind.FOLLOWUP_DONE, machine.subject, body, actor=actor, site=machine.site)


def end_all(session: Session, machine: Machine, actor: str) -> None:
    """The machine came back: nobody needs to be called any more."""
    due = FollowUp.machine_id == machine.id, FollowUp.state == DUE
    for row in session.execute(select(FollowUp).where(*due)).scalars().all():
        row.state, row.closed_at = ENDED, utcnow()
        body = {"handover": row.handover, "number": row.number}
        append(session, Kind.FOLLOWUP_ENDED, machine.subject, body, actor=actor, site=machine.site)
    session.flush()
    _publish(session, machine.id)


def _publish(session: Session, machine_id: int) -> None:
    publish_after_commit(session, f"machine:{machine_id}")
    publish_after_commit(session, LIVE_TOPIC)
