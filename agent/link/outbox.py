"""What waits to be sent: the spool for what must arrive, and the newest progress of each job."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from agent.link.spool import Spool
from agent.protocol import JOB_PROGRESS

PROGRESS_SECONDS = 1.0  # at most one progress message a second for each job


class Outbox:
    """The one place where the agent's parts leave what they have to say. Used from the event loop only."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self.wake = asyncio.Event()  # something may be ready to be sent
        self._progress: dict[str, dict[str, Any]] = {}
        self._sent_at: dict[str, float] = {}

    def keep(self, kind: str, body: dict[str, Any], *, message_id: str | None = None) -> None:
        """Leave a message that must arrive."""
        self.spool.add(kind, body, message_id=message_id)
        self.wake.set()

    def progress(self, job_id: str, body: dict[str, Any]) -> None:
        """Leave a job's progress; it replaces one that has not been sent."""
        self._progress[job_id] = body
        self.wake.set()

    def take_fresh(self) -> list[tuple[str, dict[str, Any]]]:
        """Progress messages whose turn has come."""
        now = time.monotonic()
        ready = [job for job in self._progress if now - self._sent_at.get(job, -10.0) >= PROGRESS_SECONDS]
        for job in ready:
            self._sent_at[job] = now
        return [(JOB_PROGRESS, self._progress.pop(job)) for job in ready]

    def until_fresh(self) -> float:
        """Seconds until the next progress message may go; infinite when none waits."""
        now = time.monotonic()
        waits = [self._sent_at.get(job, -10.0) + PROGRESS_SECONDS - now for job in self._progress]
        return max(0.0, min(waits)) if waits else float("inf")

    def acknowledge(self, message_id: str) -> None:
        """The controller has it: forget it. A second acknowledgement does nothing."""
        self.spool.drop(message_id)
