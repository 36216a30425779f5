"""A technician's terminal on a machine at home: paramiko through the machine's link, in two threads, all of it bounded.

What the shell says is read only as fast as the page shows it, what the page sends is taken only as fast as the shell
reads it: a program that prints without end, and a page that pastes without end, fill no memory.
"""

from __future__ import annotations

import logging
import queue
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import paramiko

from controller.assist.pipe import connect
from controller.errors import RecyclerieError
from controller.machines.ssh import connect_through
from controller.settings import Settings

WINDOW_BYTES = 128 * 1024  # on the way to the page and not shown yet
INPUT_BYTES = 64 * 1024  # on the way to the shell and not read yet
PIECE = 16 * 1024
TERM = "xterm-256color"
# UTF-8 whatever the system's language is; the words stay in the family's own.
ENVIRONMENT = {"LC_CTYPE": "C.UTF-8"}
SMALLEST, LARGEST = 2, 1000  # columns and rows
logger = logging.getLogger(__name__)

# Why it ended; routes/terminal.py says it in words.
BY_SHELL, BY_LINK, BY_IDLE, BY_TIME, BY_PAGE, BY_FAULT = "shell", "link", "idle", "time", "page", "fault"


class Shell:
    """One shell. ``say(data)`` is called from a thread of ours, one call at a time; ``over(code, detail)`` once."""

    def __init__(self, say: Callable[[bytes], None], over: Callable[[str, str], None]) -> None:
        """Not open yet."""
        self._say, self._over = say, over
        self._input: queue.Queue[bytes | None] = queue.Queue()
        self._waiting = 0  # bytes of input that the shell has not taken
        self._shown = threading.Condition()
        self._unseen = 0  # bytes that were said and that the page has not shown
        self._channel: paramiko.Channel | None = None
        self._plug: socket.socket | None = None
        self._reason = ""
        self._moved = time.monotonic()
        self._took: Callable[[int], None] = lambda _count: None

    def open(
        self,
        settings: Settings,
        machine: str,
        host_keys: Sequence[str],
        key: Path,
        *,
        who: str,
        why: str,
        columns: int,
        rows: int,
        ready: Callable[[], None],
        took: Callable[[int], None],
    ) -> None:
        """Start; everything else happens in threads. ``took(bytes)``: so much of the input was taken."""
        self._took = took

        def run() -> None:
            code, detail = BY_FAULT, ""
            try:
                plug = self._plug = connect(settings, machine, "ssh", who=who, why=why)
                with connect_through(plug, host_keys, key) as client:
                    channel = client.get_transport().open_session(window_size=WINDOW_BYTES, timeout=30)  # type: ignore[union-attr]
                    for name, value in ENVIRONMENT.items():
                        channel.set_environment_variable(name, value)
                    channel.get_pty(TERM, _bounded(columns), _bounded(rows))
                    channel.invoke_shell()
                    self._channel = channel
                    if self._reason:  # the page was closed meanwhile
                        raise EOFError
                    threading.Thread(target=self._feed, args=(channel,), name="terminal-input", daemon=True).start()
                    ready()
                    self._read(channel)
                    code = self._reason or (BY_SHELL if channel.exit_status_ready() else BY_LINK)
            except RecyclerieError as error:
                detail = error.text()
            except (OSError, paramiko.SSHException, EOFError) as error:
                code = self._reason or BY_FAULT
                detail = str(error) or type(error).__name__
            except Exception as error:
                logger.exception("a terminal of %s", machine)
                detail = type(error).__name__
            finally:
                self._input.put(None)
                self._over(code, detail)

        threading.Thread(target=run, name=f"terminal-{machine}", daemon=True).start()

    def _read(self, channel: paramiko.Channel) -> None:
        while data := channel.recv(PIECE):
            self._moved = time.monotonic()
            with self._shown:
                while self._unseen >= WINDOW_BYTES and not self._reason:
                    self._shown.wait(1.0)
                self._unseen += len(data)
            if self._reason:
                return
            self._say(data)
        channel.status_event.wait(2.0)  # its exit status may come a moment after its last word

    def _feed(self, channel: paramiko.Channel) -> None:
        while (data := self._input.get()) is not None:
            try:
                channel.sendall(data)
            except OSError:
                return  # the reader says how it ended
            self._waiting -= len(data)
            self._took(len(data))

    def type(self, data: bytes) -> bool:
        """Send what was typed; False when the page sends more than it was allowed to."""
        self._moved = time.monotonic()
        if self._waiting + len(data) > INPUT_BYTES:
            return False
        self._waiting += len(data)
        self._input.put(data)
        return True

    def shown(self, count: int) -> None:
        """The page has shown so many bytes more."""
        with self._shown:
            self._unseen = max(0, self._unseen - max(0, count))
            self._shown.notify()

    def resize(self, columns: int, rows: int) -> None:
        """The page's window has another size."""
        if self._channel is not None:
            try:
                self._channel.resize_pty(_bounded(columns), _bounded(rows))
            except (OSError, paramiko.SSHException):
                logger.debug("the terminal was over before it could be resized")

    @property
    def idle_seconds(self) -> float:
        """For how long nothing moved."""
        return time.monotonic() - self._moved

    def close(self, reason: str) -> None:
        """End it: the shell gets a hang-up, whatever it is doing."""
        with self._shown:
            self._reason = self._reason or reason
            self._shown.notify()
        if self._channel is not None:
            self._channel.close()
        if self._plug is not None:
            try:
                self._plug.shutdown(socket.SHUT_RDWR)
            except OSError:
                logger.debug("the terminal's stream was over already")


def _bounded(value: int) -> int:
    return max(SMALLEST, min(LARGEST, value))
