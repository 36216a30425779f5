"""Job ``test``: the automatic tests of the machine's parts. They only read the drives."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any, cast

from agent.collectors.chassis import collect_chassis
from agent.errors import AgentError
from agent.files import read_json, write_json
from agent.hwtests.catalogue import all_tests
from agent.hwtests.header import Header
from agent.hwtests.machine import Machine
from agent.hwtests.plan import Planned, plan_tests
from agent.hwtests.runner import TestRun
from agent.jobs.job import Job
from agent.jobs.progress import Phase
from agent.jobs.target_gate import TargetRefused, chassis_mismatches
from agent.protocol_tests import HardwareTestJobResult, HardwareTestResult

log = logging.getLogger("agent.hwtests")

KEPT = "results.json"  # in the job's folder, after each test: a job that is started again goes on after them


class HardwareTestJob(Job):
    """All tests of one machine. What is finished is in the result at any moment."""

    _tests: TestRun | None = None
    _planned = 0
    _written = 0

    def set_up(self) -> None:
        """Results may be asked for while a test ends."""
        self._telling = threading.Lock()

    def run(self) -> None:
        """Run them. Raises AgentError when they can't be begun: another machine, a test that nobody knows."""
        self.progress.unit = "tests"
        self.progress.begin("check", "comparing the machine with the inspected one")
        self._check_machine()
        options = self.spec.get("options")
        options = options if isinstance(options, dict) else {}
        machine = Machine(self.config)
        planned = plan_tests(chosen_tests(self.spec.get("tests")), machine)
        for problem in machine.problems:
            log.warning("%s", problem)
        kept = self._kept()
        if kept:
            log.info("%d results of before are kept", len(kept))
        self._tests = TestRun(planned, machine, options, done=kept, on_change=self._tell, stopping=self.stopping)
        self._begin(planned)
        self._tests.run()

    def result(self) -> HardwareTestJobResult:
        """The tests that are finished."""
        return HardwareTestJobResult(results=self._tests.results() if self._tests else self._kept())

    def error(self) -> str:
        """Only whether all tests were run: what they found is the results' own matter."""
        if self._tests is None:
            return "No test was run. Start the step again."
        finished = self._tests.finished()
        if finished < self._planned:
            return f"Only {finished} of {self._planned} tests came to their end. Start the step again."
        return ""

    def _check_machine(self) -> None:
        seen = collect_chassis(Path("/"), [], rig=self.rig)
        reasons = chassis_mismatches(self.spec.get("chassis") or {}, dict(seen))
        if reasons:
            raise TargetRefused(
                "Nothing was tested: " + "; ".join(reasons) + ".",
                hint="Inspect the machine again, then start the step.",
            )

    def _begin(self, planned: list[Planned]) -> None:
        self._planned = len(planned)
        self.progress.plan([Phase("check", 0), Phase("test", self._planned)])
        self.progress.begin("test")
        self._tell()

    def _tell(self) -> None:
        """Keep the results and say how far the tests are. Called by several threads."""
        if self._tests is None:
            return
        with self._telling:
            results = self._tests.results()
            if len(results) != self._written:
                write_json(self.folder / KEPT, {"results": results}, mode=0o600)
                self._written = len(results)
        self.progress.say(self._tests.message(), now=False)
        self.progress.advance(len(results), seconds_left=self._tests.seconds_left())

    def _kept(self) -> list[HardwareTestResult]:
        found = (read_json(self.folder / KEPT) or {}).get("results")
        return [cast(HardwareTestResult, one) for one in found if _is_result(one)] if isinstance(found, list) else []


def chosen_tests(names: Any) -> list[Header]:
    """The automatic tests of these names, all of them for none. Raises AgentError."""
    known = {header.name: header for header in all_tests() if not header.hands}
    wanted = list(dict.fromkeys(names)) if isinstance(names, list) and names else list(known)
    unknown = [str(name) for name in wanted if name not in known]
    if unknown:
        raise AgentError(
            f"This agent has no automatic test called {', '.join(unknown)}.", hint="Boot a newer live image."
        )
    return [known[name] for name in wanted]


def _is_result(one: Any) -> bool:
    return isinstance(one, dict) and {"name", "target", "outcome", "figures"} <= set(one)
