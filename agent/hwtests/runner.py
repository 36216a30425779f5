"""Running tests: parallel ones together, exclusive ones alone, each in its own process. Never raises for a test."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from agent.clock import now_text
from agent.hwtests.machine import Machine
from agent.hwtests.plan import Planned, UnderWay, time_left
from agent.hwtests.process import Ended, run_program
from agent.protocol_tests import HardwareTestResult

log = logging.getLogger("agent.hwtests")

MAX_LANES = 32  # more drives than that wait for each other


class TestRun:
    """One going through of planned tests. What is done so far can be asked from any thread."""

    __test__ = False  # pytest: no test of ours

    def __init__(
        self,
        planned: Sequence[Planned],
        machine: Machine,
        options: dict[str, Any],
        *,
        done: Iterable[HardwareTestResult] = (),
        on_change: Callable[[], None] = lambda: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """``done``: results of an earlier going that was cut short; these tests are not run again."""
        self.planned = planned
        self.machine = machine
        self.options = options
        self.on_change = on_change
        self.stopping = stopping
        self._lock = threading.Lock()
        self._results: dict[tuple[str, str], HardwareTestResult] = {}
        self._running: dict[tuple[str, str], tuple[float, float]] = {}  # share, begun at
        keys = {one.key for one in planned}
        for result in done:
            if (result["name"], result["target"]) in keys:
                self._results[result["name"], result["target"]] = result

    def run(self) -> None:
        """Until all are done, or ``stopping`` says that nobody waits any longer."""
        for one in self.planned:
            if one.skip and one.key not in self._results:
                self._keep(one, now_text(), Ended("skipped", one.skip))
        left = [one for one in self.planned if one.key not in self._results]
        lanes: dict[tuple[str, str], list[Planned]] = {}
        for one in left:
            if one.header.runs == "parallel":
                lanes.setdefault(one.lane, []).append(one)
        if lanes:
            with ThreadPoolExecutor(max_workers=min(MAX_LANES, len(lanes))) as pool:
                list(pool.map(self._lane, lanes.values()))
        self._lane([one for one in left if one.header.runs == "exclusive"])

    def results(self) -> list[HardwareTestResult]:
        """What is known now, in the order of the plan."""
        with self._lock:
            return [self._results[one.key] for one in self.planned if one.key in self._results]

    def finished(self) -> int:
        with self._lock:
            return len(self._results)

    def seconds_left(self) -> float:
        now = time.monotonic()
        with self._lock:
            running = {key: UnderWay(share, now - begun) for key, (share, begun) in self._running.items()}
            return time_left((one for one in self.planned if one.key not in self._results), running, self.options)

    def message(self) -> str:
        """What runs now, in words."""
        with self._lock:
            return ", ".join(" ".join(part for part in key if part) for key in sorted(self._running))

    def _lane(self, lane: Sequence[Planned]) -> None:
        for one in lane:
            if self.stopping():
                return
            self._one(one)

    def _one(self, one: Planned) -> None:
        header = one.header
        request = {
            "target": one.target.facts,
            "options": header.chosen(self.options),
            "controller": self.machine.controller(self.options) if "controller" in header.needs else {},
            "root": str(self.machine.root),
        }
        started = now_text()
        with self._lock:
            begun = time.monotonic()
            self._running[one.key] = (0.0, begun)
        self._changed()

        def progress(share: float) -> None:
            with self._lock:
                self._running[one.key] = (min(share, 0.99), begun)
            self._changed()

        try:
            ended = run_program(
                header, request, header.limit(self.options), on_progress=progress, stopping=self.stopping
            )
        except Exception as problem:  # a fault of ours must not cost the other tests
            log.exception("%s", header.name)
            ended = Ended("fail", f"A fault of the agent ended the test: {type(problem).__name__}: {problem}.")
        with self._lock:
            self._running.pop(one.key, None)
        if ended.stopped:
            return  # it has no result: going on runs it again
        self._keep(one, started, ended)

    def _keep(self, one: Planned, started: str, ended: Ended) -> None:
        result = HardwareTestResult(
            name=one.header.name,
            subsystem=one.header.subsystem,
            target=one.target.key,
            outcome=ended.outcome,
            reason=ended.reason,
            figures=ended.figures,
            started_at=started,
            seconds=ended.seconds,
            automatic=not one.header.hands,
        )
        where = f" {one.target.key}" if one.target.key else ""
        log.info("%s%s: %s %s", one.header.name, where, ended.outcome.replace("_", " "), ended.reason)
        with self._lock:
            self._results[one.key] = result
        self._changed()

    def _changed(self) -> None:
        try:
            self.on_change()
        except Exception:  # whoever shows it must not stop the tests
            log.exception("the progress can't be told")
