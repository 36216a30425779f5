"""Watches a drive that erases itself: until it is done, fails, stands still for too long, or is gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from agent.jobs.erase_techniques.bench import Bench, Failed, Lost, Stalled
from agent.protocol_erase import Attempt

State = Literal["idle", "running", "failed"]


@dataclass(frozen=True)
class Status:
    """What a drive says of its own erase at one moment. ``log`` goes into the evidence as it is."""

    state: State
    progress: float | None  # 0.0 to 1.0
    log: dict[str, Any]


class NoAnswer(Exception):
    """The drive gave no usable answer to a question about its state."""


Ask = Callable[[], Status]  # raises NoAnswer


def watch(bench: Bench, attempt: Attempt, ask: Ask) -> Status:
    """Wait for the end of what was begun; the last status. Raises Failed, Stalled, Lost or Stopped.

    A drive that is found idle has ended: whether well, its log and the read-back tell.
    """
    expected = bench.planned(attempt)["expected_seconds"]
    began = moved = heard = time.monotonic()
    furthest = -1.0
    while True:
        bench.check_stop()
        now = time.monotonic()
        try:
            status = ask()
        except NoAnswer as problem:
            if now - heard > bench.timing.silence:
                raise Lost(f"the drive does not answer any more: {problem}") from problem
        else:
            heard = now
            if status.state != "running":
                attempt["log_after"] = status.log
                if status.state == "failed":
                    raise Failed("the drive says that its erase failed")
                return status
            attempt["in_progress_seen"] = True
            attempt["log_after"] = status.log
            if status.progress is not None and status.progress > furthest:
                furthest, moved = status.progress, now
            show(bench, now - began, expected, status.progress)
            if now - moved > bench.timing.stall and now - began > expected:
                raise Stalled(
                    f"no progress for {now - moved:.0f} s, at {max(0.0, furthest):.0%}: the drive may still be at it"
                )
        time.sleep(bench.timing.poll)


def show(bench: Bench, gone: float, expected: float, fraction: float | None) -> None:
    """Progress of a drive that moves no bytes that we could count: its own fraction, else the time gone.

    One byte a second is added: the controller takes a count that never changes for a job that hangs, and here it is
    our watchdog that decides.
    """
    share = fraction if fraction is not None else min(0.99, gone / expected if expected > 0 else 0.0)
    size = bench.target.size_bytes
    bench.progress.advance(min(size, int(size * min(1.0, share)) + int(gone)))


def limit_seconds(expected: float) -> float:
    """How long a command that tells no progress may take: four times what was planned, half an hour at least."""
    return max(1800.0, 4 * expected)
