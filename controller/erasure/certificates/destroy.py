"""A person records that a drive, which could not be erased, was destroyed."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.access.tables import User
from controller.bus import publish_after_commit
from controller.database import utcnow
from controller.erasure.certificates.issue import claim_entry, issue_destroyed
from controller.erasure.certificates.office import Office
from controller.erasure.certificates.tables import Certificate, Destruction
from controller.erasure.certificates.words import METHODS
from controller.erasure.tables import Erasure
from controller.errors import Conflict, NotFound
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.tables import Drive, Machine


def get_drive(session: Session, drive_id: int) -> Drive:
    """The drive with this id.

    Raises:
        NotFound: there is none.
    """
    drive = session.get(Drive, drive_id)
    if drive is None:
        raise NotFound(N_("There is no drive {id}."), N_("Search for its serial number."), id=drive_id)
    return drive


def last_erasure(session: Session, drive_id: int) -> Erasure | None:
    """The drive's newest erase, wherever it was done."""
    return session.execute(
        select(Erasure).where(Erasure.drive_id == drive_id).order_by(Erasure.id.desc()).limit(1)
    ).scalar_one_or_none()


def destruction_of(session: Session, drive_id: int) -> Destruction | None:
    """What was recorded of the drive's end."""
    return session.execute(select(Destruction).where(Destruction.drive_id == drive_id)).scalar_one_or_none()


def may_be_destroyed(session: Session, drive_id: int) -> bool:
    """Whether its newest erase failed, and nothing was recorded yet."""
    erasure = last_erasure(session, drive_id)
    judged = erasure is not None and erasure.ended_at is not None and erasure.outcome != "erased"
    return judged and destruction_of(session, drive_id) is None


def record_destruction(
    session: Session,
    office: Office,
    drive: Drive,
    *,
    method: str,
    destroyed_on: dt.date,
    person: User,
    photo: str,
    actor: str,
) -> Certificate:
    """Record it, and issue the completed destruction sheet.

    Args:
        method: a key of ``METHODS``.
        person: who destroyed it; the ledger knows them by number only.
        photo: where a photo of it is (a file's name, an album); stays out of the ledger, it may name somebody.

    Raises:
        Conflict: the drive isn't one to destroy, it was recorded already, or the date can't be.
    """
    erasure = last_erasure(session, drive.id)
    name = f"{drive.model} {drive.serial}".strip()
    if erasure is None or erasure.ended_at is None or erasure.outcome == "erased":
        raise Conflict(
            N_("{drive} has no failed erase: it is not one to destroy."),
            N_("Only a drive with a destruction sheet is recorded here."),
            drive=name,
        )
    if destruction_of(session, drive.id) is not None:
        raise Conflict(N_("The destruction of {drive} is recorded already."), drive=name)
    if method not in METHODS:
        raise Conflict(N_("This is not a way to destroy a drive."), N_("Choose one of the list."))
    now = utcnow()
    if not erasure.started_at.date() <= destroyed_on <= (now + dt.timedelta(days=1)).date():
        raise Conflict(
            N_("A destruction can't be dated before the erase that failed, nor in the future."),
            N_("Look at the date again."),
        )
    machine = session.get_one(Machine, erasure.machine_id)
    claim = claim_entry(session, erasure)
    destruction = Destruction(
        site=machine.site,
        drive_id=drive.id,
        erasure_id=erasure.id,
        machine_id=machine.id,
        method=method,
        destroyed_on=destroyed_on,
        person_id=person.id,
        photo=photo.strip()[:200],
        recorded_at=now,
        recorded_by=actor,
    )
    session.add(destruction)
    session.flush()
    entry = append(
        session,
        Kind.DRIVE_DESTROYED,
        drive.subject,
        {
            "machine": machine.id,
            "claim": {"seq": claim.seq, "hash": claim.hash},
            "method": method,
            "on": destroyed_on.isoformat(),
            "person": person.actor,
            "photo": bool(destruction.photo),
        },
        actor=actor,
        site=machine.site,
    )
    publish_after_commit(session, f"machine:{machine.id}")
    return issue_destroyed(session, office, destruction, entry)
