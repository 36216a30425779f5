"""Services behind streams: what one stream leaves behind never stands in the way of the next."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from agent.link.streams import AgentStreams
from agent.protocol_streams import STREAM_CLOSED, STREAM_OPEN, Kind, credit_frame, frame, parse_frame
from agent.services.base import Door, Service


def heard(sent: list[bytes]) -> list[tuple[int, bytes]]:
    """The stream and the payload of each frame."""
    frames = [parse_frame(data) for data in sent]
    return [(number, bytes(payload)) for _, number, payload in frames]


def test_a_stream_right_after_one_that_was_closed_gets_its_bytes() -> None:
    """The next socket has the number of the one that was closed: nobody may still be waiting for that."""

    async def test() -> None:
        sent: list[bytes] = []
        theirs: list[socket.socket] = []
        numbers: list[int] = []

        async def control(*_: Any) -> None:
            return

        async def send(data: bytes) -> None:
            sent.append(data)

        async def opened(_: dict[str, Any]) -> Door:
            other, ours = socket.socketpair()
            ours.setblocking(False)
            theirs.append(other)
            numbers.append(ours.fileno())
            return Door(ours)

        streams = AgentStreams({"screen": Service("screen", opened, 100.0, 100.0)}, control, send)
        pump = asyncio.create_task(streams.run())
        for number in range(1, 9):
            streams.hear(STREAM_OPEN, {"stream": number, "service": "screen", "credit": 1000})
            while number not in streams.mux.streams:
                await asyncio.sleep(0)
            streams.mux.hear(frame(Kind.DATA, number, b"question"))
            streams.mux.hear(credit_frame(number, 1000))
            for _ in range(20):
                await asyncio.sleep(0)
            theirs[-1].send(b"answer")
            for _ in range(200):
                await asyncio.sleep(0.001)
                if (number, b"answer") in heard(sent):
                    break
            assert (number, b"answer") in heard(sent), f"stream {number} is mute"
            streams.hear(STREAM_CLOSED, {"stream": number, "reason": "taken over"})
            while streams._tasks:
                await asyncio.sleep(0)
            theirs.pop().close()
        assert len(set(numbers)) < len(numbers)  # a number came again: else this proves nothing
        await streams.close("over")
        pump.cancel()

    asyncio.run(asyncio.wait_for(test(), 30))
