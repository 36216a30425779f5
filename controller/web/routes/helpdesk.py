"""What people do about calls for help, appointments, contacts; and a machine's way to a family and back."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import Response

from controller.errors import RecyclerieError
from controller.helpdesk import requests as calls
from controller.helpdesk.followups import days_of, get_follow_up, record_call, today
from controller.helpdesk.handover import come_back, hand_over
from controller.helpdesk.home import forget_home, set_contact
from controller.helpdesk.telling import say_to_family
from controller.i18n import N_
from controller.machines.registry import get_machine
from controller.web.deps import Assistant, CoreDep, Operator
from controller.web.page import go

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
Short = Annotated[str, Form(max_length=120)]
Text = Annotated[str, Form(max_length=8000)]
ANSWER = "answer-"


async def given_answers(request: Request) -> dict[str, str]:
    """The answers of a checklist: fields ``answer-<question>``."""
    form = await request.form()
    return {
        name.removeprefix(ANSWER): value
        for name, value in form.items()
        if name.startswith(ANSWER) and isinstance(value, str)
    }


def tab(machine_id: int) -> str:
    """Where all this is on a machine's page."""
    return f"/machines/{machine_id}?tab=assist"


def _plain(text: str) -> str:
    return text.replace("\0", "").strip()


def read_day(text: str) -> dt.date | None:
    """A day as a form sends it; None where none was chosen.

    Raises:
        RecyclerieError: it is none.
    """
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise RecyclerieError(N_("“{text}” is not a day."), N_("Choose it from the calendar."), text=text) from None


@router.post("/help/{request_id}")
def deal_with_request(
    request_id: Id, core: CoreDep, user: Assistant, do: Short = "", text: Text = "", back: Short = ""
) -> Response:
    """Take it, give it back, note something, solve it, open it again."""
    text = _plain(text)
    with core.database.write() as session:
        row = calls.get_request(session, request_id)
        if do == "assign":
            calls.assign(session, row, user.actor)
        elif do == "take-over":
            calls.assign(session, row, user.actor, take_over=True)
        elif do == "give-back":
            calls.give_back(session, row, user.actor)
        elif do == "say":
            say_to_family(session, row, user.actor, text)
        elif do == "solve":
            calls.solve(session, row, user.actor, text)
        elif do == "reopen":
            calls.reopen(session, row, user.actor, text)
        else:
            calls.note(session, row, user.actor, text)
        machine_id = row.machine_id
    said = {"solve": "help-solved", "assign": "help-taken", "take-over": "help-taken"}.get(do, "help-noted")
    if back == "assistance" and do != "assign":
        return go("/assistance", said)
    return go(tab(machine_id), said)


@router.post("/machines/{machine_id}/help")
def take_call_down(
    machine_id: Id, core: CoreDep, user: Assistant, topic: Short = "", text: Text = "", phone: Short = ""
) -> Response:
    """Somebody called."""
    with core.database.write() as session:
        machine = get_machine(session, machine_id)
        calls.take_down(session, machine, user.actor, topic, _plain(text), _plain(phone))
    return go(tab(machine_id), "help-noted")


@router.post("/follow-ups/{follow_up_id}")
def called(
    follow_up_id: Id,
    core: CoreDep,
    user: Assistant,
    answers: Annotated[dict[str, str], Depends(given_answers)],
    result: Short = "",
    notes: Text = "",
    again_on: Short = "",
) -> Response:
    """Somebody called the family: how it went."""
    with core.database.write() as session:
        row = get_follow_up(session, follow_up_id)
        record_call(
            session,
            row,
            user.actor,
            result=result,
            answers=answers,
            notes=_plain(notes),
            again_on=read_day(again_on),
            now=today(core.settings),
        )
        machine_id = row.machine_id
    return go(tab(machine_id), "called")


@router.post("/machines/{machine_id}/contact")
def note_contact(machine_id: Id, core: CoreDep, user: Assistant, phone: Short = "", label: Short = "") -> Response:
    """Whom to call about it."""
    with core.database.write() as session:
        set_contact(session, get_machine(session, machine_id), user.actor, _plain(phone), _plain(label))
    return go(tab(machine_id), "contact")


@router.post("/machines/{machine_id}/forget-home")
def forget(machine_id: Id, core: CoreDep, user: Assistant) -> Response:
    """Delete what may name its household."""
    with core.database.write() as session:
        forget_home(session, get_machine(session, machine_id), user.actor, "asked")
    return go(tab(machine_id), "forgotten")


@router.post("/machines/{machine_id}/hand-over")
def hand_machine_over(
    machine_id: Id, core: CoreDep, user: Operator, on: Short = "", phone: Short = "", label: Short = ""
) -> Response:
    """It went to a family."""
    now = today(core.settings)
    with core.database.write() as session:
        machine = get_machine(session, machine_id)
        missing = hand_over(
            session,
            machine,
            user.actor,
            on=read_day(on) or now,
            now=now,
            days=days_of(core.settings),
            phone=_plain(phone),
            label=_plain(label),
        )
    return go(tab(machine_id), "handed-over-lacking" if missing else "handed-over")


@router.post("/machines/{machine_id}/come-back")
def machine_came_back(machine_id: Id, core: CoreDep, user: Operator) -> Response:
    """The family gave it back."""
    with core.database.write() as session:
        come_back(session, get_machine(session, machine_id), user.actor)
    return go(f"/machines/{machine_id}", "came-back")
