"""Calls for help: heard from the PC or taken down by somebody; open, assigned, solved, and open again."""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import secrets
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agent.protocol_assist import HELP_TOPICS
from controller.bus import publish_after_commit
from controller.database import utcnow
from controller.errors import Conflict, NotFound, RecyclerieError
from controller.health.home import is_at_home
from controller.helpdesk.phone import MAX_TYPED, phone_key
from controller.helpdesk.tables import HelpNote, HelpRequest
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.tables import Machine

OPEN, ASSIGNED, SOLVED = "open", "assigned", "solved"
WAITING = (OPEN, ASSIGNED)
LIVE_TOPIC: Final = "assistance"  # what the page Assistance listens to
MAX_TEXT, MAX_NOTE, MAX_STATE = 1000, 2000, 16_000  # characters; the last of the machine's state as JSON
MAX_WAITING = 20  # of one machine: a PC that has gone mad fills no list
LATE = dt.timedelta(days=366)
NAME = re.compile(r"[0-9a-f]{32}")
logger = logging.getLogger(__name__)


def hear_request(session: Session, machine: Machine, body: dict[str, Any]) -> HelpRequest | None:
    """``help.request`` of an agent, maybe for the second time; None where it was heard before or can't be taken.

    Raises:
        ValueError: it has no proper name.
    """
    name = str(body.get("request") or "")
    if not NAME.fullmatch(name):
        raise ValueError("a call for help without a proper name")
    known = HelpRequest.machine_id == machine.id, HelpRequest.request == name
    if session.execute(select(HelpRequest.id).where(*known)).first() is not None:
        return None
    if _waiting(session, machine.id) >= MAX_WAITING:
        logger.warning("machine %s asked for help more than %d times: left out", machine.id, MAX_WAITING)
        return None
    now = utcnow()
    topic = str(body.get("topic") or "")
    state = body.get("machine")
    language = str(body.get("language") or "")
    request = HelpRequest(
        machine_id=machine.id,
        request=name,
        source="machine",
        topic=topic if topic in HELP_TOPICS else "other",
        text=str(body.get("text") or "").strip()[:MAX_TEXT],
        phone=str(body.get("phone") or "").strip()[:MAX_TYPED],
        language=language if language in ("fr", "ar", "en") else "",
        machine=state if isinstance(state, dict) and len(json.dumps(state)) <= MAX_STATE else {},
        asked_at=_asked_at(body.get("asked_at"), now),
    )
    return _keep(session, machine, request, machine.subject, now)


def take_down(session: Session, machine: Machine, actor: str, topic: str, text: str, phone: str) -> HelpRequest:
    """Somebody called: what they said. It is assigned to whoever took it down.

    Raises:
        RecyclerieError: the topic is unknown, or nothing was said.
        Conflict: the machine isn't at home.
    """
    if not is_at_home(machine):
        raise Conflict(N_("{machine} is not at a family's home."), N_("Look at its tag again."), machine=machine.name)
    if topic not in HELP_TOPICS:
        raise RecyclerieError(N_("It is missing what the call is about."), N_("Choose a topic."))
    now = utcnow()
    request = HelpRequest(
        machine_id=machine.id,
        request=secrets.token_hex(16),
        source="phone",
        topic=topic,
        text=text.strip()[:MAX_TEXT],
        phone=phone.strip()[:MAX_TYPED],
        language="",
        machine={},
        asked_at=now,
    )
    _keep(session, machine, request, actor, now)
    assign(session, request, actor)
    return request


def _keep(session: Session, machine: Machine, request: HelpRequest, actor: str, now: dt.datetime) -> HelpRequest:
    request.phone_key = phone_key(request.phone)
    request.state, request.told, request.assigned_to, request.received_at = OPEN, "", "", now
    session.add(request)
    session.flush()
    body = {"request": request.id, "topic": request.topic, "source": request.source}
    append(session, Kind.HELP_ASKED, machine.subject, body, actor=actor, site=machine.site)
    publish(session, request)
    return request


def _waiting(session: Session, machine_id: int) -> int:
    query = select(func.count()).select_from(HelpRequest)
    return session.execute(
        query.where(HelpRequest.machine_id == machine_id, HelpRequest.state.in_(WAITING))
    ).scalar_one()


def _asked_at(text: object, now: dt.datetime) -> dt.datetime:
    """When the form was sent, by the PC's own clock where that makes sense."""
    try:
        at = dt.datetime.fromisoformat(str(text or "").replace("Z", "+00:00"))
    except ValueError:
        return now
    return at if at.tzinfo is not None and now - LATE < at <= now else now


def publish(session: Session, request: HelpRequest) -> None:
    """Whoever looks at it, or waits for news of it, is told."""
    for topic in (f"machine:{request.machine_id}", LIVE_TOPIC, request.subject):
        publish_after_commit(session, topic)


def get_request(session: Session, request_id: int) -> HelpRequest:
    """A call for help.

    Raises:
        NotFound: there is none of this number.
    """
    request = session.get(HelpRequest, request_id)
    if request is None:
        raise NotFound(N_("There is no call for help {id}."), N_("Open the page Assistance."), id=request_id)
    return request


def assign(session: Session, request: HelpRequest, actor: str, *, take_over: bool = False) -> None:
    """``actor`` has it from now on. ``take_over``: even where somebody else has it.

    Raises:
        Conflict: it is solved, or somebody else has it.
    """
    _must_wait(request)
    if request.assigned_to == actor:
        return
    if request.assigned_to and not take_over:
        raise Conflict(N_("Somebody else has this call already."), N_("Reload the page; you can take it over there."))
    request.state, request.assigned_to = ASSIGNED, actor
    write(session, request, actor, "assigned")


def give_back(session: Session, request: HelpRequest, actor: str) -> None:
    """Nobody has it any more.

    Raises:
        Conflict: it is solved.
    """
    _must_wait(request)
    if request.state == OPEN:
        return
    request.state, request.assigned_to = OPEN, ""
    write(session, request, actor, "given-back")


def note(session: Session, request: HelpRequest, actor: str, text: str) -> None:
    """What was found or tried.

    Raises:
        RecyclerieError: there is nothing to note.
    """
    if not text.strip():
        raise RecyclerieError(N_("The note is empty."), N_("Write what you found or did."))
    write(session, request, actor, "note", text)


def solve(session: Session, request: HelpRequest, actor: str, text: str = "") -> None:
    """It is dealt with. Whoever solves it had it.

    Raises:
        Conflict: it was solved already.
    """
    _must_wait(request)
    request.state, request.solved_at = SOLVED, utcnow()
    request.assigned_to = request.assigned_to or actor
    write(session, request, actor, "solved", text)
    _tell(session, request, Kind.HELP_SOLVED, actor)


def reopen(session: Session, request: HelpRequest, actor: str, text: str = "") -> None:
    """It was not solved after all.

    Raises:
        Conflict: it is open, or its texts were deleted, or the machine isn't at home any more.
    """
    machine = session.get_one(Machine, request.machine_id)
    if request.state != SOLVED:
        raise Conflict(N_("This call for help is open already."), N_("Reload the page."))
    if request.forgotten_at is not None or not is_at_home(machine):
        raise Conflict(N_("This call for help is too old to be opened again."), N_("Take down a new one."))
    request.state, request.solved_at = (ASSIGNED if request.assigned_to else OPEN), None
    write(session, request, actor, "reopened", text)
    _tell(session, request, Kind.HELP_REOPENED, actor)


def solve_all(session: Session, machine: Machine, actor: str) -> None:
    """The machine came back: nobody waits for help with it."""
    waiting = HelpRequest.machine_id == machine.id, HelpRequest.state.in_(WAITING)
    for request in session.execute(select(HelpRequest).where(*waiting)).scalars().all():
        solve(session, request, actor)


def _must_wait(request: HelpRequest) -> None:
    if request.state not in WAITING:
        raise Conflict(N_("This call for help is solved already."), N_("Open it again if it is not."))


def write(session: Session, request: HelpRequest, actor: str, what: str, text: str = "") -> None:
    """Add what somebody did (HelpNote.what) to a call, and tell whoever looks at it."""
    text = text.strip()[:MAX_NOTE]
    session.add(HelpNote(request_id=request.id, at=utcnow(), actor=actor, what=what, text=text))
    session.flush()
    publish(session, request)


def _tell(session: Session, request: HelpRequest, kind: Kind, actor: str) -> None:
    machine = session.get_one(Machine, request.machine_id)
    body = {"request": request.id, "topic": request.topic}
    append(session, kind, machine.subject, body, actor=actor, site=machine.site)
