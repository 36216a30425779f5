"""The terminal that a person sits at: raw while it is used, as it was afterwards."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import termios
import time
import tty
from collections.abc import Sequence
from typing import Any, Protocol

from agent.errors import AgentError
from agent.hands_on.canvas import Canvas, ansi
from agent.hands_on.terminal_keys import split_keys

ESCAPE_SECONDS = 0.05  # an ESC that nothing follows within this is the key Escape
SMALLEST = (80, 24)  # columns, rows: what every text console has


class Readable(Protocol):
    """Something besides the terminal that is waited for (an input device)."""

    def fileno(self) -> int: ...


class Terminal:
    """One terminal, by its file descriptors. ``with Terminal() as terminal`` gives it back as it was."""

    def __init__(self, source: int = 0, goal: int = 1) -> None:
        self.source, self.goal = source, goal
        self.name = os.environ.get("TERM", "")
        self._shown: Canvas | None = None
        self._rest = b""
        self._keys: list[str] = []
        self._before: list[Any] = []

    def __enter__(self) -> Terminal:
        try:
            self._before = termios.tcgetattr(self.source)
            tty.setraw(self.source)
        except termios.error as problem:
            raise AgentError(
                "The tests that need hands must run on a terminal.",
                hint="On the live image: Alt+F2 at the PC, or systemctl start recyclerie-hands-on.",
            ) from problem
        signal.signal(signal.SIGWINCH, self._resized)
        # No cursor, and no line of its own for what follows a row's last character: the last corner can be drawn.
        self._write("\033[?25l\033[?7l")
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._write("\033[0m\033[2J\033[H\033[?25h\033[?7h")
        with contextlib.suppress(termios.error):
            termios.tcsetattr(self.source, termios.TCSANOW, self._before)

    @property
    def is_console(self) -> bool:
        """The PC's own screen, whose colours can be set; other terminals take those sequences for something else."""
        return self.name == "linux"

    def canvas(self) -> Canvas:
        """An empty canvas of the terminal's size."""
        try:
            size = os.get_terminal_size(self.goal)
        except OSError:
            size = os.terminal_size((0, 0))
        return Canvas(size.columns or SMALLEST[0], size.lines or SMALLEST[1])

    def show(self, canvas: Canvas) -> None:
        """Draw what changed."""
        self._write(ansi(canvas, self._shown))
        self._shown = canvas

    def pure_colours(self, pure: bool) -> None:
        """Red, green and blue at their full strength for the screen's test, or as they were. Console only."""
        if self.is_console:
            self._write("\033]P1ff0000\033]P200ff00\033]P40000ff\033]P7ffffff" if pure else "\033]R")

    def key(self, seconds: float | None, others: Sequence[Readable] = ()) -> str | None:
        """The next key; None when none came in time, or when one of ``others`` can be read.

        Raises EOFError when the terminal is gone.
        """
        until = None if seconds is None else time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.source, selectors.EVENT_READ)
            for other in others:
                selector.register(other, selectors.EVENT_READ)
            while not self._keys:
                left = None if until is None else until - time.monotonic()
                if left is not None and left <= 0 and not self._rest:
                    return None
                ready = selector.select(ESCAPE_SECONDS if self._rest else left)
                if any(entry.fd == self.source for entry, _ in ready):
                    self._take()
                elif ready:
                    return None
                elif self._rest:
                    self._keys, self._rest = split_keys(self._rest, complete=True)
        return self._keys.pop(0)

    def forget(self) -> None:
        """Keys that were pressed before the question was there."""
        self._keys, self._rest = [], b""
        with contextlib.suppress(termios.error):
            termios.tcflush(self.source, termios.TCIFLUSH)

    def _take(self) -> None:
        try:
            data = os.read(self.source, 1024)
        except OSError:  # hung up: EIO
            data = b""
        if not data:
            raise EOFError("the terminal is gone")
        keys, self._rest = split_keys(self._rest + data)
        self._keys += keys

    def _write(self, text: str) -> None:
        data = text.encode()
        while data:
            data = data[os.write(self.goal, data) :]

    def _resized(self, *_: object) -> None:
        self._shown = None
