"""A machine goes to a family, and comes back. Households and allocation come later: they call these two."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence

from sqlalchemy.orm import Session

from controller.errors import Conflict, RecyclerieError
from controller.grading.gate.handover import hand_over as through_gate
from controller.grading.gate.judge import Missing
from controller.health.home import back_in_workshop
from controller.helpdesk.followups import end_all, plan
from controller.helpdesk.home import forget_home, set_contact
from controller.helpdesk.requests import solve_all
from controller.i18n import N_
from controller.machines.lifecycle import State
from controller.machines.moves import move
from controller.machines.tables import Machine

OLDEST = dt.timedelta(days=366)


def hand_over(
    session: Session,
    machine: Machine,
    actor: str,
    *,
    on: dt.date,
    now: dt.date,
    days: Sequence[int],
    phone: str = "",
    label: str = "",
    household: str = "",
) -> tuple[Missing, ...]:
    """``machine`` went to a family ``on`` that day: it is delivered, the appointments are made. ``now`` is today.

    ``days``: after how many the family is called. ``household`` is opaque, of whoever knows the household. Returns what
    the machine lacks to be called reconditioned: nothing is forbidden, but whoever hands over must see it.

    Raises:
        Conflict: its state doesn't allow it.
        RecyclerieError: the day can't be meant, or the number is none.
    """
    if machine.state not in (State.READY, State.ALLOCATED):
        raise Conflict(
            N_("{machine} can't be handed over now."),
            N_("Only a machine that is ready, or reserved for a household, can."),
            machine=machine.name,
        )
    if not now - OLDEST <= on <= now:
        raise RecyclerieError(N_("It can't have been handed over on that day."), N_("Choose today, or a day before."))
    if machine.state is State.READY:
        through_gate(session, machine, State.ALLOCATED, actor)
    missing = through_gate(session, machine, State.DELIVERED, actor)
    if phone.strip() or label.strip() or household:
        set_contact(session, machine, actor, phone, label, household)
    plan(session, machine, secrets.token_hex(8), on, days, actor)
    return missing


def come_back(session: Session, machine: Machine, actor: str) -> None:
    """The family gave ``machine`` back: its rights end, its household is forgotten, nobody needs to be called.

    Raises:
        Conflict: it isn't at a household's home.
    """
    if machine.state is not State.DELIVERED:
        raise Conflict(
            N_("{machine} is not at a family's home."),
            N_("If it is on hold, release it first."),
            machine=machine.name,
        )
    move(session, machine, State.RETURNED, actor)  # its token opens nothing any more
    back_in_workshop(session, machine)
    clear(session, machine, actor)


def clear(session: Session, machine: Machine, actor: str) -> None:
    """What is only for a machine at a household's home ends."""
    end_all(session, machine, actor)
    solve_all(session, machine, actor)
    forget_home(session, machine, actor, "returned")
