"""Job ``erase``: one drive, from the gate to the evidence. plan → execute → evidence → first opinion."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.collectors.block import reread_partitions
from agent.collectors.drives import collect_drives
from agent.collectors.smart import read_smart
from agent.config import Config
from agent.errors import AgentError
from agent.jobs.drive_facts import drive_facts, native_size
from agent.jobs.erase_outcome import outcome_of
from agent.jobs.erase_write import ZeroWriter
from agent.jobs.progress import Phase, Progress
from agent.jobs.target_gate import Target, check_target, describe_key, drive_mismatches, open_target
from agent.jobs.validate_read import Validator
from agent.protocol import EraseResult

log = logging.getLogger("agent.erase")

SCHEMA = "recyclerie.evidence/1"


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
        self.progress = progress
        self.stopping = stopping
        self.folder = folder
        plan = spec.get("plan") or {}
        self.evidence: dict[str, Any] = {
            "schema": SCHEMA,
            "technique": str(plan.get("technique", "")),
            "authorisation_id": spec.get("authorisation_id"),
            "authorised_by": spec.get("authorised_by"),
            "drive_before": None,
            "drive_after": None,
            "smart_before": None,
            "smart_after": None,
            "writer": None,
            "validator": None,
            "size_bytes_reported": None,
            "size_bytes_native": None,
        }
        self._writer: ZeroWriter | None = None
        self._validator: Validator | None = None

    def run(self) -> None:
        """Do it. Raises AgentError when it can't be begun; what happens afterwards is in the evidence."""
        target = self._check()
        fd = open_target(self.spec, target, self.config)
        writer_kind = self.spec["plan"].get("writer", "direct")
        try:
            log.info("writing zeros to %s, %s", target.path, describe_key(self.spec["drive"]))
            self.progress.begin("write", f"{target.path}: zeros", watched=True)
            if writer_kind == "direct":
                self._write_direct(fd, target)
        finally:
            os.close(fd)
        if writer_kind == "nwipe":
            self._write_nwipe(target)
        self._validate(target)
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
        plan = self.spec.get("plan") or {}
        if plan.get("technique") != "overwrite-zero" or plan.get("validation") != "full":
            raise AgentError(f"This agent does not know the erase plan {plan!r}.", hint="Boot a newer live image.")
        if plan.get("writer", "direct") not in ("direct", "nwipe"):
            raise AgentError(f"This agent does not know the writer {plan.get('writer')!r}.")
        self.progress.begin("check", "comparing the machine and the drive with the authorisation")
        target = check_target(self.spec, self.config)
        self.progress.plan([Phase("check", 0), Phase("write", target.size_bytes), Phase("validate", target.size_bytes)])
        self.evidence["drive_before"] = drive_facts(target.drive)
        self.evidence["size_bytes_reported"] = target.size_bytes
        self.evidence["smart_before"] = read_smart(target.path)
        self.evidence["size_bytes_native"] = native_size(target.drive)
        return target

    def _write_direct(self, fd: int, target: Target) -> None:
        self._writer = ZeroWriter(fd, target.size_bytes, advance=self.progress.advance, stopping=self.stopping)
        report = self._writer.run()
        with contextlib.suppress(OSError):
            reread_partitions(fd)  # the old partitions are gone: their nodes shall go too
        log.info(
            "wrote %d of %d bytes, %d errors%s",
            report.bytes_written,
            report.bytes_expected,
            len(report.errors),
            f": {report.stopped}" if report.stopped else "",
        )

    def _write_nwipe(self, target: Target) -> None:
        from agent.jobs.erase_nwipe import run_nwipe

        self.evidence["writer"] = run_nwipe(target, self.folder, self.progress.advance, self.stopping)

    def _validate(self, target: Target) -> None:
        self._collect()
        writer = self.evidence["writer"] or {}
        if not writer.get("completed"):
            log.error("not read back: the write did not come to its end (%s)", writer.get("stopped"))
            return
        self.progress.begin("validate", f"{target.path}: reading back", watched=True)
        self._validator = Validator(
            target.path,
            target.size_bytes,
            expected_number=target.number,
            advance=self.progress.advance,
            stopping=self.stopping,
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
        rig = self.config.rig if self.config else None
        drives = collect_drives(Path("/"), [], rig=rig, smart=False)
        same = [drive for drive in drives if not drive_mismatches(self.spec["drive"], drive)]
        if len(same) == 1:
            self.evidence["drive_after"] = drive_facts(same[0])
            self.evidence["smart_after"] = read_smart(same[0]["path"])

    def _collect(self) -> None:
        if self._writer is not None:
            self.evidence["writer"] = self._writer.report.evidence()
        if self._validator is not None:
            self.evidence["validator"] = dict(self._validator.findings)
