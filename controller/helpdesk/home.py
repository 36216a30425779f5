"""Whom to call about a machine at home, and forgetting it: the only personal data of families until households come."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from controller.bus import publish_after_commit
from controller.database import utcnow
from controller.errors import Conflict, RecyclerieError
from controller.health.home import is_at_home
from controller.helpdesk.phone import MAX_TYPED, phone_key
from controller.helpdesk.requests import LIVE_TOPIC
from controller.helpdesk.tables import FollowUp, FollowUpCall, HelpNote, HelpRequest, HomeContact
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.tables import Machine

MAX_LABEL = 80


def set_contact(session: Session, machine: Machine, actor: str, phone: str, label: str, household: str = "") -> None:
    """Note whom to call; both empty: there is nobody to call any more.

    Raises:
        RecyclerieError: that is no telephone number.
        Conflict: the machine isn't at home, nor about to go there.
    """
    phone, label = phone.strip()[:MAX_TYPED], label.strip()[:MAX_LABEL]
    if phone and not phone_key(phone):
        raise RecyclerieError(
            N_("“{text}” is not a telephone number."),
            N_("Write ten digits, or the number with its country: +33 6 12 34 56 78."),
            text=phone,
        )
    if not is_at_home(machine):
        raise Conflict(N_("{machine} is not at a family's home."), N_("Look at its tag again."), machine=machine.name)
    row = session.get(HomeContact, machine.id)
    if not (phone or label or household or (row and row.household)):
        if row is not None:
            session.delete(row)
        _publish(session, machine)
        return
    if row is None:
        row = HomeContact(machine_id=machine.id, household="")
        session.add(row)
    row.phone, row.phone_key, row.label = phone, phone_key(phone), label
    row.household = household or row.household
    row.updated_at, row.updated_by = utcnow(), actor
    session.flush()
    _publish(session, machine)


def forget_home(session: Session, machine: Machine, actor: str, reason: str) -> None:
    """Delete everything that may name the household of ``machine``. ``reason``: asked, returned.

    What stays names nobody: topics, times, answers to the checklists.
    """
    row = session.get(HomeContact, machine.id)
    if row is not None:
        session.delete(row)
    count = _forget_requests(session, machine.id, utcnow(), before=None)
    calls = _forget_calls(session, machine.id)
    if row is not None or count or calls:
        body = {"reason": reason, "requests": count}
        append(session, Kind.HOME_FORGOTTEN, machine.subject, body, actor=actor, site=machine.site)
    _publish(session, machine)


def forget_old(session: Session, now: dt.datetime, days: int) -> None:
    """Texts, numbers and notes of what was over ``days`` ago, whoever it was about."""
    before = now - dt.timedelta(days=days)
    old = HelpRequest.solved_at < before, HelpRequest.forgotten_at.is_(None)
    for machine_id in session.execute(select(HelpRequest.machine_id).where(*old).distinct()).scalars().all():
        machine = session.get_one(Machine, machine_id)
        count = _forget_requests(session, machine_id, now, before=before)
        append(session, Kind.HOME_FORGOTTEN, machine.subject, {"reason": "time", "requests": count}, site=machine.site)
        _publish(session, machine)
    over = select(FollowUp.id).where(FollowUp.closed_at < before)
    calls = update(FollowUpCall).where(FollowUpCall.follow_up_id.in_(over), FollowUpCall.notes != "")
    session.execute(calls.values(notes=""))


def _forget_requests(session: Session, machine_id: int, now: dt.datetime, before: dt.datetime | None) -> int:
    which = [HelpRequest.machine_id == machine_id, HelpRequest.forgotten_at.is_(None)]
    if before is not None:
        which.append(HelpRequest.solved_at < before)
    rows = session.execute(select(HelpRequest).where(*which)).scalars().all()
    for request in rows:
        request.text = request.phone = request.phone_key = ""
        request.forgotten_at = now
        notes = update(HelpNote).where(HelpNote.request_id == request.id, HelpNote.text != "")
        session.execute(notes.values(text=""))
    session.flush()
    return len(rows)


def _forget_calls(session: Session, machine_id: int) -> int:
    of_machine = select(FollowUp.id).where(FollowUp.machine_id == machine_id)
    noted = FollowUpCall.follow_up_id.in_(of_machine), FollowUpCall.notes != ""
    ids = session.execute(select(FollowUpCall.id).where(*noted)).scalars().all()
    if ids:
        session.execute(update(FollowUpCall).where(FollowUpCall.id.in_(ids)).values(notes=""))
    return len(ids)


def _publish(session: Session, machine: Machine) -> None:
    publish_after_commit(session, machine.subject)
    publish_after_commit(session, LIVE_TOPIC)
