"""What changed, told to whoever watches: the live pages. Lossy by design: a page reads the truth again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from sqlalchemy import event
from sqlalchemy.orm import Session

QUEUE_LIMIT = 200
CLOSING = "closing"


@dataclass(frozen=True, kw_only=True)
class Change:
    """Something on a page is no longer true.

    ``topic``: ``machine:<id>``, ``lot:<id>``, ``run:<id>``, ``log:<step id>``, ``maintenance:<id>`` (its log).
    """

    topic: str


class Bus:
    """Fan-out from any thread to the event loops of the live pages."""

    def __init__(self) -> None:
        """No listener yet."""
        self._lock = threading.Lock()
        self._listeners: dict[int, tuple[asyncio.AbstractEventLoop, asyncio.Queue[Change]]] = {}
        self._next = 0
        self._callbacks: list[Callable[[Change], None]] = []

    def publish(self, topic: str) -> None:
        """Tell every listener; callable from any thread; never blocks."""
        change = Change(topic=topic)
        with self._lock:
            listeners = list(self._listeners.values())
            callbacks = list(self._callbacks)
        for callback in callbacks:
            callback(change)
        for loop, queue in listeners:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_offer, queue, change)

    def close(self) -> None:
        """End every listener: the process stops."""
        with self._lock:
            listeners = list(self._listeners.values())
        for loop, queue in listeners:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_offer, queue, Change(topic=CLOSING))

    def on_change(self, callback: Callable[[Change], None]) -> None:
        """Call ``callback`` at each change, in the publishing thread; it must be quick."""
        with self._lock:
            self._callbacks.append(callback)

    async def listen(self) -> AsyncIterator[Change]:
        """The changes from now on. A listener that falls behind loses the oldest."""
        queue: asyncio.Queue[Change] = asyncio.Queue(QUEUE_LIMIT)
        with self._lock:
            key = self._next
            self._next += 1
            self._listeners[key] = (asyncio.get_running_loop(), queue)
        try:
            while True:
                change = await queue.get()
                if change.topic == CLOSING:
                    return
                yield change
        finally:
            with self._lock:
                del self._listeners[key]


def _offer(queue: asyncio.Queue[Change], change: Change) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(change)


bus = Bus()


def publish_after_commit(session: Session, topic: str) -> None:
    """Publish once ``session``'s transaction is in the database; nothing when it rolls back."""
    topics: set[str] = session.info.setdefault("topics", set())
    topics.add(topic)


@event.listens_for(Session, "after_commit")
def _flush(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint: nothing is in the database yet
    for topic in session.info.pop("topics", ()):
        bus.publish(topic)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop("topics", None)
