"""Sessions in the database: what is asked, what the agent says of it, what nobody heard of again."""

from __future__ import annotations

import datetime as dt
import logging
import re
import uuid
from collections.abc import Iterable
from dataclasses import fields
from typing import Any, cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from controller.assist.sessions.rules import (
    OPEN,
    RIGHTS,
    SILENT,
    Control,
    Fact,
    Situation,
    State,
    give_up,
    hear,
    overdue,
    read_news,
)
from controller.assist.sessions.tables import AssistSession
from controller.bus import publish_after_commit
from controller.database import Database, utcnow
from controller.errors import NotFound
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.registry import get_machine
from controller.machines.tables import Machine, ResidentToken

KINDS = {"answered": Kind.ASSIST_ANSWERED, "control": Kind.ASSIST_CONTROL, "ended": Kind.ASSIST_ENDED}
NAME = re.compile(r"[0-9a-f]{32}")
_OWN = tuple(field.name for field in fields(Situation))
logger = logging.getLogger(__name__)


def situation(row: AssistSession) -> Situation:
    """A row as the rules know it."""
    return Situation(
        minutes=row.minutes,
        state=cast(State, row.state),
        code=row.code,
        control=cast(Control, row.control),
        control_code=row.control_code,
        number=row.number,
        accepted_at=row.accepted_at,
        ends_at=row.ends_at,
        ended_at=row.ended_at,
        seconds=row.seconds,
    )


def is_open(row: AssistSession) -> bool:
    """Whether anything may still come of it."""
    return row.state in OPEN


def find_session(session: Session, name: str) -> AssistSession:
    """The session of this name.

    Raises:
        NotFound: there is none.
    """
    row = None
    if NAME.fullmatch(name):
        row = session.execute(select(AssistSession).where(AssistSession.session == name)).scalar_one_or_none()
    if row is None:
        raise NotFound(N_("There is no such session."), N_("Open the machine's page and ask again."))
    return row


def open_session_of(session: Session, machine_id: int) -> AssistSession | None:
    """The question or session that is on at a machine."""
    query = select(AssistSession).where(AssistSession.machine_id == machine_id, AssistSession.state.in_(OPEN))
    return session.execute(query.order_by(AssistSession.id.desc()).limit(1)).scalar_one_or_none()


def sessions_of(session: Session, machine_id: int, limit: int = 20) -> list[AssistSession]:
    """The sessions of a machine, the newest first."""
    query = select(AssistSession).where(AssistSession.machine_id == machine_id)
    return list(session.execute(query.order_by(AssistSession.id.desc()).limit(limit)).scalars())


def add_session(
    session: Session, machine: Machine, *, who: str, why: str, minutes: int, answer_seconds: int
) -> AssistSession:
    """A question that is about to be sent."""
    row = AssistSession(
        session=uuid.uuid4().hex,
        machine_id=machine.id,
        who=who,
        why=why,
        minutes=minutes,
        answer_seconds=answer_seconds,
        state="sent",
        asked_at=utcnow(),
    )
    session.add(row)
    body = {"session": row.session, "minutes": minutes}
    append(session, Kind.ASSIST_ASKED, machine.subject, body, actor=who, site=machine.site)
    session.flush()
    publish_after_commit(session, machine.subject)
    return row


def hear_assist_state(session: Session, machine_id: int, body: dict[str, Any]) -> AssistSession | None:
    """Keep what an agent says of a session, each step once. None where it is none of this machine's sessions.

    Raises:
        BadNews: the message can't be read.
    """
    news = read_news(body)
    name = str(body.get("session"))
    found = select(AssistSession).where(AssistSession.session == name, AssistSession.machine_id == machine_id)
    row = session.execute(found).scalar_one_or_none() if NAME.fullmatch(name) else None
    if row is None:
        logger.warning("machine %s spoke of a session that is not its own; that was dropped", machine_id)
        return None
    row.heard_at = utcnow()
    after, facts = hear(situation(row), news, row.heard_at)
    if news.detail and news.number == after.number:
        row.detail = news.detail
    _keep(session, row, after, facts)
    return row


def end_unheard(session: Session, row: AssistSession, code: str, at: dt.datetime | None = None) -> None:
    """Nothing more is expected of an open session; ``code`` is one of ours."""
    after, facts = give_up(situation(row), code, at or utcnow())
    _keep(session, row, after, facts, actor="controller")


def _keep(session: Session, row: AssistSession, after: Situation, facts: Iterable[Fact], actor: str = "") -> None:
    machine = get_machine(session, row.machine_id)
    for name in _OWN:
        setattr(row, name, getattr(after, name))
    for fact in facts:
        body = {"session": row.session, **fact.body}
        append(session, KINDS[fact.kind], machine.subject, body, actor=actor or machine.subject, site=machine.site)
    publish_after_commit(session, machine.subject)


def sweep_sessions(database: Database, why_days: float) -> int:
    """Close what nobody heard of again, forget old reasons. Returns how many were closed.

    A machine that was given back or wiped has no link: its session is over at once.
    """
    now = utcnow()
    with database.write() as session:
        closed = 0
        for row in session.execute(select(AssistSession).where(AssistSession.state.in_(OPEN))).scalars().all():
            valid = ResidentToken.machine_id == row.machine_id, ResidentToken.revoked_at.is_(None)
            if session.execute(select(ResidentToken.id).where(*valid).limit(1)).first() is None:
                end_unheard(session, row, RIGHTS, now)
            elif overdue(situation(row), row.asked_at, row.answer_seconds, now):
                end_unheard(session, row, SILENT, now)
            else:
                continue
            closed += 1
        old = AssistSession.asked_at < now - dt.timedelta(days=why_days), AssistSession.state.not_in(OPEN)
        forgotten = (AssistSession.why != "") | (AssistSession.detail != "")
        session.execute(update(AssistSession).where(*old, forgotten).values(why="", detail=""))
    return closed
