"""Two records that are one machine: what a stranger brought goes to the machine that it was found to be."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from controller.bus import publish_after_commit
from controller.cosmetics.tables import Look, Photo
from controller.erasure.certificates.tables import Certificate, Destruction
from controller.erasure.tables import EraseAuthorisation, Erasure, Recheck
from controller.errors import Conflict
from controller.hardware_tests.tables import HardwareTest
from controller.health.tables import Report
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.announce import current_boot
from controller.machines.changes.tables import MachineChange
from controller.machines.lifecycle import State
from controller.machines.moves import is_over, move
from controller.machines.registry import end_boots, is_connected, new_machine
from controller.machines.tables import Boot, Drive, Machine, MachineIdentifier

_Moved = (
    Boot
    | Report
    | HardwareTest
    | EraseAuthorisation
    | Erasure
    | Recheck
    | Certificate
    | Destruction
    | Drive
    | Look
    | Photo
    | MachineChange
)
_MOVED: Sequence[type[_Moved]] = (
    Boot,
    Report,
    HardwareTest,
    EraseAuthorisation,
    Erasure,
    Recheck,
    Certificate,
    Destruction,
    Drive,
    Look,
    Photo,
    MachineChange,
)


def merge(session: Session, machine: Machine, into: Machine, actor: str) -> Machine:
    """Say that a machine in quarantine is the known machine ``into``; it takes over the boot.

    Raises:
        Conflict: the first was accepted already, both are the same, or ``into`` is elsewhere or gone.
    """
    _check_merge(session, machine, into)
    boot = current_boot(session, machine.id)
    end_boots(session, into)
    _merge_identifiers(session, machine, into)
    for table in _MOVED:
        session.execute(update(table).where(table.machine_id == machine.id).values(machine_id=into.id))
    append(session, Kind.MACHINE_MERGED, into.subject, {"merged": machine.id}, actor=actor, site=into.site)
    _pass_label_on(session, machine, into, actor)
    _forget_candidate(session, machine.id, into.id)
    session.flush()
    session.expire_all()
    session.delete(session.get_one(Machine, machine.id))
    if boot is not None and into.accepted_at is not None:
        session.get_one(Boot, boot.id).status = "accepted"
    if into.state in (State.EXPECTED, State.RETURNED):
        move(session, into, State.PLUGGED, into.subject)
    session.flush()
    publish_after_commit(session, f"machine:{into.id}")
    return into


def _check_merge(session: Session, machine: Machine, into: Machine) -> None:
    if machine.id == into.id or machine.accepted_at is not None:
        raise Conflict(
            N_("{machine} can't be merged any more."), N_("Only a machine in quarantine can."), machine=machine.name
        )
    if is_over(into):
        raise Conflict(
            N_("{machine} has left the workshop: this can't be the same."),
            N_("Accept this one as another machine."),
            machine=into.name,
        )
    if is_connected(session, into.id):
        raise Conflict(
            N_("{machine} is connected right now: this is another machine."),
            N_("Accept this one as another machine. If {machine} was just switched off, wait half a minute."),
            machine=into.name,
        )


def _merge_identifiers(session: Session, machine: Machine, into: Machine) -> None:
    rows = select(MachineIdentifier)
    known = {
        (row.kind, row.value) for row in session.execute(rows.where(MachineIdentifier.machine_id == into.id)).scalars()
    }
    for row in session.execute(rows.where(MachineIdentifier.machine_id == machine.id)).scalars():
        if (row.kind, row.value) in known:
            session.delete(row)
        else:
            row.machine_id = into.id


def _pass_label_on(session: Session, machine: Machine, into: Machine, actor: str) -> None:
    """A tag that was printed is never given out again: it goes to ``into``, or back to the lot's labels."""
    tag, lot = machine.tag, machine.lot
    if tag is None or lot is None:
        return
    machine.tag, machine.lot_id, machine.lot = None, None, None
    session.flush()
    if into.tag is None:
        into.tag = tag
        if into.lot_id is None:
            into.lot_id, into.lot = lot.id, lot
        body = {"tag": tag, "lot": into.lot_id}
        append(session, Kind.MACHINE_TIED, into.subject, body, actor=actor, site=into.site)
        return
    spare = new_machine(session, lot.site, State.EXPECTED)
    spare.tag, spare.lot_id, spare.lot = tag, lot.id, lot
    append(session, Kind.MACHINE_EXPECTED, spare.subject, {"tag": tag, "lot": lot.id}, actor=actor, site=lot.site)


def _forget_candidate(session: Session, gone: int, instead: int) -> None:
    """Other strangers that looked like the merged machine look like what it became."""
    waiting = select(Machine).where(Machine.accepted_at.is_(None), Machine.state_name == State.PLUGGED.value)
    for other in session.execute(waiting).scalars():
        if gone in other.conflict_with:
            other.conflict_with = sorted({instead if i == gone else i for i in other.conflict_with} - {other.id})
