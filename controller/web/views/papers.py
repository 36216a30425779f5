"""Certificates and destruction sheets in lists, and a drive's page: its history over the machines it was in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.access.tables import User
from controller.erasure.certificates.destroy import destruction_of, may_be_destroyed
from controller.erasure.certificates.queries import of_drive, of_machine
from controller.erasure.certificates.tables import Certificate, Paper
from controller.erasure.certificates.words import METHODS, PAPER_NAMES, maker
from controller.ledger.tables import LedgerEntry
from controller.machines.tables import Drive, Machine
from controller.web.views.drives import DriveView, drive_view
from controller.web.views.history import Entry, entries
from controller.web.views.people import Actors

HISTORY_LIMIT = 200


@dataclass(frozen=True, kw_only=True)
class PaperView:
    """One paper in a list."""

    id: int
    number: str
    name: str  # message id
    is_certificate: bool
    language: str
    other_language: str
    issued_at: dt.datetime
    about: str  # the drive, or the machine
    drive_id: int | None
    token: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class DestructionView:
    """How a drive ended."""

    method: str  # message id
    on: dt.date
    person: str
    photo: str


@dataclass(frozen=True, kw_only=True)
class DrivePage:
    """Everything about one drive."""

    drive: DriveView
    manufacturer: str
    machine: Machine | None  # where it is now
    first_seen: dt.datetime
    last_seen: dt.datetime
    papers: tuple[PaperView, ...]
    destruction: DestructionView | None
    may_be_destroyed: bool
    history: tuple[Entry, ...]


def machine_papers(session: Session, machine_id: int) -> tuple[PaperView, ...]:
    """Those of a machine and of the drives erased in it, newest first."""
    return paper_views(session, of_machine(session, machine_id))


def paper_views(session: Session, rows: Sequence[Certificate]) -> tuple[PaperView, ...]:
    """Rows as they are shown."""
    drives = {
        d.id: f"{d.model} {d.serial}".strip()
        for d in session.execute(select(Drive).where(Drive.id.in_([r.drive_id for r in rows if r.drive_id]))).scalars()
    }
    machines = select(Machine.id, Machine.tag).where(Machine.id.in_([r.machine_id for r in rows]))
    names = {row.id: row.tag for row in session.execute(machines)}
    return tuple(
        PaperView(
            id=row.id,
            number=row.number,
            name=PAPER_NAMES[row.paper],
            is_certificate=row.paper in (Paper.DRIVE, Paper.MACHINE),
            language=row.language,
            other_language="en" if row.language == "fr" else "fr",
            issued_at=row.issued_at,
            about=drives.get(row.drive_id or 0) or names.get(row.machine_id) or f"machine-{row.machine_id}",
            drive_id=row.drive_id,
            token=row.token,
            sha256=row.sha256,
            size_bytes=row.size_bytes,
        )
        for row in rows
    )


def drive_page(session: Session, drive: Drive, actors: Actors) -> DrivePage:
    """One drive, with its history over every machine that it was in."""
    found = destruction_of(session, drive.id)
    rows = (
        session.execute(
            select(LedgerEntry)
            .where(LedgerEntry.subject == drive.subject)
            .order_by(LedgerEntry.seq.desc())
            .limit(HISTORY_LIMIT)
        )
        .scalars()
        .all()
    )
    return DrivePage(
        drive=drive_view(session, drive, actors),
        manufacturer=maker(drive.model),
        machine=session.get(Machine, drive.machine_id) if drive.machine_id else None,
        first_seen=drive.first_seen,
        last_seen=drive.last_seen,
        papers=paper_views(session, of_drive(session, drive.id)),
        destruction=DestructionView(
            method=METHODS[found.method],
            on=found.destroyed_on,
            person=actors.name(f"user:{found.person_id}"),
            photo=found.photo,
        )
        if found
        else None,
        may_be_destroyed=may_be_destroyed(session, drive.id),
        history=entries(session, rows, actors),
    )


def active_people(session: Session) -> list[tuple[int, str]]:
    """Who may have destroyed a drive: id, name."""
    query = select(User.id, User.display_name).where(User.active.is_(True)).order_by(User.display_name)
    return [(row.id, row.display_name) for row in session.execute(query)]
