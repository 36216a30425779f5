"""One WebSocket to the controller, from its opening to its end: sends the spool, takes acknowledgements."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import websockets.version
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from agent.clock import now_text
from agent.errors import AgentError
from agent.link.outbox import Outbox
from agent.protocol import ACK, GOODBYE, HEARTBEAT, LINK_PATH, WELCOME

log = logging.getLogger("agent.link")

WINDOW = 32  # messages under way without an acknowledgement
ACK_SECONDS = 60.0  # without any acknowledgement for so long, the controller is taken for stuck
MAX_MESSAGE_BYTES = 4 * 2**20
REFUSED_STATUS = (401, 403)
REFUSED_CODES = (1008, 4401, 4403)  # close codes by which a server refuses who we are


class LinkLost(AgentError):
    """The link could not be made or ended; it is tried again."""


class TokenRefused(AgentError):
    """The controller no longer takes this token: announce again."""


Handler = Callable[[str, dict[str, Any]], Awaitable[None]]


class Connection:
    """Runs one connection. ``on_message`` gets what the controller says, apart from acknowledgements."""

    def __init__(
        self, outbox: Outbox, on_message: Handler, heartbeat: Callable[[], dict[str, Any]], seconds: float
    ) -> None:
        self.outbox = outbox
        self.on_message = on_message
        self.heartbeat = heartbeat
        self.heartbeat_seconds = seconds
        self.welcomed = False
        self._last_number = 0
        self._in_flight: set[str] = set()
        self._heard_ack = time.monotonic()

    async def run(self, url: str, token: str, context: ssl.SSLContext) -> None:
        """Connect and stay. Always ends with LinkLost or TokenRefused."""
        options: dict[str, Any] = {}
        if int(websockets.version.version.split(".")[0]) >= 15:
            options["proxy"] = None  # the workshop's controller is never behind the environment's proxy
        try:
            async with connect(
                link_url(url),
                additional_headers={"Authorization": f"Bearer {token}"},
                ssl=context,
                max_size=MAX_MESSAGE_BYTES,
                open_timeout=20,
                close_timeout=5,
                ping_interval=20,
                ping_timeout=20,
                compression=None,  # saves a quarter of a megabyte for each direction
                **options,
            ) as socket:
                await self._serve(socket)
        except InvalidStatus as problem:
            status = problem.response.status_code
            if status in REFUSED_STATUS:
                raise TokenRefused(f"The controller refused the link ({status}).") from problem
            raise LinkLost(f"The controller answered {status} instead of opening the link.") from problem
        except ConnectionClosed as problem:
            code = problem.rcvd.code if problem.rcvd else 1006
            if code in REFUSED_CODES:
                raise TokenRefused(f"The controller closed the link ({code}).") from problem
            raise LinkLost(f"The link was cut ({code}).") from problem
        except (OSError, TimeoutError, WebSocketException) as problem:
            raise LinkLost(f"The controller can't be reached: {problem or type(problem).__name__}.") from problem
        raise LinkLost("The controller closed the link.")

    async def _serve(self, socket: ClientConnection) -> None:
        sender = asyncio.create_task(self._send_all(socket))
        receiver = asyncio.create_task(self._receive_all(socket))
        done, pending = await asyncio.wait({sender, receiver}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        for task in done:
            task.result()

    async def _receive_all(self, socket: ClientConnection) -> None:
        async for text in socket:
            try:
                message = json.loads(text)
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
                self.welcomed = True
                seconds = body.get("heartbeat_seconds")
                if isinstance(seconds, int | float) and seconds > 0:
                    self.heartbeat_seconds = float(seconds)
                    self.outbox.wake.set()
            await self.on_message(kind, body)
            if kind == GOODBYE:
                raise TokenRefused(f"The controller said goodbye: {body.get('reason') or 'no reason given'}.")

    async def _send_all(self, socket: ClientConnection) -> None:
        last_heartbeat = -float("inf")
        while True:
            self.outbox.wake.clear()
            now = time.monotonic()
            if now - last_heartbeat >= self.heartbeat_seconds:
                await self._send(socket, HEARTBEAT, self.heartbeat())
                last_heartbeat = now
            for kind, body in self.outbox.take_fresh():
                await self._send(socket, kind, body)
            await self._send_kept(socket)
            if self._in_flight and time.monotonic() - self._heard_ack > ACK_SECONDS:
                raise LinkLost("The controller has not acknowledged anything for a minute.")
            until_heartbeat = last_heartbeat + self.heartbeat_seconds - time.monotonic()
            wait = max(0.0, min(until_heartbeat, ACK_SECONDS / 2, self.outbox.until_fresh()))
            try:
                await asyncio.wait_for(self.outbox.wake.wait(), wait)
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
