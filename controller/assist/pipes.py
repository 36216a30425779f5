"""A Unix socket by which programs on this computer, and other threads, open streams: ssh's ProxyCommand above all.

One line of JSON each way, then bytes. Who may: the controller's own account and root, as the kernel says; they could
read its database anyway. What they ask for is checked like everything else, and by the agent again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
import struct
from typing import Any

from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from controller.assist.carry import PipeSide, carry
from controller.assist.places import short_path, socket_path
from controller.assist.switchboard import Switchboard
from controller.core import Core
from controller.errors import NotFound, RecyclerieError
from controller.i18n import N_
from controller.machines.registry import get_machine, machine_by_tag
from controller.machines.tables import Machine

REQUEST_BYTES = 4096
REQUEST_SECONDS = 10.0
BUFFER_BYTES = 64 * 1024
logger = logging.getLogger(__name__)


class Pipes:
    """The socket, for as long as the context lasts."""

    def __init__(self, core: Core, switchboard: Switchboard) -> None:
        """Not open yet."""
        self._core, self._switchboard = core, switchboard
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Pipes:
        """Listen."""
        folder = self._core.settings.run_dir
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        path = socket_path(self._core.settings)
        path.unlink(missing_ok=True)  # of a controller that was killed
        with short_path(path) as name:
            listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listening.bind(name)
        path.chmod(0o600)
        self._server = await asyncio.start_unix_server(self._serve, sock=listening, limit=BUFFER_BYTES)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Take no more; what is open ends with the links."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        socket_path(self._core.settings).unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            await self._answer(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as problem:
            logger.info("a pipe ended before it was open: %s", problem or type(problem).__name__)
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = _peer(writer)
        if peer not in (0, os.getuid()):
            await _say(writer, {"ok": False, "error": f"the account {peer} may not open streams"})
            return
        async with asyncio.timeout(REQUEST_SECONDS):
            line = await reader.readuntil(b"\n")
        asked = json.loads(line[:REQUEST_BYTES])
        try:
            machine_id = await run_in_threadpool(self._find, str(asked["machine"]))
            stream = await self._switchboard.open_stream(
                machine_id,
                str(asked["service"]),
                who=str(asked.get("who") or f"local:{peer}")[:32],
                why=str(asked.get("why") or "")[:200],
            )
        except KeyError as error:
            await _say(writer, {"ok": False, "error": f"the request has no {error}"})
            return
        except RecyclerieError as error:
            await _say(writer, {"ok": False, "error": error.text()})
            return
        try:
            await _say(writer, {"ok": True})
        except BaseException:
            stream.abort("the other side of the pipe is gone")
            raise
        await carry(stream, PipeSide(reader, writer))

    def _find(self, name: str) -> int:
        """The machine with this tag, name or id.

        Raises:
            NotFound: there is none.
        """
        with self._core.database.read() as session:
            machine = machine_by_tag(session, name)
            number = name.removeprefix("machine-")
            if machine is None and number.isdecimal() and len(number) < 10:
                machine = get_machine(session, int(number))
            if machine is None:
                machine = session.execute(select(Machine).where(Machine.tag == name.upper())).scalar_one_or_none()
            if machine is None:
                raise NotFound(N_("There is no machine {id}."), N_("Look at its label, or at its page."), id=name)
            return machine.id


def _peer(writer: asyncio.StreamWriter) -> int:
    """The account at the other end, as the kernel says."""
    plug = writer.get_extra_info("socket")
    _, uid, _ = struct.unpack("3i", plug.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return int(uid)


async def _say(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
    with contextlib.suppress(ConnectionError):
        await writer.drain()
