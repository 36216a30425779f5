"""One end of one stream: what came and was not read, what waits to go out, and when it is over. Knows no socket.

Part of the rules in ``agent.protocol_mux``, the same at both ends.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any, Protocol

from agent.protocol_pace import Pace
from agent.protocol_streams import (
    AMOUNT,
    CHUNK_BYTES,
    HEADER,
    LARGE_WINDOW_BYTES,
    STREAM_CLOSED,
    WINDOW_BYTES,
    Kind,
    StreamClosed,
    frame,
)

QUEUED_CHUNKS = 2  # of one stream: one on its way, one ready
KEEPS_UP_SECONDS = 0.05
DONE = "both sides have ended"


class Carrier(Protocol):
    """What a stream asks of the link's mux."""

    pace: Pace

    def tell(self, kind: str, body: dict[str, Any]) -> None:
        """Send a control message."""

    def give_credit(self, stream: Stream) -> None:
        """It has read enough to give credit for it."""

    def take_turn(self, stream: Stream) -> None:
        """It has something to send."""

    def forget(self, stream: Stream) -> None:
        """It is over."""


class StreamOver(Exception):
    """The stream ended before its time; the text says why."""


class Stream:
    """One end of a stream. ``read`` and ``write`` belong to one task each."""

    def __init__(self, mux: Carrier, number: int, *, credit: int, idle_seconds: float, total_seconds: float) -> None:
        self.mux, self.number = mux, number
        self.idle_seconds, self.total_seconds = idle_seconds, total_seconds
        self.opened_at = self.moved_at = time.monotonic()
        self.bytes_in = self.bytes_out = 0
        self.reason: str | None = None  # why it is over
        self.aborted = False  # over before both sides had ended
        self.over = asyncio.Event()
        self._incoming: deque[memoryview] = deque()
        self.window = self._allowed = WINDOW_BYTES  # bytes that the other end may still send
        self._gave_at = 0.0  # when it was last given credit
        self._owed = 0  # bytes that were read, and for which no credit was given yet
        self._heard_end = False
        self._readable = asyncio.Event()
        self._outgoing: deque[bytes] = deque()  # frames
        self._credit = credit  # bytes that we may still send
        self.largest = CHUNK_BYTES  # most payload in one frame that the other end takes
        self._ending = self._end_sent = False
        self._writable = asyncio.Event()
        self.in_turn = False  # kept by the mux

    # -- from the other end ---------------------------------------------------------------------------

    async def read(self) -> bytes:
        """See ``take``; for who wants to keep the bytes."""
        return bytes(await self.take())

    async def take(self) -> bytes | memoryview:
        """The next bytes, not copied; ``b""`` once the other end has ended.

        Raises:
            StreamOver: the stream was ended by force.
        """
        while not self._incoming or self.aborted:
            self._check()
            if self._heard_end:
                return b""
            self._readable.clear()
            await self._readable.wait()
        data = self._incoming.popleft()
        self._owed += len(data)
        if self._owed >= self.window // 4 and not self._heard_end and self.reason is None:
            self.mux.give_credit(self)
        return data

    def hear(self, kind: Kind, payload: memoryview) -> None:
        """A frame of this stream has come."""
        self.moved_at = time.monotonic()
        if kind is Kind.CREDIT:
            self.give(AMOUNT.unpack(payload)[0])
        elif self._heard_end or len(payload) > self._allowed:
            self.abort("the other end sent more than it was allowed to")
        elif kind is Kind.DATA:
            self._allowed -= len(payload)
            self.bytes_in += len(payload)
            self._incoming.append(payload)
            self._readable.set()
        else:
            self._heard_end = True
            self._readable.set()
            self._finish_if_done()

    def give(self, credit: int) -> None:
        """The other end gave us so much more credit."""
        self._credit = min(self._credit + credit, 2**31)
        self._writable.set()

    def pop_credit(self) -> int:
        """How much credit to give now."""
        amount, self._owed = self._owed, 0
        now = time.monotonic()
        if amount and now - self._gave_at < KEEPS_UP_SECONDS and self.window < LARGE_WINDOW_BYTES:
            # A quarter of the window was read within a moment: what limits the stream is the window itself.
            amount += self.window
            self.window *= 2
        self._gave_at = now
        self._allowed += amount
        return amount

    # -- to the other end -----------------------------------------------------------------------------

    async def room(self) -> int:
        """Wait until something can be written; how many bytes at once.

        Raises:
            StreamOver: the stream is over.
        """
        while self.reason is not None or self._credit <= 0 or len(self._outgoing) >= QUEUED_CHUNKS:
            self._check(writing=True)
            self._writable.clear()
            await self._writable.wait()
        return min(self._credit, self.largest, self.mux.pace.size)

    async def write(self, data: bytes | memoryview) -> None:
        """Send all of it; returns once the last part has its place in the queue. ``data`` is copied.

        Raises:
            StreamOver: the stream is over.
        """
        if self._ending:
            raise StreamOver("this side has ended")
        start = 0
        while start < len(data):
            size = min(await self.room(), len(data) - start)
            self._credit -= size
            # The frame as it travels: whoever read the bytes into a buffer has it back when this returns.
            self._outgoing.append(frame(Kind.DATA, self.number, data if size == len(data) else data[start:][:size]))
            start += size
            self.mux.take_turn(self)

    def end(self) -> None:
        """Nothing more is written: the other end reads what is under way, then ``b""``."""
        if not self._ending and self.reason is None:
            self._ending = True
            self.mux.take_turn(self)

    def pop_frame(self) -> bytes | None:
        """The next frame in this stream's turn."""
        if self._outgoing:
            data = self._outgoing.popleft()
            self.bytes_out += len(data) - HEADER.size
            self.moved_at = time.monotonic()
            self._writable.set()
            return data
        if self._ending and not self._end_sent:
            self._end_sent = True
            self._finish_if_done()
            return frame(Kind.END, self.number)
        return None

    @property
    def waiting(self) -> bool:
        """Whether it wants a turn."""
        return bool(self._outgoing) or (self._ending and not self._end_sent)

    # -- the end --------------------------------------------------------------------------------------

    def abort(self, reason: str, *, tell: bool = True) -> None:
        """End it now, at both ends; what is under way is lost."""
        if self.reason is None:
            self.aborted = True
            self._outgoing.clear()
            self._incoming.clear()
            self._over(reason)
            if tell:
                body: StreamClosed = {"stream": self.number, "reason": reason}
                self.mux.tell(STREAM_CLOSED, dict(body))

    def _finish_if_done(self) -> None:
        if self._heard_end and self._end_sent and self.reason is None:
            self._over(DONE)

    def _over(self, reason: str) -> None:
        self.reason = reason
        self.mux.forget(self)
        self.over.set()
        self._readable.set()
        self._writable.set()

    def _check(self, *, writing: bool = False) -> None:
        if self.reason is not None and (self.aborted or writing):
            raise StreamOver(self.reason)
