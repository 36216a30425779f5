"""Work that takes long: a systemd unit of its own on the machine, which neither a lost link nor a restarted agent ends.

Idempotent by name: what runs already is joined, not started twice. The log and the end are read from files, so that a
play that comes back hours later still learns how it went. Who names the work (``once``) gets its end however often it
asks, and never a second run of the same work.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path("/run/recyclerie/maintain")
NAME = re.compile(r"[a-z0-9][a-z0-9+.-]{0,60}")
LOG_BYTES = 64 * 1024
POLL_SECONDS = 1.0
NOISE = re.compile(
    r"\(Reading database \.\.\.( \d+%)?|(Get|Hit|Ign):\d+ .*|Reading (package lists|state information)\.\.\..*"
)
# So that apt asks nobody anything, and prints what we look for.
ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", "HOME": "/root", "NEEDRESTART_MODE": "a"}


class LongWorkProblem(Exception):
    """What could not be started or did not end well, and what to do next."""


@dataclass(frozen=True)
class Ended:
    """How it went. ``joined``: it was there before this play came. ``status``: None while it still runs."""

    status: int | None
    log: str
    joined: bool
    lines: tuple[str, ...] = ()  # what it said since this was asked before

    @property
    def last_line(self) -> str:
        """The last thing that it said."""
        lines = [line.strip() for line in self.log.splitlines() if line.strip()]
        return lines[-1] if lines else ""


def unit_name(name: str) -> str:
    """The unit of this work."""
    if not NAME.fullmatch(name):
        raise LongWorkProblem(f"{name!r} can't be the name of a unit. Use small letters, digits and hyphens.")
    return f"recyclerie-maintain-{name}.service"


def run_long(
    name: str,
    argv: Sequence[str],
    timeout: float,
    once: str = "",
    patience: float | None = None,
    reader: str = "",
) -> Ended:
    """Start it, or join it, and wait for its end, or for ``patience`` seconds. Each ``reader`` is told every line once.

    LongWorkProblem when it can't be started, was ended, or takes longer than ``timeout`` seconds.
    """
    unit, folder = unit_name(name), FOLDER / name
    joined = _active(unit) or (bool(once) and _text(folder / "once") == once)
    if not joined:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in ("log", "status", "told", "once"):
            (folder / old).unlink(missing_ok=True)
        _start(unit, folder, argv)
        (folder / "once").write_text(once)
    begun = time.monotonic()
    while _active(unit):
        if patience is not None and time.monotonic() - begun >= patience:
            return Ended(None, _tail(folder / "log"), joined, _news(folder, reader))
        if time.monotonic() - begun > timeout:
            raise LongWorkProblem(
                f"{name} still runs after {timeout:.0f} s; it goes on by itself. Play it again to wait for its end."
            )
        time.sleep(POLL_SECONDS)
    try:
        status = int((folder / "status").read_text())
    except (OSError, ValueError):
        raise LongWorkProblem(f"{name} was ended before its time, by a restart perhaps. Play it again.") from None
    return Ended(status, _tail(folder / "log"), joined, _news(folder, reader))


def _start(unit: str, folder: Path, argv: Sequence[str]) -> None:
    script = (
        f"{shlex.join(argv)} >{folder}/log 2>&1; echo $? >{folder}/status.new; mv {folder}/status.new {folder}/status"
    )
    command = ["systemd-run", "--quiet", "--collect", f"--unit={unit}"]
    command += [f"--setenv={name}={value}" for name, value in ENVIRONMENT.items()]
    done = subprocess.run([*command, "/bin/sh", "-c", script], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LongWorkProblem(f"systemd did not start {unit}: {done.stderr.strip()}. Restart the machine, try again.")


def _active(unit: str) -> bool:
    done = subprocess.run(["systemctl", "is-active", unit], capture_output=True, text=True, check=False)
    return done.stdout.strip() in ("active", "activating", "deactivating", "reloading")


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _news(folder: Path, reader: str) -> tuple[str, ...]:
    """The lines that this reader was not told yet; how far they go is remembered. Another one hears all of them."""
    told = folder / "told"
    try:
        before, _, place = _text(told).rpartition(" ")
        since = int(place) if place and before == reader else 0
        with (folder / "log").open("rb") as file:
            file.seek(since)
            data = file.read(LOG_BYTES)
    except (OSError, ValueError):
        return ()
    whole = data[: data.rfind(b"\n") + 1]
    told.write_text(f"{reader} {since + len(whole)}")
    lines = [line.rstrip() for line in whole.decode("utf-8", "replace").splitlines()]
    return tuple(line for line in lines if line and not NOISE.fullmatch(line))


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - LOG_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
