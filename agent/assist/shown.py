"""What a session shows on the family's screen: questions, one after the other, and the banner."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from agent.assist.clocks import since_boot
from agent.assist.display import Screen
from agent.assist.errands import run_errand
from agent.assist.rules import Ask
from agent.assist.window.lines import NO_LIBRARY
from agent.assist.windows import GONE, Window

SHOW_SECONDS = 90.0  # until a window says that it is shown: an old PC with a cold disk reads all of GTK first
GRACE_SECONDS = 1.0  # the window counts by itself; its last answer may be on its way

YES, NO, SILENCE = "yes", "no", ""


class NotShown(Exception):
    """A window did not come up. ``library``: because GTK is missing."""

    def __init__(self, what: str, *, library: bool = False) -> None:
        super().__init__(what)
        self.library = library


class Shown:
    """The windows of one session. ``stop`` is called when the family presses the banner's button."""

    def __init__(self, ask: Ask, screen: Screen, over: asyncio.Future[Any], stop: Callable[[], None]) -> None:
        self.ask = ask
        self.screen = screen
        self.language = ""  # the family's choice in the first window
        self.alive_at = since_boot()  # when the banner was last heard of
        self._over = over
        self._stop = stop
        self._question: Window | None = None
        self._banner: Window | None = None
        self._heard: asyncio.Queue[tuple[Window, dict[str, Any]]] = asyncio.Queue()

    @property
    def pids(self) -> list[int]:
        """Their processes."""
        return [window.pid for window in (self._question, self._banner) if window is not None]

    async def close(self) -> None:
        """All of it is gone when this returns."""
        for window in (self._question, self._banner):
            if window is not None:
                await window.close()

    # -- a question ----------------------------------------------------------------------------------

    async def question(self, kind: str, seconds: int, shown: Callable[[], None]) -> str:
        """Show one; ``shown`` is called once it is on the screen. YES, NO or SILENCE. Raises NotShown."""
        self._heard = asyncio.Queue()
        try:
            window = self._question = await Window.start("question", self.screen, self._hear)
        except OSError as problem:
            raise NotShown(str(problem)) from problem
        ask = self.ask
        waking = asyncio.create_task(run_errand(self.screen, "wake"))
        try:
            texts = {"who": ask.who, "organisation": ask.organisation, "why": ask.why, "minutes": ask.minutes}
            window.tell({"kind": kind, **texts, "seconds": seconds, "language": self.language})
            await self._until_shown(window)
            shown()
            return await self._answer(window, since_boot() + seconds + GRACE_SECONDS)
        finally:
            self._question = None
            await window.close()
            waking.cancel()
            await asyncio.gather(waking, return_exceptions=True)

    async def _until_shown(self, window: Window) -> None:
        event = await self._next(window, SHOW_SECONDS)
        if event.get("event") != "shown" and not self._over.done():
            await asyncio.sleep(0)  # its exit status and its last words are on their way
            status = window.process.returncode
            raise NotShown(f"the window did not open: {window.complaint or status}", library=status == NO_LIBRARY)

    async def _answer(self, window: Window, until: float) -> str:
        while True:
            event = await self._next(window, until - since_boot())
            name = event.get("event")
            if name == "answer":
                self.language = str(event.get("language") or "")[:2]
                return YES if event.get("answer") == "accept" else NO
            if name == GONE:
                # Closed by force, or ended by itself because the time was over.
                return NO if since_boot() < until - 2 * GRACE_SECONDS else SILENCE
            if name is None:
                return SILENCE

    # -- the banner ----------------------------------------------------------------------------------

    async def prepare_banner(self) -> None:
        """Start it with the question, so that it is there at once after the answer. It shows nothing before."""
        self._banner = await Window.start("banner", self.screen, self._hear)

    async def show_banner(self, state: dict[str, Any]) -> None:
        """In this state and on the screen when this returns. Raises NotShown."""
        banner = self._banner
        if banner is None:
            raise NotShown("there is no banner")
        self._heard = asyncio.Queue()
        self.tell_banner(state)
        until = since_boot() + SHOW_SECONDS
        while True:
            event = await self._next(banner, until - since_boot())
            name = event.get("event")
            if name == "shown" and event.get("control") == state["control"]:
                self.alive_at = since_boot()
                return
            if name == "stop":
                self._stop()
            if name != "shown":
                raise NotShown(f"the banner is not shown: {banner.complaint}")

    def tell_banner(self, state: dict[str, Any]) -> None:
        """What it says from now on."""
        if self._banner is not None:
            texts = {"who": self.ask.who, "organisation": self.ask.organisation, "language": self.language}
            self._banner.tell(texts | state)

    async def banner_gone(self) -> None:
        """Returns when the banner's process has ended, whatever ended it."""
        if self._banner is not None:
            await self._banner.process.wait()

    # -- what they say -------------------------------------------------------------------------------

    def _hear(self, window: Window, event: dict[str, Any]) -> None:
        if window is self._banner:
            self.alive_at = since_boot()
            if event.get("event") == "stop":
                self._stop()
            elif event.get("event") == "alive":
                return
        self._heard.put_nowait((window, event))

    async def _next(self, window: Window, seconds: float) -> dict[str, Any]:
        """The window's next event; empty when the time is over or the session is."""
        until = since_boot() + seconds
        while not self._over.done() and (left := until - since_boot()) > 0:
            heard = asyncio.ensure_future(self._heard.get())
            done, _ = await asyncio.wait({heard, self._over}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if heard not in done:
                heard.cancel()
                return {}
            found, event = heard.result()
            if found is window:
                return event
        return {}
