"""What a technique works with, and the ways in which it can end before its success."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from agent.jobs.progress import Progress
from agent.jobs.target_gate import Target
from agent.protocol_erase import Attempt, AttemptOutcome, EraseFacts, ErasePlan, PlannedTechnique


class AttemptEnded(Exception):
    """A technique that ended without success. The text says what was seen, in words."""

    outcome: ClassVar[AttemptOutcome] = "failed"


class Refused(AttemptEnded):
    """The drive, or a check right before the command, said no: nothing was erased by this technique."""

    outcome = "refused"


class Failed(AttemptEnded):
    """The drive took the command and did not bring it to its end."""

    outcome = "failed"


class Stalled(AttemptEnded):
    """No progress for too long. The drive may still be at it, and takes no other command meanwhile."""

    outcome = "stalled"


class Lost(AttemptEnded):
    """The drive does not answer any more, or is gone: what came of the erase is unknown."""

    outcome = "lost"


class Stopped(AttemptEnded):
    """We were told to stop (SIGTERM)."""

    outcome = "stopped"


@dataclass(frozen=True)
class Timing:
    """Waiting times in seconds. Tests make them short through the rig's ``timing``."""

    poll: float = 5.0  # between two questions to a drive that erases itself
    stall: float = 900.0  # no progress for so long, and the planned time over: stalled
    silence: float = 60.0  # a drive that answers nothing for so long is lost
    suspend: int = 8  # how long the machine sleeps to thaw a drive
    settle: float = 20.0  # until a drive is back after a suspend or a change of its size
    gather: float = 2.0  # until the machine's other erase jobs are there, before the first write

    @classmethod
    def of_rig(cls, rig: dict[str, Any] | None) -> Timing:
        """The usual times, or those of a played PC."""
        return cls(**((rig or {}).get("timing") or {}))


@dataclass
class Bench:
    """One drive that passed the gate, open for us alone, and the means to work on it."""

    target: Target
    fd: int  # O_EXCL: nothing else can mount or hold the drive meanwhile
    plan: ErasePlan
    facts: EraseFacts  # read right before the first preparation
    folder: Path  # the job's own
    progress: Progress
    stopping: Callable[[], bool]
    timing: Timing = field(default_factory=Timing)
    writer_so_far: Callable[[], dict[str, Any]] | None = None

    @property
    def path(self) -> str:
        return self.target.path

    def planned(self, attempt: Attempt) -> PlannedTechnique:
        """The plan's line for an attempt."""
        return next(one for one in self.plan["techniques"] if one["technique"] == attempt["technique"])

    def check_stop(self) -> None:
        """Raises Stopped once we were told to stop."""
        if self.stopping():
            raise Stopped("stopped from outside")


Technique = Callable[[Bench, Attempt], None]  # returns when the drive is done; else raises AttemptEnded
