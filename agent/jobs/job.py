"""What every kind of job is: made of a spec, run by a thread, asked for its result at any moment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from agent.config import Config
from agent.jobs.progress import Progress
from agent.protocol_erase import AttemptOutcome


class Job(ABC):
    """A kind of job. ``result`` and ``error`` may be asked at any moment, also while ``run`` hangs."""

    def __init__(
        self,
        spec: dict[str, Any],
        config: Config | None,
        progress: Progress,
        stopping: Callable[[], bool],
        folder: Path,
    ) -> None:
        """``stopping`` says that the job is to end; ``folder`` is the job's own, for what must survive a restart.

        Raises AgentError for a spec that can't be carried out.
        """
        self.spec = spec
        self.config = config
        self.progress = progress
        self.stopping = stopping
        self.folder = folder
        self.set_up()

    def set_up(self) -> None:  # noqa: B027 - most need nothing more
        """What this kind of job holds besides. Raises AgentError for a job that can't be carried out."""

    @property
    def rig(self) -> dict[str, Any] | None:
        """The settings of a played PC, in tests."""
        return self.config.rig if self.config else None

    @abstractmethod
    def run(self) -> None:
        """Do it. Raises AgentError."""

    @abstractmethod
    def result(self) -> Mapping[str, Any]:
        """What is done and found so far."""

    @abstractmethod
    def error(self) -> str:
        """Why it is not done, with what to do; "" when it is."""

    def abandon(self, outcome: AttemptOutcome, why: str) -> None:  # noqa: B027 - most have nothing to close
        """Nobody waits for this job any longer, although ``run`` has not come back: "stopped" or "stalled"."""
