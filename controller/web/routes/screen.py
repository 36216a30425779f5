"""A family's screen: asking for it, and the page that shows it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request, WebSocket
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from controller.assist.sessions.asking import Asking
from controller.assist.sessions.store import find_session
from controller.core import Core
from controller.machines.registry import get_machine
from controller.web.deps import Assistant, CoreDep
from controller.web.held_page import close
from controller.web.page import go, render
from controller.web.screens import CODES, OVER, SIGNED_OUT, Screens, look
from controller.web.sockets import cookie_of, same_origin
from controller.web.views.people import Actors
from controller.web.views.screen import session_view

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
Name = Annotated[str, Path(max_length=40)]
FORBIDDEN = 4403


def asking(request: Request, core: Core) -> Asking:
    """What asking needs, of this application."""
    state = request.app.state
    return Asking(
        database=core.database,
        links=state.links,
        linked=state.assist.linked,
        organisation=core.settings.workshop_name,
    )


@router.post("/machines/{machine_id}/screen/ask")
async def ask_screen(
    machine_id: Id,
    request: Request,
    core: CoreDep,
    user: Assistant,
    why: Annotated[str, Form(max_length=1000)] = "",
    minutes: Annotated[str, Form(max_length=4)] = "30",
) -> Response:
    """Have the family asked; on to the page where their screen will be."""
    row = await asking(request, core).ask(machine_id, user, why, int(minutes) if minutes.isdigit() else 0)
    return go(f"/assist/{row.session}")


@router.get("/assist/{session}")
def show_screen(request: Request, session: Name, user: Assistant, core: CoreDep) -> Response:
    """The viewer; for anybody else than who asked, what the session is, and no picture."""
    with core.database.read() as reading:
        row = find_session(reading, session)
        machine = get_machine(reading, row.machine_id)
        view = session_view(row, user, Actors(reading))
    return render(request, "pages/screen.html", user=user, s=view, m=machine)


@router.post("/assist/{session}/control")
async def ask_control(request: Request, session: Name, user: Assistant, core: CoreDep) -> Response:
    """Have the family asked for mouse and keyboard too."""
    await asking(request, core).ask_control(session, user)
    return go(f"/assist/{session}")


@router.post("/assist/{session}/stop")
async def stop_session(
    request: Request, session: Name, user: Assistant, core: CoreDep, back: Annotated[str, Form(max_length=20)] = ""
) -> Response:
    """End it, or take the question away."""
    row = await asking(request, core).stop(session, user)
    return go(f"/machines/{row.machine_id}?tab=assist" if back == "machine" else f"/assist/{session}", "screen-stop")


@router.websocket("/assist/{session}/screen")
async def screen(
    socket: WebSocket,
    session: Annotated[str, Path(max_length=40)],
    page: Annotated[str, Query(max_length=40)] = "",
    take: bool = False,
) -> None:
    """The picture, for the person who asked. Refused before it opens: another site's page, and who isn't signed in."""
    core: Core = socket.app.state.core
    cookie = cookie_of(socket)
    if not same_origin(socket):
        await socket.close(FORBIDDEN, "another site")
        return
    seen = await run_in_threadpool(look, core, cookie, session)
    if seen.verdict in CODES and CODES[seen.verdict] != OVER:
        await _refuse(socket, CODES[seen.verdict], seen.verdict)
        return
    await socket.accept()
    screens: Screens = socket.app.state.screens
    await screens.show(core, socket.app.state.assist, socket, session, cookie, page, take=take)


async def _refuse(socket: WebSocket, code: int, reason: str) -> None:
    """A page of ours learns why; a program without a session learns nothing."""
    if code != SIGNED_OUT:
        await socket.accept()
    await close(socket, code, reason)
