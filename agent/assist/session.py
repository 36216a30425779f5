"""One session from the question to its end: asks, starts x11vnc after a yes, and takes everything away again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.assist.clocks import since_boot
from agent.assist.display import NoDisplay, Screen, find_screen, still_there
from agent.assist.door import ScreenDoor
from agent.assist.ports import listens_on_network
from agent.assist.rules import Ask, Limits
from agent.assist.screen_server import ScreenServer, installed, remove_folder
from agent.assist.shown import NO, YES, NotShown, Shown
from agent.assist.states import Event, Phase
from agent.assist.story import Story, Tell
from agent.protocol_assist import BY_FAMILY, BY_FAULT, BY_LINK, BY_SIGN_OUT, BY_TIME, FAILED, NO_PROGRAM

log = logging.getLogger("agent.assist")

ALIVE_SECONDS = 20.0  # a banner that says nothing for so long is not there for the family either
LOOK_SECONDS = 3.0  # between two looks at who is in front of the screen
WATCH_SECONDS = 0.5


class Session:
    """One question, and what follows if the answer is yes. ``run`` ends when all of it is over."""

    def __init__(self, ask: Ask, limits: Limits, socket: Path, rig: dict[str, Any] | None, tell: Tell) -> None:
        self.ask = ask
        self.limits = limits
        self.socket = socket
        self.rig = rig
        self.story = Story(ask.session, tell)
        self.server: ScreenServer | None = None
        self.ready = asyncio.Event()  # x11vnc listens
        self.door: ScreenDoor | None = None  # the one open way to it
        self.questions = 0  # about mouse and keyboard
        self._over: asyncio.Future[tuple[str, str]] = asyncio.get_running_loop().create_future()
        self._lost_at: float | None = None
        self._shown: Shown | None = None
        self._control: asyncio.Task[None] | None = None
        self._gone: asyncio.Task[None] | None = None

    # -- from outside --------------------------------------------------------------------------------

    async def run(self) -> None:
        """The whole of it, until nothing of it is left."""
        try:
            await self._run()
        except Exception as problem:
            log.exception("session %s ended by a fault of the agent", self.ask.session)
            await self._stop_server()
            if self.story.seen:
                self.story.move(Event.END, BY_FAULT, type(problem).__name__)
            else:
                self.story.impossible(FAILED, type(problem).__name__)
        finally:
            await self._clean_up()

    def end(self, code: str, detail: str = "") -> None:
        """It ends now, whatever is under way."""
        if not self._over.done():
            self._over.set_result((code, detail))

    def ask_control(self, seconds: int, answered: Callable[[bool], None]) -> None:
        """The second question, in a task that ends with the session."""
        self.questions += 1
        self._control = asyncio.create_task(self._ask_control(seconds, answered))
        self._control.add_done_callback(self._control_done)

    def link(self, up: bool) -> None:
        """The link to the controller came or went."""
        self._lost_at = None if up else since_boot()
        if self._shown is not None and self.story.seen:
            self._shown.tell_banner(self._banner(control=self.story.phase is Phase.CONTROLLING))

    @property
    def asking_control(self) -> bool:
        """Whether the second question is on its way, on the screen or being acted upon."""
        return self._control is not None and not self._control.done()

    @property
    def pids(self) -> list[int]:
        """The processes that run as the person at the screen."""
        shown = self._shown.pids if self._shown is not None else []
        return shown + ([self.server.pid] if self.server is not None else [])

    # -- the first question --------------------------------------------------------------------------

    async def _run(self) -> None:
        if not installed():
            self.story.impossible(NO_PROGRAM, "x11vnc is not installed")
            return
        try:
            screen = await asyncio.to_thread(find_screen, self.rig)
            shown = self._shown = Shown(self.ask, screen, self._over, lambda: self.end(BY_FAMILY))
            await shown.prepare_banner()
            answer = await shown.question("view", self.ask.answer_seconds, lambda: self.story.say("asked"))
        except NoDisplay as problem:
            self.story.impossible(problem.code, problem.detail)
        except NotShown as problem:
            self.story.impossible(NO_PROGRAM if problem.library else FAILED, str(problem))
        else:
            if self._over.done():
                self.story.move(Event.END, *self._over.result())
            elif answer == YES:
                await self._view(shown, screen)
            else:
                self.story.move(Event.NO if answer == NO else Event.SILENCE)

    # -- after a yes ---------------------------------------------------------------------------------

    async def _view(self, shown: Shown, screen: Screen) -> None:
        self.story.begin(self.ask.minutes * self.limits.minute_seconds)
        await self._serve(shown, screen, control=False)
        self.story.move(Event.YES)
        watch = asyncio.create_task(self._watch(shown, screen))
        listen = asyncio.create_task(self._until_banner_gone(shown, screen))
        parts: set[asyncio.Future[Any]] = {self._over, watch, listen}
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            if not self._over.done():
                self.end(BY_FAULT, "the session was not watched any more")
            code, detail = self._over.result()
        finally:
            for task in (watch, listen, self._control):
                await quietly(task)
        # First nothing is seen any more, then it is told.
        await self._stop_server()
        self.story.move(Event.END, code, detail)

    async def _serve(self, shown: Shown, screen: Screen, *, control: bool) -> None:
        """The banner first, then x11vnc; the session ends where one of them does not come."""
        try:
            await shown.show_banner(self._banner(control=control))
            self.server = await ScreenServer.start(screen, self.socket, control=control)
        except (OSError, NotShown) as problem:
            self.end(BY_FAULT, str(problem))
            return
        self._gone = asyncio.create_task(self._until_gone(self.server, screen))
        self.ready.set()

    async def _ask_control(self, seconds: int, answered: Callable[[bool], None]) -> None:
        shown = self._shown
        if shown is None:
            return
        try:
            answer = await shown.question("control", seconds, lambda: self.story.move(Event.CONTROL))
        except NotShown as problem:
            self.story.say("control-impossible", FAILED, str(problem))
            return
        if self._over.done():
            return
        answered(answer == YES)
        if answer != YES:
            self.story.move(Event.NO if answer == NO else Event.SILENCE)
            return
        await self._stop_server()
        await self._serve(shown, shown.screen, control=True)
        if not self._over.done():
            self.story.move(Event.YES)

    def _control_done(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            log.error("the second question failed", exc_info=task.exception())
            self.end(BY_FAULT, type(task.exception()).__name__)

    # -- how it ends ---------------------------------------------------------------------------------

    async def _watch(self, shown: Shown, screen: Screen) -> None:
        """Time, link, banner and the person in front of the screen."""
        looked = 0.0
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            now = since_boot()
            if not self.story.left():
                self.end(BY_TIME)
            elif self._lost_at is not None and now - self._lost_at > self.limits.link_seconds:
                self.end(BY_LINK)
            elif now - shown.alive_at > ALIVE_SECONDS:
                self.end(BY_FAULT, "the banner does not answer")
            elif now - looked > LOOK_SECONDS:
                looked = now
                if self.server is not None and listens_on_network(self.server.pid):
                    self.end(BY_FAULT, "x11vnc opened a port")
                    continue
                why = await asyncio.to_thread(still_there, screen)
                if why:
                    self.end(BY_SIGN_OUT, why)

    async def _until_banner_gone(self, shown: Shown, screen: Screen) -> None:
        await shown.banner_gone()
        await self._fault(screen, "the banner is gone")

    async def _until_gone(self, server: ScreenServer, screen: Screen) -> None:
        how = await server.ended()
        if self.server is server:
            await self._fault(screen, how)

    async def _fault(self, screen: Screen, detail: str) -> None:
        """Something of ours is gone: perhaps because the whole desktop is."""
        why = await asyncio.to_thread(still_there, screen)
        self.end(BY_SIGN_OUT if why else BY_FAULT, why or detail)

    async def _stop_server(self) -> None:
        server, self.server = self.server, None
        self.ready.clear()
        if self.door is not None:
            self.door.shut()
        if server is not None:
            await server.stop()

    async def _clean_up(self) -> None:
        self.story.phase = Phase.OVER
        await quietly(self._control)
        await self._stop_server()
        await quietly(self._gone)
        if self._shown is not None:
            await self._shown.close()
        remove_folder(self.socket)

    def _banner(self, *, control: bool) -> dict[str, Any]:
        lost = None
        if self._lost_at is not None:
            lost = max(0, round(self._lost_at + self.limits.link_seconds - since_boot()))
        return {"control": control, "seconds": round(self.story.left()), "lost": lost}


async def quietly(task: asyncio.Task[Any] | None) -> None:
    """End a task, and wait until it has ended."""
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
