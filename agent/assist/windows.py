"""A window of ours in a process of its own: one JSON object a line, both ways. It closes when its input ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from typing import Any

from agent.assist.display import Screen
from agent.assist.person import as_person, environment_for, window_command

log = logging.getLogger("agent.assist")

LINE_BYTES = 4096
SAID_BYTES = 2000
KILL_SECONDS = 2.0

GONE = "gone"  # the event that ends every window's list


class Window:
    """One such process. ``heard(window, event)`` is called for each line it says, and once with GONE."""

    def __init__(self, kind: str, process: asyncio.subprocess.Process, heard: Callable[[Window, dict[str, Any]], None]):
        self.kind = kind
        self.process = process
        self.heard = heard
        self.complaint = ""  # the last thing on its error output
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._complaints())]

    @classmethod
    async def start(cls, kind: str, screen: Screen, heard: Callable[[Window, dict[str, Any]], None]) -> Window:
        """Start one; it shows nothing before it is told what. Raises OSError."""
        process = await asyncio.create_subprocess_exec(
            *as_person(screen, window_command(kind)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment_for(screen),
            cwd="/",
            start_new_session=True,
            limit=LINE_BYTES,
        )
        return cls(kind, process, heard)

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.pid

    def tell(self, what: dict[str, Any]) -> None:
        """Tell it something; a window that is gone hears nothing."""
        if self.process.stdin is not None and not self.process.stdin.is_closing():
            with contextlib.suppress(OSError, RuntimeError):
                self.process.stdin.write(json.dumps(what).encode() + b"\n")

    async def close(self) -> None:
        """Gone when this returns, whatever it does."""
        self.heard = lambda _window, _event: None
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            async with asyncio.timeout(KILL_SECONDS):
                await self.process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _listen(self) -> None:
        out = self.process.stdout
        try:
            while out is not None and (line := await out.readline()):
                with contextlib.suppress(ValueError):
                    event = json.loads(line)
                    if isinstance(event, dict):
                        self.heard(self, event)
        except (ValueError, OSError) as problem:  # a line without an end
            log.warning("the %s said something that is no line: %s", self.kind, problem)
        self.heard(self, {"event": GONE})

    async def _complaints(self) -> None:
        errors = self.process.stderr
        while errors is not None and (data := await errors.read(1024)):
            lines = (self.complaint + data.decode("utf-8", "replace"))[-SAID_BYTES:].strip().splitlines()
            self.complaint = "\n".join(lines[-3:])
