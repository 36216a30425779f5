"""Asking for maintenance, and taking it back: rules and rows, inside of a writing transaction."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.assist.agent_link import not_linked
from controller.assist.reach import SEALED, through_link
from controller.bus import publish_after_commit
from controller.database import utcnow
from controller.errors import Conflict, NotFound
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.announce import current_boot
from controller.machines.lifecycle import State
from controller.machines.registry import get_machine
from controller.machines.tables import Boot, Machine, ResidentToken
from controller.maintenance.actions import Action, checked
from controller.maintenance.outcome import End
from controller.maintenance.tables import OPEN, MaintenanceAction
from controller.settings import Settings


def has_rights(session: Session, machine_id: int) -> bool:
    """Whether the machine's installed system may still speak to this controller."""
    query = select(ResidentToken.id).where(ResidentToken.machine_id == machine_id, ResidentToken.revoked_at.is_(None))
    return session.execute(query.limit(1)).first() is not None


def place(session: Session, machine: Machine) -> Boot | None:
    """The installed system to work on, if the machine is sealed and has its rights."""
    boot = current_boot(session, machine.id)
    if boot is None or not through_link(machine, boot) or not has_rights(session, machine.id):
        return None
    return boot


def ask(
    session: Session,
    settings: Settings,
    machine: Machine,
    action: Action,
    given: Mapping[str, str],
    actor: str,
    *,
    later: bool = False,
    batch: str = "",
) -> MaintenanceAction:
    """Ask one machine for one thing. ``later``: once it is connected, if it isn't now.

    Raises:
        RecyclerieError: what it needs is missing.
        Conflict: the machine is not at home, lost its rights, is not connected, or was asked already.
    """
    params = checked(action, given)
    _check_place(session, machine)
    boot = place(session, machine)
    for other in open_actions(session, machine.id):
        if (other.action, other.params) == (action.name, params):
            raise Conflict(
                N_("{machine} has been asked for that already."), N_("Look at its page."), machine=machine.name
            )
    linked = boot is not None and boot.linked
    if not linked and not later:
        raise not_linked(machine.name)
    now = utcnow()
    row = MaintenanceAction(
        machine_id=machine.id,
        batch=batch,
        action=action.name,
        params=params,
        state="queued" if linked else "waiting",
        generation=1,
        tries=0,
        asked_by=actor,
        asked_at=now,
        expires_at=now + dt.timedelta(days=settings.maintenance_wait_days),
        not_before=now,
        cancel_requested=False,
        outcome="",
        detail="",
        bundle_bytes=0,
    )
    session.add(row)
    session.flush()
    publish_after_commit(session, machine.subject)
    return row


def _check_place(session: Session, machine: Machine) -> None:
    state = State(machine.held_return) if machine.state is State.HELD and machine.held_return else machine.state
    if state not in SEALED:
        raise Conflict(
            N_("{machine} is not at a family's home."),
            N_("In the workshop it is gone over by a run."),
            machine=machine.name,
        )
    if not has_rights(session, machine.id):
        raise Conflict(
            N_("The rights of {machine} were ended."), N_("It has to be installed again."), machine=machine.name
        )


def ask_everywhere(session: Session, settings: Settings, action: Action, actor: str) -> list[MaintenanceAction]:
    """Ask every machine at a household's home, those that aren't connected once they are. They take their turns.

    Raises:
        Conflict: this can't be asked of all at once, or there is no machine to ask.
    """
    if not action.everywhere:
        raise Conflict(N_("This is asked of one machine at a time."), N_("Open the machine's page."))
    busy = select(MaintenanceAction.machine_id).where(
        MaintenanceAction.action == action.name, MaintenanceAction.state.in_(OPEN)
    )
    entitled = select(ResidentToken.machine_id).where(ResidentToken.revoked_at.is_(None))
    machines = session.execute(
        select(Machine)
        .where(Machine.state_name == State.DELIVERED.value, Machine.id.in_(entitled), Machine.id.not_in(busy))
        .order_by(Machine.id)
    ).scalars()
    batch = uuid.uuid4().hex
    rows = [ask(session, settings, one, action, {}, actor, later=True, batch=batch) for one in machines.all()]
    if not rows:
        raise Conflict(
            N_("There is no machine at home to ask."), N_("Those that were asked already are in the list below.")
        )
    return rows


def get_asked(session: Session, action_id: int) -> MaintenanceAction:
    """The action with this id.

    Raises:
        NotFound: there is none.
    """
    row = session.get(MaintenanceAction, action_id)
    if row is None:
        raise NotFound(N_("There is no maintenance {id}."), N_("Open the machine's page."), id=action_id)
    return row


def open_actions(session: Session, machine_id: int) -> list[MaintenanceAction]:
    """What the machine was asked for and has not done, the oldest first."""
    query = select(MaintenanceAction).where(
        MaintenanceAction.machine_id == machine_id, MaintenanceAction.state.in_(OPEN)
    )
    return list(session.execute(query.order_by(MaintenanceAction.id)).scalars())


def cancel(session: Session, row: MaintenanceAction) -> None:
    """Take it back. What runs on the machine is never cut off: only nobody waits for it any more.

    Raises:
        Conflict: it is over.
    """
    if row.state not in OPEN:
        raise Conflict(N_("This maintenance is over already."), N_("Reload the page."))
    row.cancel_requested = True
    if row.state != "running":
        code = "cancelled-running" if row.started_at else "cancelled"
        end(session, row, End(state="cancelled", outcome=code))
    publish_after_commit(session, f"machine:{row.machine_id}")


def begin(session: Session, row: MaintenanceAction) -> None:
    """Its turn has come; the fact is told once, however often the play comes back to it."""
    machine = get_machine(session, row.machine_id)
    row.state = "running"
    if row.started_at is None:
        row.started_at = utcnow()
        body = {"action": row.id, "what": row.action, "params": row.params}
        append(session, Kind.MAINTENANCE_STARTED, machine.subject, body, actor=row.asked_by, site=machine.site)
    publish_after_commit(session, machine.subject)


def end(session: Session, row: MaintenanceAction, how: End) -> None:
    """It is over. What never began leaves no trace in the ledger."""
    if row.state not in OPEN:
        return
    machine = get_machine(session, row.machine_id)
    row.state, row.outcome, row.changed = how.state, how.outcome, how.changed
    row.detail, row.bundle_bytes, row.ended_at = how.detail, how.bundle_bytes, utcnow()
    if row.started_at is not None:
        body = {
            "action": row.id,
            "what": row.action,
            "state": row.state,
            "changed": row.changed,
            "outcome": row.outcome,
        }
        append(session, Kind.MAINTENANCE_ENDED, machine.subject, body, actor=row.asked_by, site=machine.site)
    publish_after_commit(session, machine.subject)
