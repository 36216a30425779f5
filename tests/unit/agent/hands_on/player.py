"""Plays the person: starts the tests in a real pseudo-terminal, presses keys, reads what is on the glass."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.hands_on.input_devices import encode
from tests.unit.agent.hands_on.glass import Glass

ROOT = Path(__file__).parents[4]
DOWN, UP, RIGHT, LEFT, ENTER, ESCAPE = "\033[B", "\033[A", "\033[C", "\033[D", "\r", "\033"
SECONDS = 30.0  # for anything that must happen; a loaded host takes its time

AT_KEYBOARD = """I: Bus=0011 Vendor=0001 Product=0001 Version=ab41
N: Name="AT Translated Set 2 keyboard"
P: Phys=isa0060/serio0/input0
H: Handlers=sysrq kbd event0 leds
B: PROP=0
B: EV=120013
B: KEY=402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe
"""
TOUCHPAD = """I: Bus=0011 Vendor=0002 Product=0007 Version=01b1
N: Name="SynPS/2 Synaptics TouchPad"
P: Phys=isa0060/serio1/input0
H: Handlers=mouse0 event1
B: PROP=1
B: EV=b
B: KEY=e520 30000 0 0 0 0
B: ABS=660800011000003
"""


def make_root(folder: Path, *devices: str) -> Path:
    """A machine's /proc, /sys and /dev with these input devices, whose files are pipes."""
    (folder / "proc/bus/input").mkdir(parents=True)
    (folder / "proc/bus/input/devices").write_text("\n".join(devices))
    (folder / "dev/input").mkdir(parents=True)
    for number in range(len(devices)):
        os.mkfifo(folder / f"dev/input/event{number}")
    return folder


class Device:
    """The kernel's end of an input device."""

    def __init__(self, root: Path, number: int) -> None:
        self.fd = os.open(root / f"dev/input/event{number}", os.O_RDWR)

    def event(self, kind: int, code: int, value: int) -> None:
        os.write(self.fd, encode(kind, code, value) + encode(0, 0, 0))

    def tap(self, *codes: int) -> None:
        for code in codes:
            self.event(1, code, 1)
            self.event(1, code, 0)

    def close(self) -> None:
        os.close(self.fd)


class Player:
    """One run of ``python -m agent.hands_on``."""

    def __init__(
        self, state_dir: Path, root: Path, *, columns: int = 80, rows: int = 25, programs: Path | None = None
    ) -> None:
        self.state_dir = state_dir
        self.glass = Glass(columns, rows)
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        command = [sys.executable, "-m", "agent.hands_on", "--state-dir", str(state_dir), "--root", str(root)]
        command += ["--programs", str(programs)] if programs else []
        environment = {**os.environ, "TERM": "linux", "PYTHONPATH": str(ROOT)}
        environment["RECYCLERIE_AGENT_CONFIG"] = str(state_dir / "none.json")
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=subprocess.PIPE, cwd=ROOT, env=environment
        )
        os.close(slave)
        self.errors = b""
        self.drawn = 0  # bytes that came to the glass

    def press(self, *keys: str) -> None:
        for key in keys:
            os.write(self.master, key.encode())

    def wait(self, ready: Callable[[], Any], what: str) -> Any:
        """Until ``ready``; reads the terminal meanwhile."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            self._read(0.02)
            value = ready()
            if value:
                return value
        raise AssertionError(f"it did not happen: {what}\n{self.glass.text}\n{self._said()}")

    def see(self, words: str) -> None:
        """Wait until ``words`` are on the glass."""
        self.wait(lambda: words in " ".join(self.glass.text.split()), words)

    def answer(self, words: str, *keys: str) -> None:
        """Wait for a question; then press like a person."""
        self.see(words)
        self.push(*keys)

    def push(self, *keys: str) -> None:
        """Press after a pause, and again where nothing happens: a page doesn't hear before it has settled."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            self.idle()
            before = self.drawn
            self.press(*keys)
            patience = time.monotonic() + 5.0
            while time.monotonic() < patience:
                self._read(0.02)
                if self.drawn != before or self.process.poll() is not None:
                    return
        raise AssertionError(f"nobody heard {keys}\n{self.glass.text}\n{self._said()}")

    def idle(self) -> None:
        """A pause that is longer than the one that the pages wait for before they hear."""
        until = time.monotonic() + 0.4
        while time.monotonic() < until:
            self._read(0.05)

    def results(self) -> list[dict[str, Any]]:
        """Everything saved so far, in order."""
        found = []
        for path in sorted((self.state_dir / "hands-on").glob("*/*.json")):
            if path.stem.isdigit():
                found += json.loads(path.read_text())["results"]
        return found

    def ended(self) -> int:
        """Its exit status, once it has ended."""
        return int(self.wait(lambda: self._poll(), "the end") - 1000)

    def kill(self, number: int = signal.SIGKILL) -> None:
        self.process.send_signal(number)
        self.process.wait(SECONDS)

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        os.close(self.master)
        assert self.process.stderr is not None
        self.process.stderr.close()

    def _poll(self) -> int | None:
        status = self.process.poll()
        return None if status is None else 1000 + status

    def _read(self, seconds: float) -> None:
        if select.select([self.master], [], [], seconds)[0]:
            with contextlib.suppress(OSError):  # EIO: the other end is closed
                data = os.read(self.master, 65536)
                self.drawn += len(data)
                self.glass.feed(data)

    def _said(self) -> str:
        assert self.process.stderr is not None
        os.set_blocking(self.process.stderr.fileno(), False)
        with contextlib.suppress(OSError):
            self.errors += self.process.stderr.read() or b""
        return self.errors.decode("utf-8", "replace")
