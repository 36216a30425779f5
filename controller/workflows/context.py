"""What a step's functions are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from controller.core import Core
from controller.machines.announce import current_boot
from controller.machines.tables import Boot, Machine
from controller.workflows.outcome import Outcome, retry
from controller.workflows.runner import PlayResult, Target
from controller.workflows.steplog import Line, LogWriter
from controller.workflows.tables import Run, RunStep


@dataclass(frozen=True, kw_only=True)
class InTransaction:
    """A step's rows, in one writing transaction."""

    session: Session
    core: Core
    machine: Machine
    run: Run
    step: RunStep


@dataclass(frozen=True, kw_only=True)
class Acting:
    """A step at work, outside of any transaction."""

    core: Core
    machine_id: int
    run_id: int
    step_id: int
    step: str
    logs: LogWriter
    cancelled: Callable[[], bool]

    def log(self, text: str, level: str = "info", source: str = "controller") -> None:
        """One line to the step's log."""
        self.logs.put(Line(step_id=self.step_id, source=source, text=text, level=level))


def boot_in(session: Session, machine_id: int, mode: str) -> Boot | None:
    """The machine's accepted boot, if it runs in ``mode``."""
    boot = current_boot(session, machine_id)
    return boot if boot is not None and boot.mode == mode and boot.status == "accepted" else None


def target_of(machine: Machine, boot: Boot, profile: str) -> Target:
    """How Ansible reaches the machine in this boot."""
    return Target(name=machine.name, address=boot.address, host_keys=tuple(boot.ssh_host_keys), profile=profile)


def play_failure(result: PlayResult, message: str) -> Outcome:
    """A play that failed: an unreachable machine may pass by itself, a failed task is a person's."""
    outcome = retry(message, detail=result.error)
    if result.status in ("failed", "canceled"):
        outcome["kind"] = "failed"
    return outcome
