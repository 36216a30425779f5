"""Job ``erase``: one drive, from the gate to the evidence. plan → execute → evidence → first opinion."""

from __future__ import annotations

import contextlib
import inspect
import logging
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.collectors.drives import collect_drives
from agent.collectors.smart import read_smart
from agent.config import Config
from agent.jobs.drive_facts import drive_facts, native_size
from agent.jobs.erase_evidence import check_plan, completed_attempt, new_evidence
from agent.jobs.erase_outcome import outcome_of
from agent.jobs.erase_techniques.attempt import new_attempt, run_attempt
from agent.jobs.erase_techniques.bench import Bench, Timing
from agent.jobs.progress import Phase, Progress
from agent.jobs.target_gate import Target, check_target, describe_key, drive_mismatches, open_target
from agent.jobs.validate_read import Validator
from agent.protocol import EraseResult
from agent.protocol_erase import Attempt

log = logging.getLogger("agent.erase")


class EraseJob:
    """One erase. ``evidence`` grows as the job goes on, so that a job cut short still tells what it did."""

    def __init__(
        self,
        spec: dict[str, Any],
        config: Config | None,
        progress: Progress,
        stopping: Callable[[], bool],
        folder: Path,
    ) -> None:
        self.spec = spec
        self.config = config
        self.rig = config.rig if config else None
        self.progress = progress
        self.stopping = stopping
        self.folder = folder
        self.evidence = new_evidence(spec, config.image_version if config else "")
        self._bench: Bench | None = None
        self._validator: Validator | None = None

    def run(self) -> None:
        """Do it. Raises AgentError when it can't be begun; what happens afterwards is in the evidence."""
        target = self._check()
        self._execute(target)
        done = completed_attempt(self.evidence)
        if done is not None:
            self.evidence["technique"], self.evidence["writer"] = done["technique"], done["writer"]
            self._validate(target, done)
        self._look_again(target)

    def result(self) -> EraseResult:
        """The evidence so far, and what we think of it. The controller computes the claim again."""
        self._collect()
        outcome, _ = outcome_of(self.evidence)
        return EraseResult(evidence=self.evidence, outcome=outcome)

    def error(self) -> str:
        """Why the drive is not erased, with what to do; "" when it is."""
        self._collect()
        outcome, reasons = outcome_of(self.evidence)
        if outcome == "erased":
            return ""
        said = "; ".join(reasons)
        name = describe_key(self.spec["drive"])
        return f"{name} is not proven erased: {said}. Try once more, or take the drive out and destroy it."

    def _check(self) -> Target:
        check_plan(self.spec.get("plan"))
        self.progress.begin("check", "comparing the machine and the drive with the authorisation")
        target = check_target(self.spec, self.config)
        self._plan_progress(target)
        self.evidence["drive_before"] = drive_facts(target.drive)
        self.evidence["size_bytes_reported"] = target.size_bytes
        self.evidence["smart_before"] = read_smart(target.path)
        self.evidence["size_bytes_native"] = native_size(target.drive)
        return target

    def _plan_progress(self, target: Target) -> None:
        size = target.size_bytes
        self.progress.plan([Phase("check", 0), Phase("write", size), Phase("validate", size)])

    def _execute(self, target: Target) -> None:
        """The techniques in the plan's order, until one completes or the drive can't be worked on any more."""
        fd = open_target(self.spec, target, self.config)
        bench = self._bench = Bench(
            target, fd, self.spec["plan"], self.folder, self.progress, self.stopping, Timing.of_rig(self.rig)
        )
        try:
            for planned in self.spec["plan"]["techniques"]:
                if bench.fd < 0:  # nwipe had it
                    bench.fd = open_target(self.spec, target, self.config)
                attempt = new_attempt(planned["technique"])
                self.evidence["attempts"].append(attempt)
                run_attempt(attempt, bench)
                if attempt["outcome"] not in ("refused", "failed"):
                    break
        finally:
            if bench.fd >= 0:
                os.close(bench.fd)

    def _validate(self, target: Target, done: Attempt) -> None:
        overwritten = done["technique"] == "overwrite-zero"
        how = self.spec["plan"]["overwrite_validation" if overwritten else "validation"]
        self.progress.begin("validate", f"{target.path}: reading back", watched=True)
        more: dict[str, Any] = {}
        if "mode" in inspect.signature(Validator).parameters:
            more = {
                "mode": how["mode"],
                "share": how["share"],
                "slices": how["slices"],
                "expect": "zeros" if overwritten else "changed",
                "seed": secrets.token_hex(16),  # nobody can know beforehand which places are read
                "canaries": self.evidence["canaries"],
                "samples_before": self.evidence["samples_before"],
            }
        self._validator = Validator(
            target.path,
            target.size_bytes,
            expected_number=target.number,
            advance=self.progress.advance,
            stopping=self.stopping,
            **more,
        )
        found = self._validator.run()
        log.info(
            "read %d of %d bytes back, %d reads with data, %d errors%s",
            found["bytes_read"],
            found["bytes_expected"],
            found["nonzero_reads"],
            len(found["errors"]),
            f": {found['stopped']}" if found["stopped"] else "",
        )

    def _look_again(self, target: Target) -> None:
        """The drive afterwards: still the same one, and what it says of itself now."""
        self.progress.begin("validate", f"{target.path}: asking the drive how it is")
        self.progress.advance(target.size_bytes)
        drives = collect_drives(Path("/"), [], rig=self.rig, smart=False)
        same = [drive for drive in drives if not drive_mismatches(self.spec["drive"], drive)]
        if len(same) == 1:
            self.evidence["drive_after"] = drive_facts(same[0])
            self.evidence["smart_after"] = read_smart(same[0]["path"])

    def _collect(self) -> None:
        """Put what is known of a part under way into the evidence; the work may hang in the kernel for ever."""
        attempts = self.evidence["attempts"]
        so_far = self._bench.writer_so_far if self._bench else None
        if attempts and so_far is not None and attempts[-1]["writer"] is None:
            with contextlib.suppress(RuntimeError):
                attempts[-1]["writer"] = so_far()
        if self._validator is not None:
            self.evidence["validator"] = dict(self._validator.findings)
