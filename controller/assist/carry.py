"""Carrying bytes between a stream and whoever asked for it, both ways, at the slower one's pace."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Protocol

from fastapi import WebSocket, WebSocketDisconnect

from agent.protocol_mux import Stream, StreamOver
from agent.protocol_streams import LARGE_CHUNK_BYTES


class Side(Protocol):
    """Whoever asked for the stream. Any of these may raise OSError once it is gone."""

    async def read(self) -> bytes:
        """The next bytes; ``b""`` at its end."""

    async def write(self, data: bytes | memoryview) -> None:
        """Wait until the bytes are taken, or nearly: what waits here is bounded."""

    async def end(self) -> None:
        """Nothing more comes from the stream."""

    async def close(self, reason: str) -> None:
        """It is over; ``reason`` says why, where that can be told."""


class PipeSide:
    """A pair of asyncio reader and writer: a local socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Both ends of one connection."""
        self._reader, self._writer = reader, writer

    async def read(self) -> bytes:
        """See Side."""
        return await self._reader.read(LARGE_CHUNK_BYTES)

    async def write(self, data: bytes | memoryview) -> None:
        """See Side."""
        self._writer.write(data)
        await self._writer.drain()

    async def end(self) -> None:
        """See Side."""
        if self._writer.can_write_eof():
            self._writer.write_eof()

    async def close(self, reason: str) -> None:
        """See Side."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


class BrowserSide:
    """A WebSocket of the dashboard, accepted: noVNC's, or a terminal's."""

    def __init__(self, socket: WebSocket) -> None:
        """Whoever made it has looked at session, right and origin."""
        self._socket = socket

    async def read(self) -> bytes:
        """See Side."""
        try:
            return await self._socket.receive_bytes()
        except (WebSocketDisconnect, KeyError, RuntimeError):
            return b""

    async def write(self, data: bytes | memoryview) -> None:
        """See Side."""
        try:
            await self._socket.send_bytes(bytes(data))
        except (WebSocketDisconnect, RuntimeError) as error:
            raise BrokenPipeError("the page was closed") from error

    async def end(self) -> None:
        """A WebSocket has no half: the page is told that all is over."""
        await self.close("the service has ended")

    async def close(self, reason: str) -> None:
        """See Side."""
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await self._socket.close(1000, reason[:120])


async def carry(stream: Stream, side: Side) -> None:
    """Until both have ended, or one of them broke off; then neither is open any more."""
    both = [asyncio.create_task(_to_stream(side, stream)), asyncio.create_task(_from_stream(stream, side))]
    ways: asyncio.Future[Any] = asyncio.gather(*both)
    over: asyncio.Future[Any] = asyncio.create_task(stream.over.wait())
    try:
        await asyncio.wait({ways, over}, return_when=asyncio.FIRST_COMPLETED)
        if not stream.aborted:
            await ways
    except StreamOver:
        return
    except OSError:
        stream.abort("the other side of the pipe is gone")
    finally:
        for task in (*both, over):  # each by itself: where one has failed, the other still waits
            task.cancel()
        await asyncio.gather(ways, *both, over, return_exceptions=True)
        stream.abort("the pipe is closed")
        await side.close(stream.reason or "")


async def _to_stream(side: Side, stream: Stream) -> None:
    while True:
        await stream.room()  # nothing is taken that can't be sent on
        data = await side.read()
        if not data:
            stream.end()
            return
        await stream.write(data)


async def _from_stream(stream: Stream, side: Side) -> None:
    while data := await stream.take():
        await side.write(data)
    await side.end()
