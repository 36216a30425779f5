"""One WebSocket to the controller, from its opening to its end: sends the spool, takes acknowledgements."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
import re
import ssl
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import websockets.version
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from agent.clock import now_text
from agent.errors import AgentError
from agent.link.outbox import Outbox
from agent.link.proxy import Proxy
from agent.link.tunnel import open_socket
from agent.protocol import ACK, GOODBYE, HEARTBEAT, LINK_PATH, WELCOME

if TYPE_CHECKING:
    from agent.link.streams import AgentStreams
    from agent.services.base import Service

log = logging.getLogger("agent.link")

WINDOW = 32  # messages under way without an acknowledgement
ACK_SECONDS = 60.0  # without any acknowledgement for so long, the controller is taken for stuck
MAX_MESSAGE_BYTES = 4 * 2**20
REFUSED_STATUS = (401, 403)
REFUSED_CODES = (1008, 4401, 4403)  # close codes by which a server refuses who we are


STREAMS = "stream."  # how the types of control messages about streams begin


class LinkLost(AgentError):
    """The link could not be made or ended; it is tried again. ``retry_seconds`` when the controller said so."""

    def __init__(self, what: str, *, hint: str = "", retry_seconds: float | None = None) -> None:
        super().__init__(what, hint=hint)
        self.retry_seconds = retry_seconds


class TokenRefused(LinkLost):
    """The controller no longer takes this token: announce again."""


Handler = Callable[[str, dict[str, Any]], Awaitable[None]]


class Connection:
    """Runs one connection. ``on_message`` gets what the controller says, apart from acknowledgements."""

    def __init__(
        self,
        outbox: Outbox,
        on_message: Handler,
        heartbeat: Callable[[], dict[str, Any]],
        seconds: float,
        services: Callable[[], dict[str, Service]] = dict,
    ) -> None:
        self.outbox = outbox
        self.on_message = on_message
        self.heartbeat = heartbeat
        self.heartbeat_seconds = seconds
        self.services = services
        self.welcomed = False
        self.spread_seconds = 0.0  # over how long the controller wants its machines to come back
        self._streams: AgentStreams | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._pump_failed = asyncio.Event()
        self._last_number = 0
        self._in_flight: set[str] = set()
        self._heard_ack = time.monotonic()

    async def run(self, url: str, token: str, context: ssl.SSLContext, proxy: Proxy | None = None) -> None:
        """Connect and stay. Always ends with LinkLost or TokenRefused."""
        options: dict[str, Any] = {}
        if int(websockets.version.version.split(".")[0]) >= 15:
            options["proxy"] = None  # the way is ours to choose, see link/proxy.py
        try:
            async with connect(
                link_url(url),
                sock=await open_socket(url, proxy),
                additional_headers={"Authorization": f"Bearer {token}"},
                ssl=context,
                max_size=MAX_MESSAGE_BYTES,
                open_timeout=20,
                close_timeout=5,
                ping_interval=20,
                ping_timeout=30,
                compression=None,  # saves a quarter of a megabyte for each direction
                **options,
            ) as socket:
                await self._serve(socket)
        except InvalidStatus as problem:
            status = problem.response.status_code
            retry = problem.response.headers.get("Retry-After", "")
            seconds = float(retry) if retry.isdigit() else None
            if status in REFUSED_STATUS:
                raise TokenRefused(f"The controller refused the link ({status}).", retry_seconds=seconds) from problem
            raise LinkLost(
                f"The controller answered {status} instead of opening the link.", retry_seconds=seconds
            ) from problem
        except ConnectionClosed as problem:
            code, reason = (problem.rcvd.code, problem.rcvd.reason) if problem.rcvd else (1006, "")
            seconds = retry_hint(reason)
            if code in REFUSED_CODES:
                raise TokenRefused(f"The controller closed the link ({code}).", retry_seconds=seconds) from problem
            raise LinkLost(f"The link was cut ({code}).", retry_seconds=seconds) from problem
        except (OSError, TimeoutError, WebSocketException) as problem:
            raise LinkLost(f"The controller can't be reached: {problem or type(problem).__name__}.") from problem
        raise LinkLost("The controller closed the link.")

    async def _serve(self, socket: ClientConnection) -> None:
        sender = asyncio.create_task(self._send_all(socket))
        receiver = asyncio.create_task(self._receive_all(socket))
        watcher = asyncio.create_task(self._end_without_pump())
        self._tasks = {sender, receiver, watcher}
        try:
            done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if self._streams is not None:
                await self._streams.close("the link was lost")
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def _receive_all(self, socket: ClientConnection) -> None:
        async for data in socket:
            if isinstance(data, bytes):
                self._hear_frame(data)
                continue
            try:
                message = json.loads(data)
                kind, body = str(message["type"]), dict(message.get("body") or {})
            except (ValueError, KeyError, TypeError):
                log.warning("the controller sent something that is no message; left alone")
                continue
            if kind == ACK:
                self._heard_ack = time.monotonic()
                message_id = str(body.get("id"))
                self.outbox.acknowledge(message_id)
                self._in_flight.discard(message_id)
                self.outbox.wake.set()
                continue
            if kind == WELCOME:
                self._take_welcome(body)
            if kind.startswith(STREAMS):
                self._streams_of(socket).hear(kind, body)
                continue
            await self.on_message(kind, body)
            if kind == GOODBYE:
                raise TokenRefused(
                    f"The controller said goodbye: {body.get('reason') or 'no reason given'}.",
                    retry_seconds=_seconds(body.get("retry_seconds")),
                )

    def _take_welcome(self, body: dict[str, Any]) -> None:
        self.welcomed = True
        self.spread_seconds = _seconds(body.get("spread_seconds")) or 0.0
        seconds = _seconds(body.get("heartbeat_seconds"))
        if seconds:
            self.heartbeat_seconds = seconds
            self.outbox.wake.set()

    def _hear_frame(self, data: bytes) -> None:
        if self._streams is None:
            return  # of a stream that was never opened here
        try:
            self._streams.mux.hear(data)
        except ValueError as problem:
            raise LinkLost(f"The controller sent something that is no frame: {problem}.") from problem
        self._heard_ack = time.monotonic()  # it is not stuck: its answers may be on their way behind this

    def _streams_of(self, socket: ClientConnection) -> AgentStreams:
        """Made at the first stream: an idle agent carries nothing of it."""
        if self._streams is None:
            from agent.link.streams import AgentStreams

            async def say(kind: str, body: dict[str, Any]) -> None:
                await self._send(socket, kind, body)

            self._streams = AgentStreams(self.services(), say, socket.send)
            self._tasks.add(asyncio.create_task(self._pump(self._streams)))
        return self._streams

    async def _pump(self, streams: AgentStreams) -> None:
        try:
            with contextlib.suppress(ConnectionClosed):  # the receiver says so too, and why
                await streams.run()
        except Exception:
            log.exception("the streams stopped working; the link is made anew")
            self._pump_failed.set()

    async def _end_without_pump(self) -> None:
        """A link whose streams stand still would look healthy for ever: its heartbeats go on."""
        await self._pump_failed.wait()
        raise LinkLost("The streams of this link stopped working.")

    async def _send_all(self, socket: ClientConnection) -> None:
        last_heartbeat = -float("inf")
        while True:
            self.outbox.wake.clear()
            now = time.monotonic()
            if now - last_heartbeat >= self.heartbeat_seconds:
                await self._send(socket, HEARTBEAT, self.heartbeat())
                # Not all machines of a controller in one second.
                last_heartbeat = now + self.heartbeat_seconds * random.uniform(-0.1, 0.1)  # noqa: S311
            for kind, body in self.outbox.take_fresh():
                await self._send(socket, kind, body)
            await self._send_kept(socket)
            if self._in_flight and time.monotonic() - self._heard_ack > ACK_SECONDS:
                raise LinkLost("The controller has not acknowledged anything for a minute.")
            until_heartbeat = last_heartbeat + self.heartbeat_seconds - time.monotonic()
            wait = max(0.0, min(until_heartbeat, ACK_SECONDS / 2, self.outbox.until_fresh()))
            try:
                async with asyncio.timeout(wait):
                    await self.outbox.wake.wait()
            except TimeoutError:
                continue

    async def _send_kept(self, socket: ClientConnection) -> None:
        if not self._in_flight:
            self._heard_ack = time.monotonic()  # the wait for an answer starts with the first question
        for number, message in self.outbox.spool.after(self._last_number):
            if len(self._in_flight) >= WINDOW:
                return
            self._in_flight.add(message["id"])
            self._last_number = number
            await socket.send(json.dumps(message, ensure_ascii=False))

    async def _send(self, socket: ClientConnection, kind: str, body: dict[str, Any]) -> None:
        message = {"type": kind, "id": uuid.uuid4().hex, "at": now_text(), "body": body}
        await socket.send(json.dumps(message, ensure_ascii=False))


def link_url(controller_url: str) -> str:
    """https://HOST:PORT → wss://HOST:PORT/api/agent/link."""
    parts = urlsplit(controller_url)
    return urlunsplit(("wss", parts.netloc, parts.path.rstrip("/") + LINK_PATH, "", ""))


def retry_hint(reason: str) -> float | None:
    """The seconds in a close reason like "the controller restarts; retry=30"."""
    found = re.search(r"\bretry=(\d{1,5})\b", reason)
    return float(found[1]) if found else None


def _seconds(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 100_000:
        return float(value)
    return None
