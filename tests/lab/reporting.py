"""One progress line a step, for people at a terminal and for logs."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Sequence
from typing import Any, TextIO

from tests.lab.following import Sight

WIDTH = 24
EVERY = 30.0  # seconds between two lines about the same step where lines can't be rewritten


def duration(seconds: float) -> str:
    """ "2 min 05 s"."""
    whole = round(seconds)
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 60 else f"{whole} s"


def gigabytes(size: int) -> str:
    """ "8.6 GB"."""
    return f"{size / 1e9:.1f} GB"


def bar(done: int, total: int) -> str:
    """ "[######----]  60 %", or nothing when the total isn't known."""
    if total <= 0:
        return ""
    share = min(1.0, done / total)
    full = round(share * WIDTH)
    return f"[{'#' * full}{'-' * (WIDTH - full)}] {share * 100:3.0f} %"


class Lines:
    """Prints the steps of one run: the current one is rewritten on a terminal, else said again now and then."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out, self._live = out, out.isatty()
        self._open, self._last = "", 0.0
        self._said: dict[str, str] = {}
        self._started: dict[str, float] = {}

    def say(self, text: str = "") -> None:
        """A line of its own."""
        self._close()
        print(text, file=self._out, flush=True)

    def wait(self, name: str, text: str = "", seconds: float | None = None) -> None:
        """What is going on now, in ``name``; ``seconds``: since when, if not since the first call."""
        now = time.monotonic()
        started = self._started.setdefault(name, now)
        took = seconds if seconds is not None else now - started
        line = f"  ▸ {name:<14} {text}".rstrip() + f"  ({duration(took)})"
        if self._live:
            print(f"\r\033[K{line}", end="", file=self._out, flush=True)
            self._open = name
        elif self._said.get(name) is None or now - self._last >= EVERY:
            print(line, file=self._out, flush=True)
            self._said[name], self._last = text, now

    def done(self, name: str, text: str = "", seconds: float | None = None, sign: str = "✔") -> None:
        """``name`` has ended."""
        started = self._started.pop(name, time.monotonic())  # the next PC has a step of that name too
        self._said.pop(name, None)
        took = seconds if seconds is not None else time.monotonic() - started
        self._close()
        print(f"  {sign} {name:<14} {duration(took):>12}  {text}".rstrip(), file=self._out, flush=True)

    def _close(self) -> None:
        if self._open:
            print("\r\033[K", end="", file=self._out)
            self._open = ""


class RunLines:
    """The steps of one run, each said once when it ends."""

    def __init__(self, lines: Lines) -> None:
        self._lines, self._ended = lines, set[str]()

    def show(self, now: Sight) -> None:
        """Print what has changed since the last time."""
        for step in now.steps:
            name = str(step["name"])
            if step["state"] in ("succeeded", "failed", "skipped") and name not in self._ended:
                self._ended.add(name)
                sign = {"succeeded": "✔", "skipped": "–"}.get(str(step["state"]), "✘")
                text = str(step.get("error") or "").split("\n")[0]
                self._lines.done(name, text, step_seconds(step), sign)
        step = now.current
        if step and step["state"] != "failed":
            progress = bar(int(step.get("done") or 0), int(step.get("total") or 0))
            left = step.get("eta_seconds")
            parts = [progress, working(now.jobs), f"{duration(left)} left" if left else ""]
            self._lines.wait(str(step["name"]), "  ".join(part for part in parts if part))


def working(jobs: Sequence[dict[str, Any]]) -> str:
    """What the machine itself is doing: "write 410 MB/s"; nothing when no job runs."""
    running = [job for job in jobs if job["state"] == "running"]
    if not running:
        return ""
    rate = sum(job["rate_per_second"] or 0 for job in running)
    return f"{running[0]['phase']} {rate / 1e6:.0f} MB/s" if rate else str(running[0]["phase"])


def step_seconds(step: dict[str, Any]) -> float | None:
    """How long a step took by the controller's own clock; None before it has ended."""
    if not step.get("started_at") or not step.get("ended_at"):
        return None
    start, end = (dt.datetime.fromisoformat(str(step[name])) for name in ("started_at", "ended_at"))
    return (end - start).total_seconds()
