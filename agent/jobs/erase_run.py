"""The plan's techniques on an open drive, in their order, with the marks that will show whether they erased."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.clock import now_text
from agent.config import Config
from agent.errors import AgentError
from agent.jobs.canaries import write_canaries
from agent.jobs.erase_techniques.attempt import new_attempt, run_attempt
from agent.jobs.erase_techniques.bench import AttemptEnded, Bench, Timing
from agent.jobs.erase_techniques.under_way import wait_for_earlier
from agent.jobs.progress import Progress
from agent.jobs.target_gate import Target, check_target, open_target
from agent.jobs.validate_samples import read_samples
from agent.protocol_erase import Attempt, EraseFacts

log = logging.getLogger("agent.erase")

LOOK_SECONDS = 0.5


class Execution:
    """Techniques until one completes, or until the drive can't be worked on any more."""

    def __init__(
        self,
        spec: dict[str, Any],
        config: Config | None,
        target: Target,
        facts: EraseFacts,
        evidence: dict[str, Any],
        folder: Path,
        progress: Progress,
        stopping: Callable[[], bool],
    ) -> None:
        self.spec = spec
        self.config = config
        self.target = target
        self.evidence = evidence
        timing = Timing.of_rig(config.rig if config else None)
        # Raises TargetRefused: the last gate before the first write.
        fd = open_target(spec, target, config)
        self.bench = Bench(target, fd, spec["plan"], facts, folder, progress, stopping, timing)

    def run(self) -> None:
        """What happens is in the evidence. Raises AgentError when the drive can't be opened alone any more."""
        try:
            if self._free_at_last():
                self._mark()
                self._attempts()
        finally:
            self._close()
        self._find_again()

    def writer_so_far(self) -> Callable[[], dict[str, Any]] | None:
        """Asks the overwrite under way, if any, how far it is."""
        return self.bench.writer_so_far

    def _free_at_last(self) -> bool:
        """Whether the drive takes commands: one that still sanitizes itself is waited for."""
        earlier = new_attempt(self.spec["plan"]["techniques"][0]["technique"])
        try:
            if wait_for_earlier(self.bench, earlier):
                what = "the drive was still at a sanitize that was begun before this job; it was waited for"
                self.evidence["interruptions"].append({"at": now_text(), "what": what})
        except AttemptEnded as ended:
            earlier["outcome"], earlier["ended_at"] = ended.outcome, now_text()
            earlier["detail"] = f"a sanitize that was begun before this job: {ended}"
            self.evidence["attempts"].append(earlier)
            return False
        return True

    def _mark(self) -> None:
        """Canaries and samples, where the drive is to erase itself: an overwrite is proven by reading zeros."""
        plan = self.spec["plan"]
        if all(planned["technique"] == "overwrite-zero" for planned in plan["techniques"]):
            return
        bench = self.bench
        bench.progress.begin("prepare", f"{self.target.path}: marking places all over the drive")
        size, block = self.target.size_bytes, self.target.logical_block_bytes
        if plan["canaries"]:
            self.evidence["canaries"] = write_canaries(bench.fd, size, block, int(plan["canaries"]))
        # After the canaries, so that a sample that falls on one is of what is there now.
        self.evidence["samples_before"] = read_samples(
            self.target.path, size, secrets.token_hex(16), stopping=bench.stopping
        )

    def _attempts(self) -> None:
        for planned in self.spec["plan"]["techniques"]:
            if self.bench.fd < 0:  # nwipe had it
                self.bench.fd = open_target(self.spec, self.target, self.config)
            attempt = new_attempt(planned["technique"])
            self.evidence["attempts"].append(attempt)
            run_attempt(attempt, self.bench)
            if not may_go_on(attempt):
                return

    def _close(self) -> None:
        if self.bench.fd >= 0:
            with contextlib.suppress(OSError):
                os.close(self.bench.fd)
            self.bench.fd = -1

    def _find_again(self) -> None:
        """Pass the gate again for the read-back: a drive that erased itself may come back under another name."""
        until = time.monotonic() + self.bench.timing.settle
        while True:
            try:
                self.target = check_target(self.spec, self.config)
                return
            except AgentError as problem:
                if time.monotonic() > until or self.bench.stopping():
                    log.error("%s", problem)
                    return
            time.sleep(LOOK_SECONDS)


def may_go_on(attempt: Attempt) -> bool:
    """Whether the next technique may be tried: not after success, and not on a drive that is busy, locked or gone."""
    locked = "password_left" in (attempt["log_after"] or {})
    return attempt["outcome"] in ("refused", "failed") and not locked
