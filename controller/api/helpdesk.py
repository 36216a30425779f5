"""Calls for help, codes, contacts and appointments over the API. All of it is for people who may help."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field
from sqlalchemy import select

from controller.api import models_helpdesk as models
from controller.api.common import Body, Id, errors
from controller.api.helpdesk_views import follow_up_view, request_view, work_view
from controller.errors import NotFound
from controller.helpdesk.checklist import QUESTIONS
from controller.helpdesk.codes import Tries, machines_with, read_code
from controller.helpdesk.finding import matching
from controller.helpdesk.followups import get_follow_up, record_call, today
from controller.helpdesk.phone import MAX_TYPED
from controller.helpdesk.requests import (
    MAX_NOTE,
    MAX_TEXT,
    WAITING,
    assign,
    get_request,
    give_back,
    note,
    reopen,
    solve,
    take_down,
)
from controller.helpdesk.tables import FollowUp, HelpRequest
from controller.helpdesk.telling import say_to_family
from controller.helpdesk.worklist import work
from controller.i18n import N_, translate
from controller.machines.registry import get_machine
from controller.machines.tables import Machine
from controller.web.deps import Assistant, CoreDep

router = APIRouter(prefix="/api/help", tags=["help"])
LIMIT = 1000
FOUND = 50


class Words(Body):
    """What was found or done."""

    text: Annotated[str, Field(max_length=MAX_NOTE)] = ""


class TakeDown(Body):
    """What somebody said on the telephone."""

    machine_id: Annotated[int, Field(ge=1, le=2**31 - 1)]
    topic: models.Topic
    text: Annotated[str, Field(max_length=MAX_TEXT)] = ""
    phone: Annotated[str, Field(max_length=MAX_TYPED)] = ""


class Assign(Body):
    """Even where somebody else has it."""

    take_over: bool = False


class Code(Body):
    """Six digits, as they were read out."""

    code: Annotated[str, Field(max_length=20)]


class Call(Body):
    """How a call went."""

    result: Literal["reached", "not-reached", "again"]
    answers: Annotated[dict[str, Literal["ok", "problem"]], Field(default_factory=dict)]
    notes: Annotated[str, Field(max_length=MAX_NOTE)] = ""
    again_on: models.Day | None = Field(None, description="needed for again; without it, not-reached ends it")


@router.get("/work", responses=errors(), response_model=list[models.WorkModel])
def everything_that_waits(core: CoreDep, _: Assistant) -> list[dict[str, Any]]:
    """Calls for help, alerts and appointments in one list, the most urgent first."""
    with core.database.read() as session:
        return [work_view(one) for one in work(session, today(core.settings))[:LIMIT]]


@router.get("/requests", responses=errors(), response_model=list[models.RequestModel])
def requests(
    core: CoreDep,
    _: Assistant,
    state: Annotated[
        Literal["waiting", "open", "assigned", "solved", "all"], Query(description="waiting: not solved")
    ] = "waiting",
    machine: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> list[dict[str, Any]]:
    """Calls for help, the newest first."""
    query = select(HelpRequest).order_by(HelpRequest.id.desc()).limit(LIMIT)
    if state != "all":
        query = query.where(HelpRequest.state.in_(WAITING if state == "waiting" else (state,)))
    if machine is not None:
        query = query.where(HelpRequest.machine_id == machine)
    with core.database.read() as session:
        return [request_view(session, row) for row in session.execute(query).scalars()]


@router.post("/requests", status_code=201, responses=errors(404, 409), response_model=models.RequestModel)
def take_a_call_down(body: TakeDown, core: CoreDep, user: Assistant) -> dict[str, Any]:
    """Somebody called. It is assigned to whoever takes it down."""
    with core.database.write() as session:
        machine = get_machine(session, body.machine_id)
        return request_view(session, take_down(session, machine, user.actor, body.topic, body.text, body.phone))


@router.get("/requests/{request_id}", responses=errors(404), response_model=models.RequestModel)
def one_request(request_id: Id, core: CoreDep, _: Assistant) -> dict[str, Any]:
    """One call for help with all that was done."""
    with core.database.read() as session:
        return request_view(session, get_request(session, request_id))


@router.post("/requests/{request_id}/assign", responses=errors(404, 409), response_model=models.RequestModel)
def take_it(request_id: Id, core: CoreDep, user: Assistant, body: Assign | None = None) -> dict[str, Any]:
    """Whoever asks has it from now on."""
    with core.database.write() as session:
        row = get_request(session, request_id)
        assign(session, row, user.actor, take_over=body is not None and body.take_over)
        return request_view(session, row)


@router.post("/requests/{request_id}/give-back", responses=errors(404, 409), response_model=models.RequestModel)
def hand_it_back(request_id: Id, core: CoreDep, user: Assistant) -> dict[str, Any]:
    """Nobody has it any more."""
    with core.database.write() as session:
        row = get_request(session, request_id)
        give_back(session, row, user.actor)
        return request_view(session, row)


@router.post("/requests/{request_id}/notes", responses=errors(404), response_model=models.RequestModel)
def write_note(request_id: Id, body: Words, core: CoreDep, user: Assistant) -> dict[str, Any]:
    """What was found or tried."""
    with core.database.write() as session:
        row = get_request(session, request_id)
        note(session, row, user.actor, body.text)
        return request_view(session, row)


@router.post("/requests/{request_id}/say", responses=errors(404, 409), response_model=models.RequestModel)
def say_it_to_the_family(request_id: Id, body: Words, core: CoreDep, user: Assistant) -> dict[str, Any]:
    """Words that the family's PC shows below their call for help: 300 characters at most."""
    with core.database.write() as session:
        row = get_request(session, request_id)
        say_to_family(session, row, user.actor, body.text)
        return request_view(session, row)


@router.post("/requests/{request_id}/solve", responses=errors(404, 409), response_model=models.RequestModel)
def solve_it(request_id: Id, core: CoreDep, user: Assistant, body: Words | None = None) -> dict[str, Any]:
    """It is dealt with; the family's PC is told."""
    with core.database.write() as session:
        row = get_request(session, request_id)
        solve(session, row, user.actor, body.text if body else "")
        return request_view(session, row)


@router.post("/requests/{request_id}/reopen", responses=errors(404, 409), response_model=models.RequestModel)
def open_it_again(request_id: Id, core: CoreDep, user: Assistant, body: Words | None = None) -> dict[str, Any]:
    """It was not solved after all."""
    with core.database.write() as session:
        row = get_request(session, request_id)
        reopen(session, row, user.actor, body.text if body else "")
        return request_view(session, row)


@router.post("/code", responses=errors(404, 429), response_model=list[models.FoundModel])
def look_up_code(request: Request, body: Code, core: CoreDep, user: Assistant) -> list[dict[str, Any]]:
    """The machine that shows these six digits now. Several, when two show the same: ask for a new code."""
    tries: Tries = request.app.state.code_tries
    tries.check(user.actor)
    with core.database.read() as session:
        found = machines_with(session, read_code(body.code))
        if not found:
            raise NotFound(
                N_("No machine shows this code now."), N_("A code is good for some minutes: ask for a new one.")
            )
        return [{"machine_id": machine.id, "name": machine.name} for machine in found]


@router.get("/find", responses=errors(), response_model=list[models.FoundModel])
def find(
    core: CoreDep,
    _: Assistant,
    q: Annotated[str, Query(min_length=1, max_length=80, pattern=r"^[^\x00]*$", description="tag, serial, telephone")],
) -> list[dict[str, Any]]:
    """Machines by telephone number, tag, serial number or model."""
    query = select(Machine).where(*matching(q)).order_by(Machine.id).limit(FOUND)
    with core.database.read() as session:
        return [{"machine_id": row.id, "name": row.name} for row in session.execute(query).scalars()]


@router.get("/questions", responses=errors(), response_model=dict[str, str])
def questions(_: Assistant) -> dict[str, str]:
    """What appointments ask: id and words."""
    return {name: translate(label) for name, label in QUESTIONS.items()}


@router.get("/follow-ups", responses=errors(), response_model=list[models.FollowUpModel])
def follow_ups(
    core: CoreDep,
    _: Assistant,
    state: Literal["due", "done", "ended", "all"] = "due",
    machine: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> list[dict[str, Any]]:
    """Appointments, by their day."""
    query = select(FollowUp).order_by(FollowUp.due_on, FollowUp.id).limit(LIMIT)
    if state != "all":
        query = query.where(FollowUp.state == state)
    if machine is not None:
        query = query.where(FollowUp.machine_id == machine)
    now = today(core.settings)
    with core.database.read() as session:
        return [follow_up_view(session, row, now) for row in session.execute(query).scalars()]


@router.post("/follow-ups/{follow_up_id}/calls", responses=errors(404, 409), response_model=models.FollowUpModel)
def called(follow_up_id: Id, body: Call, core: CoreDep, user: Assistant) -> dict[str, Any]:
    """Somebody called the family: how it went."""
    now = today(core.settings)
    with core.database.write() as session:
        row = get_follow_up(session, follow_up_id)
        record_call(
            session,
            row,
            user.actor,
            result=body.result,
            answers=dict(body.answers),
            notes=body.notes,
            again_on=body.again_on,
            now=now,
        )
        return follow_up_view(session, row, now)
