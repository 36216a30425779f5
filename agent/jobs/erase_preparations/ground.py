"""What a preparation works with."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.config import Config
from agent.errors import AgentError
from agent.jobs.erase_techniques.bench import Stopped, Timing
from agent.jobs.machine_sleep import Floor
from agent.jobs.progress import Progress
from agent.jobs.target_gate import Target, check_target
from agent.protocol_erase import CommandRecord, EraseFacts

LOOK_SECONDS = 0.2
WORTH_SAYING_SECONDS = 3.0  # a shorter wait is none to a person


class PreparationFailed(Exception):
    """It could not be done. The text says what was seen and what to do next."""


@dataclass
class Ground:
    """A drive that passed the gate and is not open yet. ``target`` and ``spec`` follow a drive that grows."""

    spec: dict[str, Any]
    config: Config | None
    target: Target
    facts: EraseFacts
    folder: Path
    progress: Progress
    stopping: Callable[[], bool]
    timing: Timing
    floor: Floor
    recorded_native: int | None = None  # the drive's native size as it was inspected, where the controller says it
    records: list[CommandRecord] = field(default_factory=list)  # of the preparation under way

    @property
    def rig(self) -> dict[str, Any] | None:
        return self.config.rig if self.config else None

    def waiting(self, what: str) -> Callable[[float], None]:
        """A callback that shows a wait and ends it when we are told to stop."""

        def show(gone: float) -> None:
            if self.stopping():
                raise Stopped("stopped from outside")
            if gone > WORTH_SAYING_SECONDS:
                self.progress.say(what)
                self.progress.advance(int(gone))

        return show

    def find_again(self, wanted: Callable[[Target], bool] = lambda _: True) -> None:
        """Pass the gate again, after something that may have moved or changed the drive. Raises PreparationFailed."""
        until = time.monotonic() + self.timing.settle
        while True:
            why: Exception | None = None
            try:
                target = check_target(self.spec, self.config)
            except AgentError as problem:
                why = problem
            else:
                if wanted(target):
                    self.target = target
                    return
            if time.monotonic() > until:
                raise PreparationFailed(str(why) if why else "the drive did not change as it should") from why
            time.sleep(LOOK_SECONDS)
