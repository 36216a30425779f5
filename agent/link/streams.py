"""The agent's end of the streams: opens services of its own list, and carries bytes between them and the link."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from agent.link.memory import give_back, keep_freed
from agent.protocol_mux import Mux, Stream, StreamOver
from agent.protocol_streams import (
    CHUNK_BYTES,
    FAILED,
    MAX_NUMBER,
    NOT_LISTED,
    STREAM_CLOSED,
    STREAM_OPEN,
    STREAM_OPENED,
    STREAM_REFUSED,
    TOO_MANY,
    VERSION,
    WINDOW_BYTES,
    StreamOpened,
    StreamRefused,
    largest_chunk,
)
from agent.services.base import Door, Refused, Service

log = logging.getLogger("agent.streams")

LEAST_SECONDS = 1.0


class AgentStreams:
    """The streams of one connection. ``run`` carries them until the connection ends."""

    def __init__(
        self,
        services: dict[str, Service],
        send_control: Callable[[str, dict[str, Any]], Awaitable[None]],
        send_frame: Callable[[bytes], Awaitable[None]],
    ) -> None:
        self.services = services
        self.mux = Mux(send_control, send_frame)
        self._opening: set[int] = set()
        self._last_number = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Send what the streams have to send, for ever."""
        await self.mux.pump()

    async def close(self, reason: str) -> None:
        """The connection is over: so are all streams and what they reached."""
        self.mux.close(reason)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def hear(self, kind: str, body: dict[str, Any]) -> None:
        """A control message about a stream."""
        if kind == STREAM_CLOSED:
            self.mux.hear_closed(body)
        elif kind == STREAM_OPEN:
            number = body.get("stream")
            if not isinstance(number, int) or not 0 < number <= MAX_NUMBER or number <= self._last_number:
                log.warning("the controller opened a stream with the number %r; left alone", number)
                return
            self._last_number = number
            task = asyncio.create_task(self._open(number, body))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _open(self, number: int, body: dict[str, Any]) -> None:
        name = str(body.get("service"))
        try:
            service = self.services.get(name)
            if service is None:
                raise Refused(f"This machine has no service {name[:40]!r} on its list.", NOT_LISTED)
            if len(self.mux.streams) + len(self._opening) >= self.mux.max_streams:
                raise Refused(f"{self.mux.max_streams} streams are open already.", TOO_MANY, hint="End one of them.")
            self._opening.add(number)
            try:
                door = await service.open(body)
            finally:
                self._opening.discard(number)
        except Refused as problem:
            log.warning("%s asked for %s and was refused: %s", body.get("who"), name, problem)
            refused: StreamRefused = {"stream": number, "code": problem.code, "reason": str(problem)}
            self.mux.tell(STREAM_REFUSED, dict(refused))
            return
        except OSError as problem:
            log.exception("%s can't be opened", name)
            self.mux.tell(STREAM_REFUSED, {"stream": number, "code": FAILED, "reason": f"{name}: {problem}"})
            return
        stream = self.mux.add(
            number,
            credit=_positive(body.get("credit"), 0),
            idle_seconds=min(max(_positive(body.get("idle_seconds"), 600), LEAST_SECONDS), service.idle_seconds),
            total_seconds=min(max(_positive(body.get("total_seconds"), 3600), LEAST_SECONDS), service.total_seconds),
        )
        stream.largest = largest_chunk(body)
        keep_freed()
        opened: StreamOpened = {"stream": number, "credit": WINDOW_BYTES, "version": VERSION}
        self.mux.tell(STREAM_OPENED, dict(opened))
        log.info("%s opened %s (%s)", body.get("who"), name, str(body.get("why"))[:200])
        try:
            await carry(stream, door)
        finally:
            stream.abort("the connection ended", tell=False)  # nothing, where it is over already
            log.info("%s is closed again (%s): %s", name, stream.reason, door.said() or "no complaint")
            door.close()
            if not self.mux.streams:
                give_back()


async def carry(stream: Stream, door: Door) -> None:
    """Carry bytes both ways until both sides have ended, or one of them by force."""
    both = [asyncio.create_task(_from_service(stream, door)), asyncio.create_task(_to_service(stream, door))]
    ways: asyncio.Future[Any] = asyncio.gather(*both)
    over: asyncio.Future[Any] = asyncio.create_task(stream.over.wait())
    try:
        await asyncio.wait({ways, over}, return_when=asyncio.FIRST_COMPLETED)
        if not stream.aborted:
            await ways  # both sides have ended; what came is still on its way to the service
    except StreamOver:
        return
    except OSError as problem:
        stream.abort(f"the service broke off: {door.said() or problem.strerror or problem}")
    finally:
        # Each by itself: where one has failed, the other still waits for the socket, whose number the next one gets.
        for task in (*both, over):
            task.cancel()
        await asyncio.gather(ways, *both, over, return_exceptions=True)


async def _from_service(stream: Stream, door: Door) -> None:
    buffer = memoryview(bytearray(CHUNK_BYTES))
    while True:
        # Nothing is taken from the service that the other end has no room for.
        room = await stream.room()
        if room > len(buffer):
            buffer = memoryview(bytearray(room))
        got = await _fill(door.socket, buffer[:room])
        if not got:
            stream.end()
            if door.final:
                stream.abort("the service has ended")
            return
        await stream.write(buffer[:got])


async def _fill(plug: socket.socket, buffer: memoryview) -> int:
    """Wait for bytes; how many there were. From a service in a hurry all that is there: large frames cost less."""
    got = await asyncio.get_running_loop().sock_recv_into(plug, buffer)
    with contextlib.suppress(BlockingIOError):
        while CHUNK_BYTES <= got < len(buffer):
            more = plug.recv_into(buffer[got:])
            if not more:
                break  # its end: the next look finds it again
            got += more
    return got


async def _to_service(stream: Stream, door: Door) -> None:
    loop = asyncio.get_running_loop()
    listens = True
    while data := await stream.take():
        if listens:
            try:
                await loop.sock_sendall(door.socket, data)
            except (BrokenPipeError, ConnectionResetError):
                listens = False  # it has ended; its last words are still under way to the other end
    with contextlib.suppress(OSError):
        door.socket.shutdown(socket.SHUT_WR)


def _positive(value: object, default: int) -> int:
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return int(min(value, 2**31))
    return default
