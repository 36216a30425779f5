"""Progress of a job: phases in bytes or other units, a rate, the time left; written at most once a second."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from agent.jobs.folder import JobFolder

WRITE_SECONDS = 1.0
RATE_WINDOW_SECONDS = 15.0


@dataclass(frozen=True)
class Phase:
    """One part of a job and its size, in the job's unit; 0 for a part whose length nobody knows."""

    name: str
    total: int


class Progress:
    """Where a job stands. Any thread may tell; readers take the file."""

    def __init__(self, folder: JobFolder, kind: str, started_at: str) -> None:
        self.unit = "bytes"  # what phases count; 8 letters at most
        self.folder = folder
        self.kind = kind
        self.started_at = started_at
        self.moved_at = time.monotonic()  # the last moment at which anything moved
        self.watched = False  # whether standing still is a fault in this phase
        self._lock = threading.Lock()
        self._phases: list[Phase] = []
        self._current = Phase("check", 0)
        self._done = 0
        self._left: float | None = None  # seconds, where the job knows better than the rate
        self._message = ""
        self._written_at = 0.0
        self._samples: deque[tuple[float, int]] = deque(maxlen=64)

    def plan(self, phases: Sequence[Phase]) -> None:
        """All phases to come, so that the time left is the whole job's."""
        self._phases = list(phases)

    def begin(self, name: str, message: str = "", *, watched: bool = False) -> None:
        """Enter a phase. ``watched``: a minutes-long standstill of it means a drive that hangs."""
        with self._lock:
            known = [phase for phase in self._phases if phase.name == name]
            self._current = known[0] if known else Phase(name, 0)
            self._done = 0
            self._message = message
            self._samples.clear()
            self.watched = watched
            self._moved()
            self._write(force=True)

    def advance(self, done: int, *, seconds_left: float | None = None) -> None:
        """``done`` of this phase is done, in the job's unit. ``seconds_left`` is used instead of the rate."""
        with self._lock:
            self._left = seconds_left
            if done != self._done:
                self._done = done
                self._moved()
            self._write()

    def say(self, message: str, *, now: bool = True) -> None:
        """A word on what is happening, beside the numbers. ``now=False``: with the next write."""
        with self._lock:
            self._message = message
            if now:
                self._write(force=True)

    def busy(self, with_drive: bool) -> None:
        """In a phase that also waits for the network: only the time with the drive may count as a standstill."""
        with self._lock:
            self.watched = with_drive
            self.moved_at = time.monotonic()

    def finish(self) -> None:
        """The last write of a job."""
        with self._lock:
            self.watched = False
            self._write(force=True)

    def _moved(self) -> None:
        now = time.monotonic()
        self.moved_at = now
        if not self._samples or now - self._samples[-1][0] >= 0.25:
            self._samples.append((now, self._done))
        while self._samples and now - self._samples[0][0] > RATE_WINDOW_SECONDS:
            self._samples.popleft()

    def _write(self, *, force: bool = False) -> None:
        now = time.monotonic()
        if not force and now - self._written_at < WRITE_SECONDS:
            return
        self._written_at = now
        rate = self._rate()
        self.folder.write_progress(
            {
                "job_id": self.folder.job_id,
                "kind": self.kind,
                "phase": self._current.name,
                "done": self._done,
                "total": self._current.total,
                "unit": self.unit,
                "rate_per_second": round(rate) if rate and self._left is None else None,
                "eta_seconds": self._eta(rate),
                "message": self._message,
                "started_at": self.started_at,
            }
        )

    def _rate(self) -> float | None:
        if len(self._samples) < 2:
            return None
        (first_at, first), (last_at, last) = self._samples[0], self._samples[-1]
        return (last - first) / (last_at - first_at) if last_at > first_at and last > first else None

    def _eta(self, rate: float | None) -> float | None:
        if self._left is not None:
            return round(self._left, 1)
        if not rate or self._current not in self._phases:
            return None
        later = self._phases[self._phases.index(self._current) + 1 :]
        left = self._current.total - self._done + sum(phase.total for phase in later)
        return round(left / rate, 1)
