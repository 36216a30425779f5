"""Job ``erase``: one drive, from the gate to the evidence. plan → execute → evidence → first opinion."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path
from typing import Any

from agent.clock import now_text
from agent.collectors.drives import collect_drives
from agent.collectors.erase_facts import collect_erase_facts
from agent.collectors.smart import read_smart
from agent.jobs.drive_facts import drive_facts
from agent.jobs.erase_before import interruptions_before
from agent.jobs.erase_evidence import check_plan, completed_attempt, new_evidence
from agent.jobs.erase_hidden import areas_before, areas_left, native_of
from agent.jobs.erase_outcome import outcome_of
from agent.jobs.erase_preparations.ground import Ground
from agent.jobs.erase_preparations.prepare import prepare
from agent.jobs.erase_read_back import make_validator
from agent.jobs.erase_run import Execution
from agent.jobs.erase_techniques.bench import AttemptEnded, Timing
from agent.jobs.job import Job
from agent.jobs.machine_sleep import Floor
from agent.jobs.progress import Phase
from agent.jobs.target_gate import (
    Target,
    check_target,
    describe_key,
    drive_mismatches,
    spec_key,
    takes_down_holders,
)
from agent.jobs.validate_read import Validator
from agent.protocol import EraseResult
from agent.protocol_erase import AttemptOutcome, EraseFacts

log = logging.getLogger("agent.erase")


class EraseJob(Job):
    """One erase. ``evidence`` grows as the job goes on, so that a job cut short still tells what it did."""

    def set_up(self) -> None:
        """Evidence from the first moment on."""
        self.timing = Timing.of_rig(self.rig)
        self.evidence = new_evidence(self.spec, self.config.image_version if self.config else "")
        self._execution: Execution | None = None
        self._validator: Validator | None = None

    def run(self) -> None:
        """Do it. Raises AgentError when it can't be begun; what happens afterwards is in the evidence."""
        check_plan(self.spec.get("plan"))
        self.evidence["resumed_from"], self.evidence["interruptions"] = interruptions_before(self.spec, self.folder)
        self.progress.begin("check", "comparing the machine and the drive with the authorisation")
        target = check_target(self.spec, self.config, holders=takes_down_holders(self.spec))
        facts = self._look_before(target)
        floor = Floor(self.folder)
        try:
            target = self._prepare_and_erase(target, facts, floor)
            self._read_back(target)
        finally:
            floor.close()
        self._look_after(target)

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

    def abandon(self, outcome: AttemptOutcome, why: str) -> None:
        """Nobody waits for this job any longer: the attempt under way, if any, ended so."""
        attempts = self.evidence["attempts"]
        if attempts and not attempts[-1]["ended_at"]:
            attempts[-1].update(outcome=outcome, detail=why, ended_at=now_text())

    def _look_before(self, target: Target) -> EraseFacts:
        self._plan_progress(target)
        facts = collect_erase_facts(target.drive, rig=self.rig)
        self.evidence["drive_before"] = drive_facts(target.drive)
        self.evidence["erase_facts_before"] = facts
        self.evidence["smart_before"] = read_smart(target.path)
        self.evidence["size_bytes_reported"] = target.size_bytes
        self.evidence["size_bytes_native"] = native_of(facts)
        self.evidence["hidden_found"] = areas_before(self.spec, target, facts)
        return facts

    def _plan_progress(self, target: Target) -> None:
        size, plan = target.size_bytes, self.spec["plan"]
        overwrites = plan["techniques"][0]["technique"] == "overwrite-zero"
        reading = plan["overwrite_validation" if overwrites else "validation"]
        to_read = size if reading["mode"] == "full" else int(size * reading["share"])
        how = "write" if overwrites else "firmware"
        self.progress.plan([Phase("check", 0), Phase("prepare", 0), Phase(how, size), Phase("validate", to_read)])

    def _prepare_and_erase(self, target: Target, facts: EraseFacts, floor: Floor) -> Target:
        """The plan, up to the technique that completes; the drive as it is then (it may have grown)."""
        ground = Ground(
            spec=self.spec, config=self.config, target=target, facts=facts, folder=self.folder,
            progress=self.progress, stopping=self.stopping, timing=self.timing, floor=floor,
            recorded_native=spec_key(self.spec).get("native_bytes"),
        )  # fmt: skip
        names = self._preparations(facts)
        try:
            ready = prepare(ground, names, self.evidence["preparations"])
        except AttemptEnded as stopped:  # SIGTERM while it waited
            log.error("%s", stopped)
            return ground.target
        self.spec, target = ground.spec, ground.target
        self.evidence["size_bytes_reported"] = target.size_bytes
        self.evidence["hidden_left"] = areas_left(self.evidence["hidden_found"], target)
        if not ready:
            return target
        self._plan_progress(target)
        self._execution = Execution(
            self.spec, self.config, target, facts, self.evidence, self.folder, self.progress, self.stopping
        )
        self._execution.run()
        return self._execution.target

    def _preparations(self, facts: EraseFacts) -> list[Any]:
        """The plan's, and the end of our own password where a power cut left it on the drive after the inspection."""
        names = list(self.spec["plan"]["preparations"])
        security = facts["ata"]["security"] if facts["ata"] else None
        if security is not None and (security["locked"] or security["enabled"]):
            if security["locked"]:
                self._interrupted("the drive was found locked by a password")
            if "unlock" not in names:
                after = [name for name in names if name in ("take-down-holders", "thaw")]
                names = [*after, "unlock", *(name for name in names if name not in after)]
        return names

    def _interrupted(self, what: str) -> None:
        self.evidence["interruptions"].append({"at": now_text(), "what": what})

    def _read_back(self, target: Target) -> None:
        done = completed_attempt(self.evidence)
        if done is None:
            return
        self.evidence["technique"], self.evidence["writer"] = done["technique"], done["writer"]
        self._validator = make_validator(self.spec, target, done, self.evidence, self.progress, self.stopping)
        found = self._validator.run()
        log.info(
            "read %d of %d bytes back, %d reads with data, %d errors%s",
            found["bytes_read"],
            found["bytes_expected"],
            found["nonzero_reads"],
            len(found["errors"]),
            f": {found['stopped']}" if found["stopped"] else "",
        )

    def _look_after(self, target: Target) -> None:
        """The drive afterwards: still the same one, and what it says of itself now."""
        self.progress.begin("validate", f"{target.path}: asking the drive how it is")
        self.progress.advance(target.size_bytes)
        drives = collect_drives(Path("/"), [], rig=self.rig, smart=False)
        same = [drive for drive in drives if not drive_mismatches(spec_key(self.spec), drive)]
        if len(same) == 1:
            self.evidence["drive_after"] = drive_facts(same[0])
            self.evidence["erase_facts_after"] = collect_erase_facts(same[0], rig=self.rig)
            self.evidence["smart_after"] = read_smart(same[0]["path"])

    def _collect(self) -> None:
        """Put what is known of a part under way into the evidence; the work may hang in the kernel for ever."""
        attempts = self.evidence["attempts"]
        so_far = self._execution.writer_so_far() if self._execution else None
        if attempts and so_far is not None and attempts[-1]["writer"] is None:
            with contextlib.suppress(RuntimeError):
                attempts[-1]["writer"] = so_far()
        if self._validator is not None:
            self.evidence["validator"] = dict(self._validator.findings)
