"""The box of the second person: which drives wait to be read again, who can have it done, who can't and why."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.access.roles import Right, Role, may
from controller.access.tables import User
from controller.erasure.recheck import authorisers, waiting_for_person, why_not
from controller.machines.tables import Drive, Machine
from controller.web.views.people import Actors
from controller.web.views.run import RunView
from controller.web.views.words import NOTHING, Words, words

STEP = "recheck"


@dataclass(frozen=True, kw_only=True)
class DrawnDrive:
    """One drive of the box."""

    model: str
    serial: str
    size_bytes: int
    owed: bool  # drawn because an earlier recheck was never done, or failed


@dataclass(frozen=True, kw_only=True)
class RecheckBox:
    """What is asked of whom."""

    run_id: int
    drives: tuple[DrawnDrive, ...]
    share: float  # of the erased drives that are drawn
    authorised_by: tuple[str, ...]  # names
    can: tuple[str, ...]  # names of those who may do it
    why_not: Words  # why the person who looks can't; nothing when they can


def waits_for_second(run: RunView | None) -> bool:
    """Whether the run is paused until a second person comes."""
    step = run.current if run else None
    return run is not None and run.state == "waiting" and step is not None and step.name == STEP


def recheck_box(
    session: Session, machine: Machine, run: RunView | None, user: User, actors: Actors
) -> RecheckBox | None:
    """The box, while a second person is waited for."""
    if run is None or not waits_for_second(run):
        return None
    rows = waiting_for_person(session, run.id)
    if not rows:
        return None
    first = authorisers(session, rows)
    people = session.execute(select(User).where(User.active).order_by(User.display_name)).scalars()
    drives = [(row, session.get_one(Drive, row.drive_id)) for row in rows]
    reason = why_not(session, machine, rows, user)
    return RecheckBox(
        run_id=run.id,
        drives=tuple(
            DrawnDrive(model=d.model, serial=d.serial, size_bytes=d.size_bytes, owed=row.owed) for row, d in drives
        ),
        share=rows[0].share,
        authorised_by=tuple(sorted(actors.name(actor) for actor in first)),
        can=tuple(p.display_name for p in people if p.actor not in first and may(Role(p.role_name), Right.RECHECK)),
        why_not=words(reason, machine=machine.name) if reason else NOTHING,
    )
