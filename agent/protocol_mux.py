"""The rules of byte streams over the link, the same at both ends: credit, turns, ends, limits. Knows no socket.

What a stream may hold is bounded at both ends: what came in and was not read is at most its window, since the other end
sends only what it was given credit for; what waits to go out is at most two chunks, since ``write`` waits. Streams take
turns, one chunk each; credit and control messages go before any chunk.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from agent.protocol_pace import Pace
from agent.protocol_pipe import DONE, QUEUED_CHUNKS, Stream, StreamOver
from agent.protocol_streams import MAX_STREAMS, BadFrame, credit_frame, parse_frame

TICK_SECONDS = 2.0  # between two looks at the limits, while there are streams


class Mux:
    """All streams of one link, at one end. ``send_control`` and ``send_frame`` wait while the link is busy."""

    def __init__(
        self,
        send_control: Callable[[str, dict[str, Any]], Awaitable[None]],
        send_frame: Callable[[bytes], Awaitable[None]],
        *,
        max_streams: int = MAX_STREAMS,
    ) -> None:
        self.streams: dict[int, Stream] = {}
        self.max_streams = max_streams
        self.bytes_in = self.bytes_out = 0
        self.pace = Pace()
        self._ticking: asyncio.TimerHandle | None = None
        self._send_control, self._send_frame = send_control, send_frame
        self._control: deque[tuple[str, dict[str, Any]]] = deque()
        self._credits: deque[Stream] = deque()
        self._turns: deque[Stream] = deque()
        self._wake = asyncio.Event()

    @property
    def full(self) -> bool:
        """Whether no further stream is carried."""
        return len(self.streams) >= self.max_streams

    def add(self, number: int, *, credit: int, idle_seconds: float, total_seconds: float) -> Stream:
        """A stream that both ends know. ``credit``: what the other end gave us."""
        stream = Stream(self, number, credit=credit, idle_seconds=idle_seconds, total_seconds=total_seconds)
        self.streams[number] = stream
        if self._ticking is None:
            self._tick()
        return stream

    def hear(self, data: bytes) -> None:
        """A binary message has come. Frames of streams that are over are still under way sometimes: left alone.

        Raises:
            BadFrame: it is no frame of this protocol; the link should end.
        """
        kind, number, payload = parse_frame(data)
        stream = self.streams.get(number)
        if stream is not None:
            self.bytes_in += len(payload)
            stream.hear(kind, payload)

    def hear_closed(self, body: dict[str, Any]) -> None:
        """``stream.closed`` has come."""
        stream = self.streams.get(_number(body.get("stream")))
        if stream is not None:
            stream.abort(str(body.get("reason") or "the other end closed it")[:500], tell=False)

    def tell(self, kind: str, body: dict[str, Any]) -> None:
        """Send a control message before any chunk that waits."""
        self._control.append((kind, body))
        self._wake.set()

    def give_credit(self, stream: Stream) -> None:
        """The stream has read enough to be given credit for it."""
        self._credits.append(stream)
        self._wake.set()

    def take_turn(self, stream: Stream) -> None:
        """The stream has something to send."""
        if not stream.in_turn:
            stream.in_turn = True
            self._turns.append(stream)
            self._wake.set()

    def forget(self, stream: Stream) -> None:
        """The stream is over."""
        self.streams.pop(stream.number, None)

    def close(self, reason: str) -> None:
        """The link is over, and every stream with it."""
        for stream in list(self.streams.values()):
            stream.abort(reason, tell=False)

    def next_frame(self) -> bytes | None:
        """What goes next: credit, else one chunk of the stream whose turn it is."""
        while self._credits:
            stream = self._credits.popleft()
            amount = stream.pop_credit()
            if amount and stream.reason is None:
                return credit_frame(stream.number, amount)
        while self._turns:
            stream = self._turns.popleft()
            data = stream.pop_frame()
            stream.in_turn = stream.waiting and not stream.aborted
            if stream.in_turn:
                self._turns.append(stream)
            if data is not None and not stream.aborted:
                self.bytes_out += len(data)
                return data
        return None

    async def pump(self) -> None:
        """Send what there is to send, for ever."""
        while True:
            self._wake.clear()
            while self._control:
                await self._send_control(*self._control.popleft())
            data = self.next_frame()
            if data is not None:
                began = time.monotonic()
                await self._send_frame(data)
                self.pace.sent(len(data), time.monotonic() - began)
            elif not self._control:
                await self._wake.wait()

    def _tick(self) -> None:
        """Every few seconds while there are streams; a timer for each wait would cost more than the wait."""
        self.check_limits(time.monotonic())
        loop = asyncio.get_running_loop()
        self._ticking = loop.call_later(TICK_SECONDS, self._tick) if self.streams else None

    def check_limits(self, now: float) -> None:
        """End what has been idle, or has been open, for too long."""
        for stream in list(self.streams.values()):
            if now - stream.moved_at > stream.idle_seconds:
                stream.abort(f"nothing moved for {stream.idle_seconds:.0f} s")
            elif now - stream.opened_at > stream.total_seconds:
                stream.abort(f"its time of {stream.total_seconds:.0f} s is over")


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


__all__ = ["DONE", "QUEUED_CHUNKS", "BadFrame", "Mux", "Stream", "StreamOver"]
