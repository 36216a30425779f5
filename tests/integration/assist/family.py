"""A family's PC, played: its agent's link without the agent, so that a test says itself what the family answers.

The stream ``screen`` leads to any Unix socket: x11vnc's own, or a played one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import queue
import ssl
import threading
import uuid
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session
from websockets.asyncio.client import ClientConnection, connect

from agent import protocol
from agent.link.streams import AgentStreams
from agent.protocol_assist import ASSIST_STATE
from agent.protocol_streams import NOT_NOW
from agent.services import local_socket
from agent.services.base import Door, Refused, Service
from controller.access.secrets import hash_secret, new_secret
from controller.database import utcnow
from controller.ledger.chain import format_time
from controller.machines.announce import announce
from controller.machines.lifecycle import State
from controller.machines.registry import new_machine
from controller.machines.tables import ResidentToken

HOUR = 3600.0


def resident(
    session: Session, tag: str, state: State = State.DELIVERED, product: str = "Latitude E5470"
) -> tuple[int, str]:
    """A machine at a family's home that has announced itself: its id and its token."""
    now = utcnow()
    machine = new_machine(session, "main", state)
    machine.tag, machine.manufacturer, machine.product = tag, "Dell Inc.", product
    machine.serial, machine.form, machine.accepted_at = f"SN{tag}", "laptop", now
    token = new_secret()
    session.add(ResidentToken(machine_id=machine.id, token_hash=hash_secret(token), created_at=now))
    session.flush()
    said: Any = {
        "protocol": 1,
        "mode": "resident",
        "boot_id": f"boot-{tag}",
        "boot_secret": tag.ljust(40, "0"),
        "agent_version": "1",
        "image_version": "1",
        "chassis": {},
        "nics": [],
        "ssh_host_keys": ["ssh-ed25519 " + "A" * 60],
        "firmware": "uefi",
        "secure_boot": True,
        "hostname": "famille",
    }
    announce(session, "main", said, "192.168.1.20", token)
    return machine.id, token


class Family:
    """One linked PC. Used from the test's thread; the link lives in its own."""

    def __init__(self, url: str, token: str, screen: Path | None = None) -> None:
        """``url``: the controller's (http:// or https://); ``screen``: what the stream of that name leads to."""
        self.url, self.token, self.screen = url, token, screen
        self.offers = False  # whether there is a screen now: an accepted session
        self.heard: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self.acknowledged: set[str] = set()
        self.opened = 0  # streams
        self.numbers: dict[str, int] = {}
        self._loop = asyncio.new_event_loop()
        self._linked = threading.Event()
        self._socket: ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._streams: AgentStreams | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Family:
        self._thread.start()
        self.link()
        return self

    def __exit__(self, *_: object) -> None:
        self.unlink()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def link(self) -> None:
        """Connect; returns once the controller has said welcome."""
        self._linked.clear()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(20)
        assert self._linked.wait(20), "the controller did not say welcome"

    def unlink(self) -> None:
        """The network goes."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(20)

    def hears(self, kind: str, seconds: float = 20) -> dict[str, Any]:
        """The next message of a kind; others before it are dropped."""
        while True:
            said, body = self.heard.get(timeout=seconds)
            if said == kind:
                return body

    def says(self, session: str, state: str, *, number: int = 0, **more: Any) -> str:
        """One ``assist.state``; returns the message's id once it is acknowledged."""
        number = number or self.numbers.get(session, 0) + 1
        self.numbers[session] = max(number, self.numbers.get(session, 0))
        body = {"session": session, "state": state, "number": number, "code": "", "detail": "", "control": False}
        return self.tell(ASSIST_STATE, body | {"ends_at": "", "seconds": 0} | more)

    def tell(self, kind: str, body: dict[str, Any]) -> str:
        """One message, acknowledged."""
        identity = uuid.uuid4().hex
        text = json.dumps({"type": kind, "id": identity, "at": format_time(utcnow()), "body": body})
        asyncio.run_coroutine_threadsafe(self._send(text), self._loop).result(10)
        asyncio.run_coroutine_threadsafe(self._acknowledged(identity), self._loop).result(20)
        return identity

    def accepts(self, session: str, **more: Any) -> None:
        """The family accepts: the screen is there, and it is said."""
        self.offers = True
        self.says(session, "accepted", **more)

    def ends(self, session: str, code: str, **more: Any) -> None:
        """It is over: the screen is gone."""
        self.offers = False
        self.says(session, "ended", code=code, **more)
        self.cut()

    def cut(self) -> None:
        """What is behind the streams goes: x11vnc ended."""

        async def close() -> None:
            if self._streams is not None:
                for stream in list(self._streams.mux.streams.values()):
                    stream.abort("the session has ended")

        asyncio.run_coroutine_threadsafe(close(), self._loop).result(10)

    async def _acknowledged(self, identity: str) -> None:
        while identity not in self.acknowledged:
            await asyncio.sleep(0.01)

    async def _send(self, text: str) -> None:
        assert self._socket is not None
        await self._socket.send(text)

    async def _start(self) -> None:
        address = self.url.replace("http", "ws", 1) + protocol.LINK_PATH
        context = None
        if address.startswith("wss"):
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._socket = await connect(
            address,
            ssl=context,
            additional_headers={"Authorization": f"Bearer {self.token}"},
            max_size=None,
            proxy=None,
        )
        self._task = asyncio.create_task(self._serve(self._socket))

    async def _end(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _serve(self, socket: ClientConnection) -> None:
        async def control(kind: str, body: dict[str, Any]) -> None:
            await socket.send(json.dumps({"type": kind, "id": uuid.uuid4().hex, "at": "", "body": body}))

        service = Service("screen", self._open, idle_seconds=HOUR, total_seconds=HOUR)
        streams = self._streams = AgentStreams({"screen": service}, control, socket.send)
        pump = asyncio.create_task(streams.run())
        try:
            async for said in socket:
                if isinstance(said, bytes):
                    streams.mux.hear(said)
                    continue
                message = json.loads(said)
                kind, body = message["type"], message["body"]
                if kind.startswith("stream."):
                    streams.hear(kind, body)
                elif kind == protocol.ACK:
                    self.acknowledged.add(body["id"])
                else:
                    if kind == protocol.WELCOME:
                        self._linked.set()
                    else:
                        self.heard.put((kind, body))
        finally:
            pump.cancel()
            with contextlib.suppress(Exception):
                await streams.close("the link is lost")

    async def _open(self, _: dict[str, Any]) -> Door:
        door = await local_socket.connect(self.screen) if self.offers and self.screen is not None else None
        if door is None:
            raise Refused("Nobody has accepted a session on this machine's screen.", NOT_NOW)
        self.opened += 1
        return door
