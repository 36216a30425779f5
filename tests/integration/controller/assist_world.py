"""A controller on loopback with people, and families' PCs played: for tests of sessions on a screen."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import select
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from controller.access.people import open_session
from controller.access.roles import Role
from controller.access.tables import User
from controller.assist.sessions.store import find_session
from controller.assist.sessions.tables import AssistSession
from controller.core import Core
from controller.ledger.tables import LedgerEntry
from controller.settings import Settings
from controller.web.deps import COOKIE
from tests.integration.assist.family import Family, resident
from tests.integration.controller.playing import bearer, make_app, person
from tests.lab.waiting import wait_until

WHY = "Régler l’imprimante de madame Martin"


class EchoScreen:
    """What stands in x11vnc's place: says hello, then gives back what comes. One viewer after the other."""

    def __init__(self, path: Path) -> None:
        self.path, self.viewers = path, 0
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listening.bind(str(path))
        self.listening.listen()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                plug, _ = self.listening.accept()
                self.viewers += 1
                with plug, suppress(OSError):
                    plug.sendall(b"RFB 003.008\n")
                    while data := plug.recv(4096):
                        plug.sendall(data)

    def close(self) -> None:
        self.listening.close()


class Served:
    """A controller on a port of loopback, with people."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.app = make_app(settings)
        self.core: Core = self.app.state.core
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.origin = f"https://127.0.0.1:{self.port}"  # what a browser says: pages come by TLS only
        config = uvicorn.Config(self.app, host="127.0.0.1", port=self.port, log_level="warning", ws_max_size=4_000_000)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.stack = ExitStack()
        self.screen = EchoScreen(folder / "screen.sock")

    def __enter__(self) -> Served:
        self.thread.start()
        wait_until(lambda: self.server.started, "the server listens", 30, poll=0.05)
        self.user, self.token = person(self.core, Role.TECHNICIAN, "karim")
        self.other, self.other_token = person(self.core, Role.COORDINATOR, "claire")
        self.api = self.stack.enter_context(httpx.Client(base_url=self.url, headers=bearer(self.token), timeout=30))
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()
        self.server.should_exit = True
        self.thread.join(20)
        self.screen.close()

    def family(self, tag: str) -> tuple[int, Family]:
        """A linked machine at home."""
        with self.core.database.write() as session:
            machine, token = resident(session, tag)
        return machine, self.stack.enter_context(Family(self.url, token, self.screen.path))

    def ask(self, machine: int, token: str = "", **body: Any) -> httpx.Response:
        headers, body = bearer(token) if token else {}, {"why": WHY, "minutes": 30} | body
        return self.api.post(f"/api/machines/{machine}/assist", json=body, headers=headers)

    def cookie(self, user: User) -> str:
        """A signed-in browser."""
        with self.core.database.write() as session:
            return open_session(session, session.get_one(User, user.id))[0]

    def view(self, name: str, cookie: str, *, origin: str | None = "", query: str = "page=a") -> ClientConnection:
        """A page's WebSocket to the screen."""
        headers = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
        if origin is not None:
            headers["Origin"] = origin or self.origin
        address = f"ws://127.0.0.1:{self.port}/assist/{name}/screen?{query}"
        return self.stack.enter_context(connect(address, additional_headers=headers, proxy=None))

    def row(self, name: str) -> AssistSession:
        with self.core.database.read() as session:
            return find_session(session, name)

    def facts(self, *kinds: str) -> list[dict[str, Any]]:
        with self.core.database.read() as session:
            query = select(LedgerEntry).where(LedgerEntry.kind.like("assist.%")).order_by(LedgerEntry.seq)
            read = [json.loads(entry.content) for entry in session.execute(query).scalars()]
        return [entry for entry in read if not kinds or entry["kind"] in kinds]


@pytest.fixture
def served(settings: Settings, tmp_path: Path) -> Iterator[Served]:
    with Served(settings, tmp_path) as found:
        yield found


def closed(client: ClientConnection, seconds: float = 20) -> int:
    """The code with which the controller closed."""
    try:
        while True:
            client.recv(seconds)
    except ConnectionClosed as end:
        return end.rcvd.code if end.rcvd is not None else 0


def asked(served: Served, tag: str = "R-000900") -> tuple[int, Family, str]:
    """A family that is being asked."""
    machine, family = served.family(tag)
    answer = served.ask(machine)
    assert answer.status_code == 200, answer.text
    name: str = family.hears("assist.ask")["session"]
    family.says(name, "asked")
    return machine, family, name


@pytest.fixture
def on(served: Served) -> tuple[Family, str]:
    """An accepted session of the technician's."""
    _, family, name = asked(served)
    family.accepts(name)
    return family, name
