"""Two ends of one link, joined by lists: what one sends, the other hears, in order, one frame at a time."""

from __future__ import annotations

import asyncio
from typing import Any

from agent.protocol_mux import Mux, Stream
from agent.protocol_streams import STREAM_CLOSED, WINDOW_BYTES

LONG = 3600.0


class Ends:
    """``left`` and ``right``, with streams of the same numbers. Nothing moves but by ``move``."""

    def __init__(self, streams: int = 1, max_streams: int = 8) -> None:
        self.sent: list[tuple[str, bytes]] = []  # (from, frame), in the order of the wire
        self.left = self._mux("left", max_streams)
        self.right = self._mux("right", max_streams)
        for number in range(1, streams + 1):
            for mux in (self.left, self.right):
                mux.add(number, credit=WINDOW_BYTES, idle_seconds=LONG, total_seconds=LONG)
        self.ends = {"left": dict(self.left.streams), "right": dict(self.right.streams)}

    def _mux(self, name: str, max_streams: int) -> Mux:
        async def control(kind: str, body: dict[str, Any]) -> None:
            assert kind == STREAM_CLOSED
            self.other(name).hear_closed(body)

        async def send(data: bytes) -> None:
            self.sent.append((name, data))
            self.other(name).hear(data)
            await asyncio.sleep(0)

        return Mux(control, send, max_streams=max_streams)

    def other(self, name: str) -> Mux:
        return self.right if name == "left" else self.left

    def move(self, name: str) -> bool:
        """One frame from ``name`` to the other; False when it has none."""
        mux = self.left if name == "left" else self.right
        data = mux.next_frame()
        if data is None:
            return False
        self.sent.append((name, data))
        self.other(name).hear(data)
        return True

    def stream(self, name: str, number: int = 1) -> Stream:
        return self.ends[name][number]
