"""The one place where the controller's messages about sessions arrive: what may be shown, and when. docs/consent.md."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.assist import leftovers
from agent.assist.clocks import boot_id, since_boot
from agent.assist.display import NoDisplay, find_screen
from agent.assist.door import ScreenDoor
from agent.assist.errands import run_errand
from agent.assist.pacing import Pacing
from agent.assist.rules import BadRequest, limits_of, read_answer_seconds, read_ask, session_of
from agent.assist.session import Session, quietly
from agent.assist.states import Phase
from agent.config import Config
from agent.files import read_json, write_json
from agent.protocol_assist import (
    ALREADY,
    ASSIST_ASK,
    ASSIST_ASK_CONTROL,
    ASSIST_STATE,
    ASSIST_STOP,
    BAD_REQUEST,
    BUSY,
    BY_ASSISTANT,
    BY_RESTART,
    NOT_ON,
    TOO_SOON,
    AssistState,
    SessionState,
)
from agent.protocol_assist import (
    SEEN as SEEN_BEFORE,
)
from agent.protocol_streams import FAILED, NOT_NOW, TOO_MANY
from agent.services.base import Door, Refused
from agent.services.listed import SCREEN_SOCKET

log = logging.getLogger("agent.assist")

CONTROL_IMPOSSIBLE: SessionState = "control-impossible"
LEAVE_SECONDS = 1.0
READY_SECONDS = 10.0  # how long a stream waits for x11vnc that is being started anew
Keep = Callable[..., None]  # Outbox.keep


class Guard:
    """Lets one session at a time happen, by the agent's own rules."""

    def __init__(self, config: Config, keep: Keep) -> None:
        self.folder = config.state_dir / "assist"
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.rig = config.rig
        self.socket = Path((config.rig or {}).get("screen_socket") or SCREEN_SOCKET)
        self.limits = limits_of(config.rig)
        self.linked = True
        self.session: Session | None = None
        self._keep = keep
        self._running: asyncio.Task[None] | None = None
        self._pacing = Pacing.read(read_json(self.folder / "asked.json"), boot_id(), self.limits)
        self._mending: asyncio.Task[None] | None = None
        if (read_json(self.folder / leftovers.NOTE) or {}).get("control"):
            self._mending = asyncio.create_task(self._give_keys_back())
        left = leftovers.sweep(self.folder, self.socket)
        if left is not None:
            self._send(left)

    async def _give_keys_back(self) -> None:
        """A session with mouse and keyboard was cut off: its x11vnc could not give the keyboard back."""
        with contextlib.suppress(NoDisplay, OSError):
            await run_errand(await asyncio.to_thread(find_screen, self.rig), "keys")

    # -- the controller's messages -------------------------------------------------------------------

    def hear(self, kind: str, body: dict[str, Any]) -> None:
        """One message. Never waits, never raises; what has no place in it is left alone."""
        name = session_of(body)
        if not name:
            log.warning("the controller said %s about no session; left alone", kind[:40])
        elif kind == ASSIST_ASK:
            self._hear_ask(name, body)
        elif kind == ASSIST_ASK_CONTROL:
            self._hear_control(name, body)
        elif kind == ASSIST_STOP and self.session is not None and self.session.ask.session == name:
            self.session.end(BY_ASSISTANT)

    def _hear_ask(self, name: str, body: dict[str, Any]) -> None:
        if self.session is not None and self.session.ask.session == name:
            return  # the same message again
        wait = self._pacing.tried(since_boot())
        try:
            ask = read_ask(body, self.limits)
        except BadRequest as problem:
            self._refuse(name, BAD_REQUEST, str(problem))
            return
        if name in self._pacing.seen:
            self._refuse(name, SEEN_BEFORE, "")
        elif self.session is not None and self.session.story.phase is not Phase.OVER:
            self._refuse(name, BUSY, "")
        elif wait > 0:
            self._refuse(name, TOO_SOON, f"{round(wait) or 1} s")
        else:
            session = self.session = Session(ask, self.limits, self.socket, self.rig, self._told)
            session.link(self.linked)
            self._running = asyncio.create_task(self._run(session, self._running))

    def _hear_control(self, name: str, body: dict[str, Any]) -> None:
        session = self.session
        if session is None or session.ask.session != name:
            self._refuse(name, NOT_ON, "", state=CONTROL_IMPOSSIBLE)
            return
        wait = self._pacing.wait_after_no(since_boot())
        try:
            seconds = read_answer_seconds(body, self.limits)
        except BadRequest as problem:
            session.story.say(CONTROL_IMPOSSIBLE, BAD_REQUEST, str(problem))
            return
        if not session.story.seen:
            session.story.say(CONTROL_IMPOSSIBLE, NOT_ON)
        elif session.asking_control or session.story.phase is not Phase.VIEWING:
            session.story.say(CONTROL_IMPOSSIBLE, ALREADY)
        elif session.questions >= self.limits.control_questions:
            session.story.say(CONTROL_IMPOSSIBLE, TOO_SOON, "asked too often in this session")
        elif wait > 0:
            session.story.say(CONTROL_IMPOSSIBLE, TOO_SOON, f"{round(wait) or 1} s")
        else:
            session.ask_control(seconds, self._answered)

    async def _run(self, session: Session, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait({before})  # the last one's windows are still being closed
        try:
            await session.run()
        finally:
            if self.session is session:
                self.session = None
        if self.session is None:
            leftovers.forget(self.folder)

    # -- what is told, and remembered before it is told ----------------------------------------------

    def _told(self, state: AssistState) -> None:
        session = self.session
        if session is not None:
            if state["state"] == "asked":
                self._pacing.showing(session.ask.session, since_boot())
                self._remember()
            elif state["state"] in ("accepted", "refused", "unanswered") and not state["code"]:
                self._answered(state["state"] == "accepted")
            leftovers.note(self.folder, state, session.pids)
        self._send(state)

    def _answered(self, yes: bool) -> None:
        self._pacing.answered(yes, since_boot())
        self._remember()

    def _remember(self) -> None:
        write_json(self.folder / "asked.json", self._pacing.kept(), mode=0o600, durable=True)

    def _refuse(self, name: str, code: str, detail: str, state: SessionState = "impossible") -> None:
        log.warning("session %s: %s (%s)", name, code, detail)
        self._send(
            AssistState(
                session=name, state=state, number=1, code=code, detail=detail, control=False, ends_at="", seconds=0
            )
        )

    def _send(self, state: AssistState) -> None:
        self._keep(ASSIST_STATE, dict(state))  # spooled: it arrives, also after a restart

    # -- the link, the stream, the end ---------------------------------------------------------------

    def link(self, up: bool) -> None:
        """The link to the controller came or went."""
        if up != self.linked:
            self.linked = up
            if self.session is not None:
                self.session.link(up)

    async def open_screen(self) -> Door:
        """A way to x11vnc of the session that is on. Raises Refused."""
        session = self.session
        if session is None or not session.story.seen:
            raise Refused("Nobody has accepted a session on this machine's screen.", NOT_NOW)
        try:
            async with asyncio.timeout(READY_SECONDS):
                await session.ready.wait()
        except TimeoutError as problem:
            raise Refused("The screen is not there yet.", NOT_NOW) from problem
        server = session.server
        if server is None or self.session is not session:
            raise Refused("The session has ended.", NOT_NOW)
        until = since_boot() + LEAVE_SECONDS
        while session.door is not None and since_boot() < until:
            await asyncio.sleep(0.05)  # the page before this one is just being closed
        if session.door is not None:
            raise Refused("Somebody sees the screen already.", TOO_MANY, hint="Close the other page first.")
        door = session.door = ScreenDoor(session)
        try:
            reached = await server.connect()
            door.socket.close()
            door.socket = reached
        except (OSError, TimeoutError) as problem:
            door.close()
            raise Refused(f"The screen can't be reached: {problem}.", FAILED) from problem
        if session.server is not server:  # it ended meanwhile
            door.close()
            raise Refused("The session has ended.", NOT_NOW)
        return door

    def revoked(self) -> None:
        """The workshop ended its rights on this machine."""
        if self.session is not None:
            self.session.end(BY_ASSISTANT)

    async def close(self) -> None:
        """The agent ends: so does what is on the screen."""
        if self.session is not None:
            self.session.end(BY_RESTART)
        if self._running is not None:
            await asyncio.wait({self._running}, timeout=6.0)
            await quietly(self._running)
