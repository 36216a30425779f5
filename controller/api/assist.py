"""Sessions on a family's screen over the API. The picture itself is only for the page (a WebSocket with a cookie)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import select

from controller.access.tables import User
from controller.api.common import Body, Id, errors
from controller.api.views import when
from controller.assist.sessions.asking import MINUTES, WHY_LENGTH, Asking
from controller.assist.sessions.rules import OPEN
from controller.assist.sessions.store import find_session
from controller.assist.sessions.tables import AssistSession
from controller.core import Core
from controller.database import utcnow
from controller.i18n import translate
from controller.web.deps import Assistant, CoreDep
from controller.web.views.people import Actors
from controller.web.views.screen import session_view

router = APIRouter(prefix="/api", tags=["assist"])
LIMIT = 200
Name = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="a session's name")]


class AssistModel(BaseModel):
    """One question to a family, and what became of it."""

    session: str
    machine_id: int
    who: str = Field(description="who asked: user:ID")
    mine: bool
    why: str = Field(description="as the family read it; forgotten after a while")
    minutes: int
    state: Literal["sent", "asked", "accepted", "refused", "unanswered", "impossible", "unheard", "ended"]
    open: bool
    code: str = Field(description="why it is impossible, or why it ended: docs/assist-sessions.md")
    control: Literal["none", "asked", "given", "refused", "unanswered", "impossible"]
    control_code: str
    text: str = Field(description="the state in words")
    reason: str = Field(description="what the code says, in words")
    next: str = Field(description="what to do next")
    control_text: str
    control_next: str
    detail: str = Field(description="the agent's own words, English")
    asked_at: str
    answer_by: str = Field(description="until when the question stays on the screen")
    accepted_at: str | None
    ends_at: str | None = Field(description="when it ends by itself")
    ended_at: str | None
    seconds: int = Field(description="how long it was on, as the machine says")
    now: str = Field(description="the controller's clock, to count down by")


class Ask(Body):
    """What the family is asked. Both are shown to them."""

    why: Annotated[str, Field(min_length=1, max_length=WHY_LENGTH)]
    minutes: Annotated[int, Field(ge=MINUTES[0], le=MINUTES[1])] = 30


def _asking(request: Request, core: Core) -> Asking:
    state, name = request.app.state, core.settings.workshop_name
    return Asking(database=core.database, links=state.links, linked=state.assist.linked, organisation=name)


@router.post("/machines/{machine_id}/assist", responses=errors(404, 409), response_model=AssistModel)
async def ask_for_screen(machine_id: Id, body: Ask, request: Request, core: CoreDep, user: Assistant) -> dict[str, Any]:
    """Have the family asked whether you may see their screen. Their answer comes later: read the session again."""
    row = await _asking(request, core).ask(machine_id, user, body.why, body.minutes)
    return _read(core, row.session, user)


@router.get("/assist", responses=errors(), response_model=list[AssistModel])
def sessions(
    core: CoreDep,
    user: Assistant,
    machine: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    state: Annotated[Literal["open", "all"], Query(description="open: asked or on")] = "open",
) -> list[dict[str, Any]]:
    """Sessions, the newest first."""
    query = select(AssistSession).order_by(AssistSession.id.desc()).limit(LIMIT)
    if state == "open":
        query = query.where(AssistSession.state.in_(OPEN))
    if machine is not None:
        query = query.where(AssistSession.machine_id == machine)
    with core.database.read() as session:
        actors = Actors(session)
        return [_model(row, user, actors) for row in session.execute(query).scalars()]


@router.get("/assist/{name}", responses=errors(404), response_model=AssistModel)
def session_state(name: Name, core: CoreDep, user: Assistant) -> dict[str, Any]:
    """What became of a question."""
    return _read(core, name, user)


@router.post("/assist/{name}/control", responses=errors(404, 409), response_model=AssistModel)
async def ask_for_control(name: Name, request: Request, core: CoreDep, user: Assistant) -> dict[str, Any]:
    """Have the family asked whether you may also use mouse and keyboard. Only for who asked for the session."""
    await _asking(request, core).ask_control(name, user)
    return _read(core, name, user)


@router.post("/assist/{name}/stop", responses=errors(404), response_model=AssistModel)
async def stop(name: Name, request: Request, core: CoreDep, user: Assistant) -> dict[str, Any]:
    """End it, or take the question away. The machine says when it is done: read the session again."""
    await _asking(request, core).stop(name, user)
    return _read(core, name, user)


def _read(core: Core, name: str, user: User) -> dict[str, Any]:
    with core.database.read() as session:
        return _model(find_session(session, name), user, Actors(session))


def _model(row: AssistSession, user: User, actors: Actors) -> dict[str, Any]:
    view = session_view(row, user, actors)
    kept = ("session", "machine_id", "who", "why", "minutes", "state", "code", "control", "control_code", "detail")
    return {
        **{name: getattr(row, name) for name in (*kept, "seconds")},
        "mine": view.mine,
        "open": view.open,
        "text": translate(view.label),
        "reason": translate(view.reason),
        "next": translate(view.next),
        "control_text": translate(view.control_label),
        "control_next": translate(view.control_next),
        "asked_at": when(row.asked_at),
        "answer_by": when(view.answer_by),
        "accepted_at": when(row.accepted_at) if row.accepted_at else None,
        "ends_at": when(row.ends_at) if row.ends_at else None,
        "ended_at": when(row.ended_at) if row.ended_at else None,
        "now": when(utcnow()),
    }
