"""What a local service is: something that gives one connected socket for each stream, or refuses with a reason."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from agent.errors import AgentError

END_SECONDS = 5.0  # how long a service's process may take to end once its socket is closed


class Refused(AgentError):
    """The service can't be reached now. ``code`` is one of protocol_streams."""

    def __init__(self, what: str, code: str, *, hint: str = "") -> None:
        super().__init__(what, hint=hint)
        self.code = code


@dataclass
class Door:
    """One open way to a service: our end of it, and the process behind it where the agent started one."""

    socket: socket.socket  # connected, not blocking
    process: asyncio.subprocess.Process | None = None
    said: Callable[[], str] = field(default=lambda: "")  # the process's last words, once it is over
    final: bool = False  # once the service has ended nothing more is taken from the other end either

    def close(self) -> None:
        """Close the socket; the process ends by that, or is ended meanwhile: nobody waits for it here."""
        self.socket.close()
        if self.process is not None and self.process.returncode is None:
            task = asyncio.create_task(_end(self.process))
            _ending.add(task)
            task.add_done_callback(_ending.discard)


_ending: set[asyncio.Task[None]] = set()  # a task that nobody holds may vanish


async def _end(process: asyncio.subprocess.Process) -> None:
    """Its sign-off may take seconds (a name server that does not answer); then it is asked, then made to."""
    for step in (None, process.terminate, process.kill):
        if step is not None:
            with contextlib.suppress(ProcessLookupError):
                step()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await process.wait()
            return


@dataclass(frozen=True)
class Service:
    """One entry of the list. ``open`` takes the request's body; raises Refused."""

    name: str
    open: Callable[[dict[str, Any]], Awaitable[Door]]
    idle_seconds: float  # the most that the agent allows, whatever the controller asks for
    total_seconds: float
