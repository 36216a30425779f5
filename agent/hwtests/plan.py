"""What will be run: each test on each of its targets, or why not. Looking costs nothing; nothing runs here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from agent.hwtests.header import Header
from agent.hwtests.machine import Machine, Target, absent
from agent.hwtests.needs import missing_needs

TELLING_SHARE = 0.05


@dataclass(frozen=True)
class Planned:
    """One test on one target. ``skip`` says why it will not run."""

    header: Header
    target: Target
    skip: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return (self.header.name, self.target.key)

    @property
    def lane(self) -> tuple[str, str]:
        """Tests of one lane run one after the other: two of them on one drive would spoil each other's figures."""
        return (self.header.subsystem, self.target.key)


def plan_tests(headers: Iterable[Header], machine: Machine) -> list[Planned]:
    """Every test on every target, in the order of the headers. A test without a target is there once, as skipped."""
    planned = []
    for header in headers:
        targets = machine.targets(header.targets)
        if not targets:
            planned.append(Planned(header, Target("", {}), absent(header.targets)))
            continue
        missing = missing_needs(header.needs, machine)
        why = f"Missing here: {', '.join(missing)}." if missing else ""
        planned += [Planned(header, target, target.skip or why) for target in targets]
    return planned


@dataclass(frozen=True)
class UnderWay:
    """A test that runs: the share that it has done, 0 to 1, and for how many seconds it runs."""

    share: float
    seconds: float

    def left(self, usual: float) -> float:
        """Seconds to go: from what it did so far once that says something, else from what is usual."""
        if self.share >= TELLING_SHARE:
            return self.seconds * (1 - self.share) / self.share
        return max(0.0, usual - self.seconds)


NOT_BEGUN = UnderWay(0.0, 0.0)


def time_left(planned: Iterable[Planned], running: dict[tuple[str, str], UnderWay], options: dict[str, Any]) -> float:
    """Seconds that the rest will take.

    Parallel tests take as long as their longest lane, exclusive ones add up.
    """
    lanes: dict[tuple[str, str], float] = {}
    exclusive = 0.0
    for one in planned:
        if one.skip:
            continue
        left = running.get(one.key, NOT_BEGUN).left(one.header.usual(options))
        if one.header.runs == "exclusive":
            exclusive += left
        else:
            lanes[one.lane] = lanes.get(one.lane, 0.0) + left
    return exclusive + max(lanes.values(), default=0.0)
