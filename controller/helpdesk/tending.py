"""What ends by itself: codes, what is known of a household whose machine is back, texts that are old enough."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from controller.core import Core
from controller.database import utcnow
from controller.health.home import HOME
from controller.helpdesk.codes import forget_expired
from controller.helpdesk.followups import DUE, end_all
from controller.helpdesk.handover import clear
from controller.helpdesk.home import forget_old
from controller.helpdesk.requests import WAITING
from controller.helpdesk.tables import FollowUp, HelpRequest, HomeContact
from controller.machines.lifecycle import State
from controller.machines.tables import Machine


def tend(core: Core) -> None:
    """Once. Whatever way a machine came back (given back, started from the network), its household is forgotten."""
    with core.database.write() as session:
        forget_expired(session)
        for machine in _left(session):
            clear(session, machine, "controller")
        for machine in _not_delivered(session):
            end_all(session, machine, "controller")
        forget_old(session, utcnow(), core.settings.help_text_days)


def _left(session: Session) -> list[Machine]:
    """Machines that are not at home (nor about to go there), about which a household is still known."""
    contacts = select(HomeContact.machine_id)
    waiting = HelpRequest.state.in_(WAITING) | HelpRequest.forgotten_at.is_(None)
    due = select(FollowUp.machine_id).where(FollowUp.state == DUE)
    requests = select(HelpRequest.machine_id).where(waiting)
    known = or_(Machine.id.in_(contacts), Machine.id.in_(requests), Machine.id.in_(due))
    return list(session.execute(select(Machine).where(~_in(HOME), known)).scalars())


def _not_delivered(session: Session) -> list[Machine]:
    due = select(FollowUp.machine_id).where(FollowUp.state == DUE)
    return list(session.execute(select(Machine).where(~_in((State.DELIVERED,)), Machine.id.in_(due))).scalars())


def _in(states: tuple[State, ...]) -> ColumnElement[bool]:
    """In one of ``states``, or on hold from there."""
    names = [state.value for state in states]
    held = (Machine.state_name == State.HELD.value) & Machine.held_return.in_(names)
    return Machine.state_name.in_(names) | held
