"""The reading back after an erase, as the plan wants it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from agent.jobs.progress import Phase, Progress
from agent.jobs.target_gate import Target
from agent.jobs.validate_read import Validator
from agent.protocol_erase import Attempt, Validation


def make_validator(
    spec: dict[str, Any],
    target: Target,
    done: Attempt,
    evidence: dict[str, Any],
    progress: Progress,
    stopping: Callable[[], bool],
) -> Validator:
    """The validator for the technique that completed, with the progress set to what it will read."""
    overwritten = done["technique"] == "overwrite-zero"
    how: Validation = spec["plan"]["overwrite_validation" if overwritten else "validation"]
    validator = Validator(
        target.path,
        target.size_bytes,
        expected_number=target.number,
        mode=how["mode"],
        expect="zeros" if overwritten else "changed",
        share=how["share"],
        slices=how["slices"],
        seed=secrets.token_hex(16),  # nobody can know beforehand which places are read
        canaries=evidence["canaries"],
        samples_before=evidence["samples_before"],
        advance=progress.advance,
        stopping=stopping,
    )
    progress.plan([Phase("validate", validator.findings["bytes_expected"])])
    progress.begin("validate", f"{target.path}: reading back", watched=True)
    return validator
