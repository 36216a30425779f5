"""A controller that says whatever a test wants, over real TLS: the agent must keep its promises against it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import queue
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from agent.protocol import ACK, ANNOUNCE_PATH, LINK_PATH, WELCOME
from agent.protocol_assist import ASSIST_STATE
from agent.protocol_streams import (
    STREAM_CLOSED,
    STREAM_OPEN,
    STREAM_OPENED,
    STREAM_REFUSED,
    Kind,
    credit_frame,
    frame,
    parse_frame,
)
from tests.integration.agent.certificates import make_authority
from tests.integration.assist.world import free_port
from tests.lab.waiting import wait_until

CREDIT = 64 * 2**20


class LiesStream:
    """One stream as this controller sees it."""

    def __init__(self, controller: LyingController, number: int) -> None:
        self.controller = controller
        self.number = number
        self.answer: dict[str, Any] | None = None  # stream.opened or stream.refused
        self.refused = False
        self.closed = ""  # why, once it is
        self._data: queue.Queue[bytes] = queue.Queue()
        self._rest = b""
        self.ended = False

    def hear(self, kind: Kind, payload: bytes) -> None:
        """A frame of this stream."""
        if kind is Kind.DATA:
            self._data.put(payload)
        elif kind is Kind.END:
            self.ended = True
            self._data.put(b"")

    def send(self, data: bytes) -> None:
        """Bytes towards the service, whether it may or not."""
        self.controller.frame(frame(Kind.DATA, self.number, data))

    def read(self, count: int, seconds: float = 40) -> bytes:
        """Exactly so many bytes. Raises EOFError when they don't come."""
        until = time.monotonic() + seconds
        while len(self._rest) < count:
            try:
                data = self._data.get(timeout=max(0.01, until - time.monotonic()))
            except queue.Empty:
                raise EOFError("nothing came") from None
            if not data:
                raise EOFError("the stream ended")
            self._rest += data
            self.controller.frame(credit_frame(self.number, len(data)))
        found, self._rest = self._rest[:count], self._rest[count:]
        return found


class LyingController:
    """Announcement and link on loopback, in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.ca, certificate, key = make_authority(folder)
        self.received: list[dict[str, Any]] = []
        self.streams: dict[int, LiesStream] = {}
        self.answering = True  # whether anybody is let in
        self._number = 0
        self._link: WebSocket | None = None
        app = Starlette(
            routes=[Route(ANNOUNCE_PATH, self._announce, methods=["POST"]), WebSocketRoute(LINK_PATH, self._serve)]
        )
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=self.port,
            ssl_certfile=str(certificate),
            ssl_keyfile=str(key),
            log_level="error",
            lifespan="off",
        )
        self._server = uvicorn.Server(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._server.serve()), daemon=True)
        self._thread.start()
        wait_until(lambda: self._server.started, "the controller listens", 30, poll=0.05)

    # -- what a test does ----------------------------------------------------------------------------

    def say(self, kind: str, body: dict[str, Any]) -> None:
        """Send a message."""
        message = {"type": kind, "id": "x", "at": _now(), "body": body}
        self._in_loop(self._link.send_text(json.dumps(message)) if self._link else None)

    def frame(self, data: bytes) -> None:
        """Send a binary frame."""
        self._in_loop(self._link.send_bytes(data) if self._link else None)

    def states(self, session: str) -> list[dict[str, Any]]:
        """What the agent told about a session."""
        told = [one["body"] for one in self.received if one["type"] == ASSIST_STATE]
        return [body for body in told if body["session"] == session]

    def names(self, session: str) -> list[str]:
        """The same, only the names of the states."""
        return [body["state"] for body in self.states(session)]

    def wait_for(self, session: str, state: str, seconds: float = 30) -> dict[str, Any]:
        """The first message that says so."""
        wait_until(
            lambda: state in self.names(session),
            f"{state} is told",
            seconds,
            poll=0.05,
            hint=lambda: str(self.states(session)),
        )
        return next(body for body in self.states(session) if body["state"] == state)

    def open(self, service: str = "screen", **more: Any) -> LiesStream:
        """Ask for a stream; returns once it was answered."""
        self._number += 1
        stream = self.streams[self._number] = LiesStream(self, self._number)
        body = {"stream": self._number, "service": service, "who": "user:7", "why": "a test", "credit": CREDIT}
        self.say(STREAM_OPEN, body | {"idle_seconds": 900, "total_seconds": 7200} | more)
        wait_until(lambda: stream.answer is not None, "the stream is answered", 30, poll=0.02)
        return stream

    @property
    def linked(self) -> bool:
        """Whether the agent is there."""
        return self._link is not None

    def cut(self, *, answering: bool = False) -> None:
        """Cut the link; from now on nobody is let in, or everybody."""
        self.answering = answering
        self._in_loop(self._link.close(1011) if self._link else None)

    def close(self) -> None:
        """End it."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)

    # -- its server ----------------------------------------------------------------------------------

    def _in_loop(self, work: Any) -> None:
        assert work is not None, "nobody is linked"
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _announce(self, request: Request) -> JSONResponse:
        await request.body()
        if not self.answering:
            return JSONResponse({"detail": "no"}, status_code=503)
        answer = {"status": "accepted", "machine_id": 5, "tag": "R-000005", "retry_seconds": 1, "server_time": _now()}
        return JSONResponse(answer | {"message": "", "token": "a-token-of-a-test-0000"})

    async def _serve(self, socket: WebSocket) -> None:
        if not self.answering:
            await socket.close(1013)
            return
        await socket.accept()
        self._number = 0
        welcome = {"machine_id": 5, "tag": "R-000005", "server_time": _now(), "heartbeat_seconds": 1}
        await socket.send_text(json.dumps({"type": WELCOME, "id": "w", "at": _now(), "body": welcome}))
        self._link = socket
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                await self._take(socket, await socket.receive())
        if self._link is socket:
            self._link = None

    async def _take(self, socket: WebSocket, event: Any) -> None:
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(1000)
        if event.get("bytes") is not None:
            kind, number, payload = parse_frame(event["bytes"])
            if number in self.streams:
                self.streams[number].hear(kind, bytes(payload))
            return
        message = json.loads(event["text"])
        stream = self.streams.get(message["body"].get("stream", -1))
        if stream is not None and message["type"] in (STREAM_OPENED, STREAM_REFUSED):
            stream.refused = message["type"] == STREAM_REFUSED
            stream.answer = message["body"]
        elif stream is not None and message["type"] == STREAM_CLOSED:
            stream.closed = message["body"]["reason"]
            stream.hear(Kind.END, b"")
        self.received.append(message)
        ack = {"type": ACK, "id": "a", "at": _now(), "body": {"id": message["id"]}}
        await socket.send_text(json.dumps(ack))


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")
