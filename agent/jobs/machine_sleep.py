"""Who may put the machine to sleep: only an erase job that needs a drive thawed, and only while no other one works.

Every erase job is a process of its own. While it works on its drive it holds a shared lock; sleeping needs the lock
alone. Jobs whose plan thaws a drive go first, so the others wait for them before they begin.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from agent.files import read_json

LOCK_NAME = ".sleep.lock"
DONE_NAME = "thawed"  # in a job's folder: it needs the machine to sleep no more
START_SECONDS = 30.0  # from a spec to its running job
LOOK_SECONDS = 0.2
PATIENCE_SECONDS = 600.0  # for others to sleep first: a sleeper may itself wait for a drive that works for hours


class Floor:
    """The right to work on drives, shared by the machine's erase jobs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder  # this job's own
        self._fd = os.open(folder.parent / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._inside = False

    def close(self) -> None:
        """Give it back."""
        os.close(self._fd)

    def alone(self, waiting: Callable[[float], None]) -> None:
        """Wait until no other job works. ``waiting`` gets the seconds gone; what it raises is passed on."""
        self._lock(fcntl.LOCK_EX, waiting)

    def leave(self) -> None:
        """The end of being alone."""
        fcntl.flock(self._fd, fcntl.LOCK_UN)
        self._inside = False

    def slept(self) -> None:
        """Tell the others that this job needs the machine to sleep no more."""
        (self.folder / DONE_NAME).touch()

    def enter(self, gather: float, waiting: Callable[[float], None]) -> None:
        """Begin to work, once every job that still has to put the machine to sleep has done so."""
        if self._inside:
            return
        began = time.monotonic()
        while (gone := time.monotonic() - began) < gather or (gone < PATIENCE_SECONDS and sleepers(self.folder)):
            waiting(gone)
            time.sleep(LOOK_SECONDS)
        self._lock(fcntl.LOCK_SH, waiting)
        self._inside = True

    def _lock(self, how: int, waiting: Callable[[float], None]) -> None:
        began = time.monotonic()
        while True:
            try:
                fcntl.flock(self._fd, how | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting(time.monotonic() - began)
                time.sleep(LOOK_SECONDS)
            else:
                return


def sleepers(folder: Path) -> list[str]:
    """The other jobs beside ``folder`` that will still put the machine to sleep."""
    return [other.name for other in sorted(folder.parent.glob("*")) if other != folder and _will_sleep(other)]


def _will_sleep(folder: Path) -> bool:
    spec = read_json(folder / "spec.json") or {}
    plan = spec.get("plan")
    if spec.get("kind") != "erase" or not isinstance(plan, dict) or "thaw" not in plan.get("preparations", []):
        return False
    if (folder / "result.json").exists() or (folder / DONE_NAME).exists():
        return False
    try:
        young = time.time() - (folder / "spec.json").stat().st_mtime < START_SECONDS
        return young or _runs(folder / "lock")
    except OSError:
        return False


def _runs(lock: Path) -> bool:
    """Whether the process of a job is alive: it holds its folder's lock."""
    with lock.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
