"""Live updates: one listener on the bus for the whole process, fanned out to every open page.

A page's cost must not grow with the number of pages that look at it: changes are collected for ``GATHER_SECONDS``,
a changed card is read and rendered once per language, and each page only gets the bytes. A page that falls behind
loses messages and is told to read itself again: the bus is lossy by design, pages read the truth.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field

from jinja2 import Environment
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from controller.bus import bus
from controller.core import Core
from controller.web.live.changes import Changes, Placements, gather
from controller.web.live.revision import revision

GATHER_SECONDS = 1.0
BEAT_SECONDS = 12.0
# "12 min ago" and "no news for 3 min" must move on although nothing changes.
TICK_SECONDS = 60.0
QUEUE_LIMIT = 100
logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One server-sent event."""

    name: str
    data: str = ""

    def encode(self) -> str:
        """The event as it travels."""
        return f"event: {self.name}\ndata: {self.data}\n\n"


CHANGED = Event(name="changed")
BEAT = Event(name="beat")


@dataclass(eq=False)
class Watcher:
    """One open page."""

    topic: str
    language: str
    queue: asyncio.Queue[Event | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_LIMIT))

    def offer(self, event: Event | None) -> None:
        """Queue an event; a page that is too far behind drops all and reads itself again."""
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(CHANGED)
        self.queue.put_nowait(event)


class Hub:
    """Who watches what. Lives in the event loop of the application."""

    def __init__(self, core: Core, environment: Environment) -> None:
        """Nobody watches yet; the listener starts with the first page."""
        self._core, self._environment = core, environment
        self._watchers: set[Watcher] = set()
        self._task: asyncio.Task[None] | None = None
        self._placements = Placements()

    async def watch(self, topic: str, language: str, seconds: float) -> AsyncIterator[Event]:
        """The events of a topic, for at most ``seconds``: a page that stays asks again, and is checked again."""
        watcher = Watcher(topic=topic, language=language)
        self._watchers.add(watcher)
        if self._task is None or self._task.done():
            self._placements.cards.clear()  # whatever moved while nobody watched is not known
            self._task = asyncio.create_task(self._run(), name="live-hub")
        ends = time.monotonic() + seconds
        try:
            yield Event(name="hello", data=revision())
            while time.monotonic() < ends:
                try:
                    async with asyncio.timeout(BEAT_SECONDS):
                        event = await watcher.queue.get()
                except TimeoutError:
                    event = BEAT
                if event is None:
                    return
                yield event
        finally:
            self._watchers.discard(watcher)
            if not self._watchers and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _run(self) -> None:
        """Gather what changes, tell who watches; ends with the last watcher or with the process."""
        pending: set[str] = set()
        flusher = asyncio.create_task(self._flush(pending), name="live-flush")
        try:
            async with aclosing(bus.listen()) as changes:  # type: ignore[type-var]
                async for change in changes:
                    pending.add(change.topic)
        finally:
            flusher.cancel()
            with suppress(asyncio.CancelledError):
                await flusher
            for watcher in self._watchers:
                watcher.offer(None)

    async def _flush(self, pending: set[str]) -> None:
        ticked = time.monotonic()
        while True:
            await asyncio.sleep(GATHER_SECONDS)
            if time.monotonic() - ticked > TICK_SECONDS:
                ticked = time.monotonic()
                self._tell(self._watchers, CHANGED)
            if not pending:
                continue
            topics = set(pending)
            pending.clear()
            languages = {w.language for w in self._watchers if w.topic == "board"}
            try:
                found = await run_in_threadpool(
                    gather, self._core, self._environment, self._placements, topics, languages
                )
            except SQLAlchemyError:
                logger.exception("live updates could not be read; pages are told to read themselves again")
                self._tell(self._watchers, CHANGED)
                continue
            self._spread(found)

    def _spread(self, found: Changes) -> None:
        for watcher in self._watchers:
            if watcher.topic == "board":
                if found.board_changed:
                    watcher.offer(CHANGED)
                    continue
                for card_id, html in found.cards.get(watcher.language, {}).items():
                    watcher.offer(Event(name="card", data=json.dumps({"id": card_id, "html": html})))
            elif watcher.topic in found.topics:
                watcher.offer(CHANGED)
            for log in found.logs.get(watcher.topic, ()):
                watcher.offer(Event(name="log", data=log))

    @staticmethod
    def _tell(watchers: Iterable[Watcher], event: Event) -> None:
        for watcher in watchers:
            watcher.offer(event)
