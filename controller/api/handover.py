"""A machine's way to a family and back, and whom to call there, over the API."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import select

from controller.api import models, models_helpdesk
from controller.api.common import Body, Id, errors
from controller.api.helpdesk_views import follow_up_view
from controller.api.views import machine_summary
from controller.errors import NotFound
from controller.helpdesk.followups import DUE, days_of, today
from controller.helpdesk.handover import come_back, hand_over
from controller.helpdesk.home import MAX_LABEL, forget_home, set_contact
from controller.helpdesk.phone import MAX_TYPED
from controller.helpdesk.tables import FollowUp, HomeContact
from controller.i18n import N_, translate
from controller.machines.registry import get_machine
from controller.web.deps import Assistant, CoreDep, Operator

router = APIRouter(prefix="/api/machines", tags=["help"])


class Contact(Body):
    """Whom to call. Both empty: nobody."""

    phone: Annotated[str, Field(max_length=MAX_TYPED)] = ""
    label: Annotated[str, Field(max_length=MAX_LABEL)] = ""


class HandOver(Contact):
    """When it went, and whom to call."""

    on: models_helpdesk.Day | None = Field(None, description="today where it is not given")
    household: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{0,32}$", description="opaque id")] = ""


@router.post("/{machine_id}/hand-over", responses=errors(404, 409), response_model=models_helpdesk.HandedOverModel)
def hand_machine_over(machine_id: Id, core: CoreDep, user: Operator, body: HandOver | None = None) -> dict[str, Any]:
    """It went to a family: the appointments are made. Says what it lacked to be called reconditioned."""
    said = body or HandOver()
    now = today(core.settings)
    with core.database.write() as session:
        machine = get_machine(session, machine_id)
        missing = hand_over(
            session,
            machine,
            user.actor,
            on=said.on or now,
            now=now,
            days=days_of(core.settings),
            phone=said.phone,
            label=said.label,
            household=said.household,
        )
        due = select(FollowUp).where(FollowUp.machine_id == machine_id, FollowUp.state == DUE)
        rows = session.execute(due.order_by(FollowUp.due_on)).scalars().all()
        return {
            "machine_id": machine.id,
            "state": machine.state_name,
            "missing": [{"item": one.item, "text": translate(one.label, **one.params)} for one in missing],
            "follow_ups": [follow_up_view(session, row, now) for row in rows],
        }


@router.post("/{machine_id}/come-back", responses=errors(404, 409), response_model=models.MachineSummary)
def machine_came_back(machine_id: Id, core: CoreDep, user: Operator) -> dict[str, Any]:
    """The family gave it back: its rights end, its household is forgotten."""
    with core.database.write() as session:
        machine = get_machine(session, machine_id)
        come_back(session, machine, user.actor)
        return machine_summary(machine)


@router.get("/{machine_id}/contact", responses=errors(404), response_model=models_helpdesk.ContactModel)
def whom_to_call(machine_id: Id, core: CoreDep, _: Assistant) -> dict[str, Any]:
    """Whom to call about it."""
    with core.database.read() as session:
        machine = get_machine(session, machine_id)
        row = session.get(HomeContact, machine_id)
        if row is None:
            raise NotFound(N_("Nobody is named to call about {machine}."), N_("Note a contact."), machine=machine.name)
        return {"label": row.label, "phone": row.phone, "household": row.household}


@router.put("/{machine_id}/contact", status_code=204, responses=errors(404, 409))
def note_contact(machine_id: Id, body: Contact, core: CoreDep, user: Assistant) -> None:
    """Note whom to call about it."""
    with core.database.write() as session:
        set_contact(session, get_machine(session, machine_id), user.actor, body.phone, body.label)


@router.post("/{machine_id}/forget-home", status_code=204, responses=errors(404))
def forget(machine_id: Id, core: CoreDep, user: Assistant) -> None:
    """Delete the contact, and every text, number and note that may name its household."""
    with core.database.write() as session:
        forget_home(session, get_machine(session, machine_id), user.actor, "asked")
