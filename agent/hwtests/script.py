"""The program's side of a hardware test: the request on standard input, JSON lines on standard output.

A program ends with ``if __name__ == "__main__": run_script(test)``, where ``test(request)`` returns an Outcome.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from agent.protocol_tests import TestOutcome

PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass(frozen=True)
class Outcome:
    """How a test ended. ``reason`` is English with its values in it; "" for a plain pass."""

    outcome: TestOutcome
    reason: str = ""
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What a program is asked. ``target`` describes the thing to try (a drive of the inventory); {} for the machine."""

    target: dict[str, Any]
    options: dict[str, Any]
    controller: dict[str, Any]  # url, ca_file, token_file; {} when there is none
    root: Path = Path("/")

    def seconds(self, option: str, default: float) -> float:
        """An option in seconds; the default for something else."""
        try:
            return max(0.0, float(self.options.get(option, default)))
        except (TypeError, ValueError):
            return default

    def progress(self, share: float) -> None:
        """How much is done, 0 to 1."""
        _line({"progress": round(min(1.0, max(0.0, share)), 4)})

    def figures(self, figures: dict[str, Any]) -> None:
        """Figures so far: they count when the test is killed before its end."""
        _line({"figures": figures})


class Stopped(BaseException):
    """SIGTERM: the time is over. A program may catch it to leave the machine as it was; it has a few seconds."""


def die_with_parent(parent: int | None = None) -> None:
    """Ask the kernel to end this process when the one that started it is gone, however that ended."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent is not None and os.getppid() != parent:  # it was faster
        os._exit(1)


def run_script(test: Callable[[Request], Outcome]) -> None:
    """Read the request, run the test, say its outcome. What it raises ends the process with a traceback."""

    def on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the form of handlers
        raise Stopped

    die_with_parent()
    signal.signal(signal.SIGTERM, on_signal)
    raw = json.loads(sys.stdin.read() or "{}")
    request = Request(
        target=raw.get("target") or {},
        options=raw.get("options") or {},
        controller=raw.get("controller") or {},
        root=Path(raw.get("root") or "/"),
    )
    try:
        outcome = test(request)
    except Stopped:
        sys.stdout.flush()
        os._exit(128 + signal.SIGTERM)
    _line({"outcome": outcome.outcome, "reason": outcome.reason, "figures": outcome.figures})


def _line(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()
