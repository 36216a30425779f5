"""A page's WebSocket joined to a family's screen: held open until the family accepts, and again after each break.

The page opens one socket and waits; the picture comes through it as soon as the machine offers one. Whatever happens
meanwhile (signed out, a right taken away, the session over, the same screen in another page) ends it with a code.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Literal

from fastapi import WebSocket
from starlette.concurrency import run_in_threadpool

from agent.protocol_mux import Stream
from controller.access.roles import Right, may
from controller.assist.agent_link import Refused
from controller.assist.carry import carry
from controller.assist.sessions.presence import Presence
from controller.assist.sessions.rules import OPEN
from controller.assist.sessions.store import find_session
from controller.assist.switchboard import Switchboard
from controller.bus import bus
from controller.core import Core
from controller.errors import Conflict, NotFound
from controller.web.held_page import HeldSide, close
from controller.web.sockets import signed_in

# Close codes; static/js/screen.js knows them.
AGAIN, SIGNED_OUT, NOT_YOURS, NO_SESSION, ELSEWHERE, OVER = 4100, 4401, 4403, 4404, 4409, 4410
RETRY_SECONDS = (0.15, 1.0)  # between two attempts at a screen that isn't offered yet: first, longest
LOOK_SECONDS = 10.0  # how often it is looked whether the person may still
SERVICE = "screen"
Verdict = Literal["wait", "go", "signed-out", "not-yours", "no-session", "over"]
CODES: dict[Verdict, int] = {
    "signed-out": SIGNED_OUT,
    "not-yours": NOT_YOURS,
    "no-session": NO_SESSION,
    "over": OVER,
}
logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is so right now: whether this person may see this screen, and from which machine it comes."""

    verdict: Verdict
    machine_id: int = 0
    actor: str = ""
    why: str = ""


def look(core: Core, cookie: str | None, name: str) -> Look:
    """Read cookie, right and session again: each may have ended since the last look."""
    with core.database.read() as session:
        user = signed_in(session, core, cookie)
        if user is None:
            return Look(verdict="signed-out")
        try:
            row = find_session(session, name)
        except NotFound:
            return Look(verdict="no-session")
        if row.who != user.actor or not may(user.role, Right.ASSIST):
            return Look(verdict="not-yours")
        verdict: Verdict = "go" if row.state == "accepted" else "wait" if row.state in OPEN else "over"
        return Look(verdict=verdict, machine_id=row.machine_id, actor=row.who, why=row.session)


class Viewer:
    """One page that shows a screen."""

    def __init__(self, page: str) -> None:
        """``page``: its own random name; the same page comes back under it."""
        self.page = page
        self.over = asyncio.Event()
        self.left = asyncio.Event()
        self.displaced = False

    def displace(self) -> None:
        """Another page takes the screen."""
        self.displaced = True
        self.over.set()


class Screens:
    """The screens that pages show now, one page a session."""

    def __init__(self) -> None:
        """None yet."""
        self._viewers: dict[str, Viewer] = {}
        self.presence = Presence()

    async def show(
        self,
        core: Core,
        switchboard: Switchboard,
        socket: WebSocket,
        name: str,
        cookie: str | None,
        page: str,
        *,
        take: bool,
    ) -> None:
        """Serve a page's accepted WebSocket until it ends. ``take``: the screen may be taken from another page."""
        other = self._viewers.get(name)
        if other is not None and not take and other.page != page:
            await close(socket, ELSEWHERE, "elsewhere")
            return
        mine, side = Viewer(page), HeldSide(socket)
        self._viewers[name] = mine
        self.presence.came(name)
        try:
            if other is not None:
                other.displace()
                with suppress(TimeoutError):  # x11vnc takes one viewer: the other must be gone
                    async with asyncio.timeout(5):
                        await other.left.wait()
            code, reason = await self._serve(core, switchboard, side, mine, name, cookie)
        finally:
            await side.finish()
            mine.left.set()
            self.presence.went(name)
            if self._viewers.get(name) is mine:
                del self._viewers[name]
        await close(socket, code, reason)

    async def _serve(
        self, core: Core, switchboard: Switchboard, side: HeldSide, mine: Viewer, name: str, cookie: str | None
    ) -> tuple[int, str]:
        """Until there is nothing more to show: the code and the reason to close with."""
        changed = asyncio.Event()
        watching = asyncio.create_task(_watch(changed))
        retry = RETRY_SECONDS[0]
        try:
            while True:
                changed.clear()
                seen = await run_in_threadpool(look, core, cookie, name)
                if seen.verdict in CODES:
                    return CODES[seen.verdict], seen.verdict
                if mine.displaced:
                    return ELSEWHERE, "elsewhere"
                pause = LOOK_SECONDS
                if seen.verdict == "go":
                    stream = await _open(switchboard, seen)
                    if stream is not None:
                        return await self._carry(core, stream, side, mine, name, cookie, changed)
                    pause, retry = retry, min(retry * 1.5, RETRY_SECONDS[1])
                await _first(pause, changed.wait(), mine.over.wait(), gone=side.listen())
                if side.listen().done():
                    return AGAIN, "the page has gone"
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _carry(
        self,
        core: Core,
        stream: Stream,
        side: HeldSide,
        mine: Viewer,
        name: str,
        cookie: str | None,
        changed: asyncio.Event,
    ) -> tuple[int, str]:
        """Carry bytes for as long as the person may; then say why it ended."""
        carrying = asyncio.create_task(carry(stream, side))
        code, reason = AGAIN, "again"
        while not carrying.done():
            await _first(LOOK_SECONDS, changed.wait(), mine.over.wait(), gone=carrying)
            if carrying.done():
                break
            changed.clear()
            seen = await run_in_threadpool(look, core, cookie, name)
            if mine.displaced:
                code, reason = ELSEWHERE, "elsewhere"
            elif seen.verdict in CODES:
                code, reason = CODES[seen.verdict], seen.verdict
            else:
                continue
            stream.abort(f"the page was told: {reason}")
            break
        await asyncio.gather(carrying, return_exceptions=True)
        if code == AGAIN:
            # The machine ended it: for good, or to start it anew with mouse and keyboard.
            seen = await run_in_threadpool(look, core, cookie, name)
            if seen.verdict in CODES:
                return CODES[seen.verdict], seen.verdict
        return code, reason


async def _open(switchboard: Switchboard, seen: Look) -> Stream | None:
    """The machine's screen, or None while it isn't offered: x11vnc is starting, or the link is lost for a moment."""
    try:
        return await switchboard.open_stream(seen.machine_id, SERVICE, who=seen.actor, why=f"session {seen.why}")
    except Refused as error:
        logger.info("the screen of machine %s is not there yet: %s", seen.machine_id, error.text())
    except Conflict:
        logger.info("machine %s is not linked; its screen is waited for", seen.machine_id)
    return None


async def _watch(changed: asyncio.Event) -> None:
    """Something changed somewhere: look again at once. A look is two small reads."""
    async with aclosing(bus.listen()) as changes:  # type: ignore[type-var]
        async for _ in changes:
            changed.set()


async def _first(seconds: float, *waits: object, gone: asyncio.Task[bytes] | asyncio.Task[None]) -> None:
    """Until the first of these is done, or some seconds have passed."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]  # type: ignore[call-overload]
    try:
        await asyncio.wait([*tasks, gone], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
