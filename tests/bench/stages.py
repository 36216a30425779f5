"""A run cut into stages: what the machine needs by itself, and the share that is ours. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Stage:
    """One part of the way from power-on to ready. ``ours``: neither booting nor erasing nor unpacking."""

    name: str
    seconds: float
    ours: bool


def at(text: str) -> dt.datetime:
    """A time of the API."""
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))


def seconds(start: str, end: str) -> float:
    """Between two times of the API."""
    return (at(end) - at(start)).total_seconds()


def _span(step: dict[str, Any]) -> float:
    return seconds(step["started_at"], step["ended_at"])


def stages(view: dict[str, Any], power_on_to_announced: float, total: float) -> list[Stage]:
    """The stages of a machine that became ready, from the API's full view of it.

    Booting, testing, erasing (the slowest drive's write and read-back) and unpacking (the image's write and its
    check on the disk) are the machine's; the rest of each step, and what lies between the steps, is ours.
    """
    steps = {step["name"]: step for step in view["run"]["steps"]}
    erasing = max(_erasing(erasure["evidence"]) for erasure in view["erasures"])
    timings = steps["install"]["result"]["timings"]
    unpacking = timings["write"] + timings.get("verify", 0.0)
    testing = _span(steps["test"])
    restart = seconds(steps["restart"]["started_at"], view["boot"]["announced_at"])
    found = [
        Stage("power-on to announcement (live image boots)", power_on_to_announced, False),
        Stage("inspect", _span(steps["inspect"]), True),
        Stage("test (the machine's own parts)", testing, False),
        Stage("authorise (a person; here a program)", _span(steps["authorise"]), True),
        Stage("erase: write and read back", erasing, False),
        Stage("erase: the rest of the step", _span(steps["erase"]) - erasing, True),
        Stage("install: write and check the image", unpacking, False),
        Stage("install: grow, personalise, the rest of the step", _span(steps["install"]) - unpacking, True),
        Stage("restart: to the installed system's announcement", restart, False),
        Stage("restart: the rest of the step", _span(steps["restart"]) - restart, True),
        Stage("check", _span(steps["check"]), True),
        Stage("seal", _span(steps["seal"]), True),
    ]
    between = total - sum(stage.seconds for stage in found)
    return [*found, Stage("acceptance, and between the steps", between, True)]


def _erasing(evidence: dict[str, Any]) -> float:
    return sum(seconds(evidence[part]["started_at"], evidence[part]["ended_at"]) for part in ("writer", "validator"))
