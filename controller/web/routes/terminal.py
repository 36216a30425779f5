"""The technician's terminal on a machine at home: its page, and its WebSocket.

From the page, text messages are JSON (``open`` first, then ``size`` and ``took``), binary ones what was typed; to the
page likewise (``ready``, ``took``, ``end``), binary what the shell says. ``took``: so many bytes were shown, or taken.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from controller.access.roles import Right
from controller.access.tables import User
from controller.core import Core
from controller.errors import Conflict, RecyclerieError
from controller.i18n import N_, set_language, translate
from controller.machines.registry import get_machine
from controller.machines.tables import Boot
from controller.maintenance.asking import place
from controller.maintenance.terminal import (
    BY_FAULT,
    BY_IDLE,
    BY_LINK,
    BY_PAGE,
    BY_SHELL,
    BY_TIME,
    INPUT_BYTES,
    WINDOW_BYTES,
    Shell,
)
from controller.web.deps import CoreDep, Maintainer
from controller.web.page import render
from controller.web.sockets import cookie_of, person_of, same_origin

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
REFUSED, BAD_MESSAGE, OVER = 4403, 4400, 1000
LOOK_SECONDS = 5.0  # how often limits and rights are looked at
FIRST_SECONDS = 30.0
LONGEST_MESSAGE = INPUT_BYTES
MIN_WHY, MAX_WHY = 3, 200
SIGNED_OUT = "signed-out"
ENDS: dict[str, str] = {
    BY_SHELL: N_("The session is over."),
    BY_LINK: N_("The machine is no longer connected: it was switched off, or lost its network."),
    BY_IDLE: N_("Closed: nothing moved for {minutes} minutes."),
    BY_TIME: N_("Closed: a terminal stays open for {hours} hours at most."),
    SIGNED_OUT: N_("Closed: you are no longer signed in, or may no longer do this."),
    BY_FAULT: N_("The terminal could not be opened: {detail}"),
    BY_PAGE: N_("The session is over."),
}
logger = logging.getLogger(__name__)


@router.get("/machines/{machine_id}/terminal")
def show_terminal(request: Request, machine_id: Id, user: Maintainer, core: CoreDep) -> Response:
    """The page; nothing is opened before a reason was given."""
    with core.database.read() as session:
        machine = get_machine(session, machine_id)
        boot = place(session, machine)
    return render(
        request,
        "pages/terminal.html",
        user=user,
        machine_id=machine_id,
        machine=machine.name,
        model=machine.model,
        may_open=boot is not None,
        linked=boot is not None and boot.linked,
        window=WINDOW_BYTES,
        room=INPUT_BYTES,
        hours=f"{core.settings.terminal_hours:g}",
        minutes=core.settings.terminal_idle_minutes,
        most_why=MAX_WHY,
    )


@router.websocket("/machines/{machine_id}/terminal/socket")
async def terminal(socket: WebSocket, machine_id: int) -> None:
    """One terminal, until the shell, the page, the link or a limit ends it."""
    core: Core = socket.app.state.core
    secret = cookie_of(socket)
    user = await run_in_threadpool(person_of, core, secret, Right.MAINTAIN) if same_origin(socket) else None
    if user is None:
        await socket.close(REFUSED, "not signed in, not allowed, or not from this dashboard")
        return
    await socket.accept()
    with suppress(WebSocketDisconnect, RuntimeError):
        await _serve(socket, core, machine_id, user, secret)


async def _serve(socket: WebSocket, core: Core, machine_id: int, user: User, secret: str | None) -> None:
    asked = await _first(socket)
    if asked is None:
        await socket.close(BAD_MESSAGE, "the first message must open the terminal, with a reason")
        return
    try:
        machine, boot = await run_in_threadpool(_where, core, machine_id)
    except RecyclerieError as error:
        detail = " ".join(_text(user, text, error.params) for text in (error.message, error.hint))
        await _say_end(socket, user, BY_FAULT, detail)
        return
    visit = _Visit(socket)
    shell = Shell(visit.say, visit.over)
    shell.open(
        core.settings,
        machine,
        boot.ssh_host_keys,
        core.keys.maintenance,
        who=user.actor,
        why=asked["why"],
        columns=asked["columns"],
        rows=asked["rows"],
        ready=visit.ready,
        took=visit.took,
    )
    tasks = [
        asyncio.create_task(_listen(socket, shell)),
        asyncio.create_task(_watch(core, shell, secret)),
    ]
    ending = asyncio.create_task(visit.ended.wait())
    try:
        await asyncio.wait({*tasks, ending}, return_when=asyncio.FIRST_COMPLETED)
        limit = tasks[1].result() if tasks[1].done() and not tasks[1].cancelled() else ""
        code = visit.code or limit or BY_PAGE
        facts = {"minutes": round(core.settings.terminal_idle_minutes), "hours": round(core.settings.terminal_hours)}
        if tasks[0].done() and not visit.code and not limit:
            code = tasks[0].result()
        await _say_end(socket, user, code, visit.detail, **facts)
    finally:
        shell.close(BY_PAGE)
        for task in (*tasks, ending):
            task.cancel()
        await asyncio.gather(*tasks, ending, return_exceptions=True)


async def _first(socket: WebSocket) -> dict[str, Any] | None:
    """Reason and size, or None when the page says something else, or nothing."""
    try:
        async with asyncio.timeout(FIRST_SECONDS):
            said = json.loads(await socket.receive_text())["open"]
        why, columns, rows = str(said["why"]).strip(), int(said["columns"]), int(said["rows"])
    except (TimeoutError, KeyError, TypeError, ValueError):
        return None
    return {"why": why[:MAX_WHY], "columns": columns, "rows": rows} if len(why) >= MIN_WHY else None


def _where(core: Core, machine_id: int) -> tuple[str, Boot]:
    with core.database.read() as session:
        machine = get_machine(session, machine_id)
        boot = place(session, machine)
        if boot is None:
            raise Conflict(
                N_("{machine} is not at a family's home."),
                N_("In the workshop it is gone over by a run."),
                machine=machine.name,
            )
        return machine.name, boot


async def _listen(socket: WebSocket, shell: Shell) -> str:
    """What the page sends, until it is closed. Returns why it ended."""
    while True:
        said = await socket.receive()
        if said["type"] == "websocket.disconnect":
            return BY_PAGE
        data, text = said.get("bytes"), said.get("text")
        if data is not None:
            if len(data) > LONGEST_MESSAGE or not shell.type(data):
                return BY_FAULT
            continue
        try:
            order = json.loads(str(text)[:1000])
            if "took" in order:
                shell.shown(int(order["took"]))
            elif "size" in order:
                columns, rows = order["size"]
                shell.resize(int(columns), int(rows))
        except (TypeError, ValueError):
            return BY_FAULT


async def _watch(core: Core, shell: Shell, secret: str | None) -> str:
    """Limits of time, and whether the person may still do this. Returns which was reached."""
    ends = time.monotonic() + core.settings.terminal_hours * 3600
    idle = core.settings.terminal_idle_minutes * 60
    while True:
        left = min(ends - time.monotonic(), idle - shell.idle_seconds)
        await asyncio.sleep(max(0.05, min(LOOK_SECONDS, left)))
        if time.monotonic() >= ends:
            return BY_TIME
        if shell.idle_seconds >= idle:
            return BY_IDLE
        if await run_in_threadpool(person_of, core, secret, Right.MAINTAIN) is None:
            return SIGNED_OUT


class _Visit:
    """The page, as the shell's threads see it."""

    def __init__(self, socket: WebSocket) -> None:
        """In the event loop of the page."""
        self._socket, self._loop = socket, asyncio.get_running_loop()
        self.ended = asyncio.Event()
        self.code, self.detail = "", ""

    def _send(self, what: Any) -> None:
        """Waits until it is on its way; whoever is too slow is waited for, whoever is gone is not."""
        try:
            asyncio.run_coroutine_threadsafe(what, self._loop).result(30)
        except Exception:  # the page is gone; its own task tells
            logger.debug("a terminal's page is gone")

    def say(self, data: bytes) -> None:
        self._send(self._socket.send_bytes(data))

    def ready(self) -> None:
        self._send(self._socket.send_text('{"ready": true}'))

    def took(self, count: int) -> None:
        self._send(self._socket.send_text(json.dumps({"took": count})))

    def over(self, code: str, detail: str) -> None:
        def tell() -> None:
            self.code, self.detail = code, detail
            self.ended.set()

        with suppress(RuntimeError):  # the loop is closed: the process stops
            self._loop.call_soon_threadsafe(tell)


def _text(user: User, message: str, params: dict[str, Any]) -> str:
    set_language(user.language)
    return translate(message, **params) if message else ""


async def _say_end(socket: WebSocket, user: User, code: str, detail: str, **facts: Any) -> None:
    text = _text(user, ENDS[code], {"detail": detail, **facts})
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.send_text(json.dumps({"end": text, "code": code}))
        await socket.close(OVER, code)
