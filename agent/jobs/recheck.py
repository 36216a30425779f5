"""Job ``recheck``: an erased drive is read again because a second person asked for it. Opens it to read, never else."""

from __future__ import annotations

import logging
import secrets
from pathlib import Path
from typing import Any

from agent.collectors.chassis import collect_chassis
from agent.collectors.drives import collect_drives
from agent.errors import AgentError
from agent.files import read_text
from agent.jobs.job import Job
from agent.jobs.progress import Phase
from agent.jobs.target_gate import TargetRefused, chassis_mismatches, describe_key, find_drive
from agent.jobs.validate_read import Validator
from agent.protocol import RecheckResult

log = logging.getLogger("agent.recheck")


class RecheckJob(Job):
    """One reading. What it found is in the result at any moment; the controller judges it."""

    _validator: Validator | None = None

    def run(self) -> None:
        """Read. Raises AgentError when it can't be begun: another machine or drive, an order that is none."""
        self.progress.begin("check", "comparing the machine and the drive with what was erased")
        drive = self._find()
        self._validator = validator = self._make_validator(drive)
        self.progress.plan([Phase("check", 0), Phase("validate", int(validator.findings["bytes_expected"]))])
        self.progress.begin("validate", f"{drive['path']}: reading again", watched=True)
        log.info("reading %s again for %s: %s", drive["path"], self.spec.get("asked_by"), describe_key(drive))
        found = validator.run()
        log.info(
            "read %d of %d bytes, %d errors%s",
            found["bytes_read"],
            found["bytes_expected"],
            len(found["errors"]),
            f": {found['stopped']}" if found["stopped"] else "",
        )

    def result(self) -> RecheckResult:
        """What was found so far; empty before anything was read."""
        return RecheckResult(validator=dict(self._validator.findings) if self._validator else {})

    def error(self) -> str:
        """What speaks against the erase, or that it could not be looked at; "" when nothing does."""
        if self._validator is None:
            return "Nothing was read. Start the step again."
        said = "; ".join(faults(self._validator.findings))
        if not said:
            return ""
        return f"{describe_key(self.spec['drive'])} does not hold what its erase said: {said}."

    def _find(self) -> dict[str, Any]:
        """The drive of the spec, in the machine of the spec. Raises TargetRefused with every reason at once."""
        problems: list[str] = []
        reasons = chassis_mismatches(self.spec["chassis"], dict(collect_chassis(Path("/"), problems, rig=self.rig)))
        drive, missing = find_drive(self.spec["drive"], collect_drives(Path("/"), problems, rig=self.rig, smart=False))
        reasons += missing
        if drive is None or reasons:
            raise TargetRefused(
                f"{describe_key(self.spec['drive'])} was not read again: " + "; ".join(reasons) + ".",
                hint="Put the erased drive back into the machine it was erased in, then start the step again.",
            )
        return drive

    def _make_validator(self, drive: dict[str, Any]) -> Validator:
        plan = self.spec["validation"]
        try:
            return Validator(
                drive["path"],
                int(drive["size_bytes"]),
                expected_number=read_text(Path("/sys/class/block") / Path(drive["path"]).name / "dev"),
                mode=plan["mode"],
                expect=self.spec["expect"],
                share=float(plan["share"]),
                slices=int(plan["slices"]),
                # Made here and now: nobody could know, when the drive was erased, where it would be read again.
                seed=secrets.token_hex(16),
                canaries=self.spec.get("canaries"),
                samples_before=self.spec.get("samples_before"),
                advance=self.progress.advance,
                stopping=self.stopping,
            )
        except (LookupError, TypeError, ValueError) as problem:
            raise AgentError(
                f"This agent can't carry out the recheck as ordered: {problem}.", hint="Boot a newer live image."
            ) from problem


def faults(found: dict[str, Any]) -> list[str]:
    """What a reading found that an erased drive does not have, in words. Pure."""
    said = []
    if found["nonzero"]:
        said.append(f"data at byte {found['nonzero'][0]['offset']}")
    if found["canaries_found"]:
        said.append(f"a marker of before the erase at byte {found['canaries_found'][0]}")
    if found["unchanged"]:
        said.append(f"the content of before the erase at byte {found['unchanged'][0]['offset']}")
    if found["errors"]:
        first = found["errors"][0]
        said.append(f"{len(found['errors'])} read errors, the first at byte {first['offset']} ({first['error']})")
    if not found["completed"]:
        said.append(f"the reading did not come to its end: {found['stopped'] or 'no reason known'}")
    elif found["bytes_read"] != found["bytes_expected"] and not found["errors"]:
        said.append(f"{found['bytes_read']} of {found['bytes_expected']} bytes were read")
    return said
