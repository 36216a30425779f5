"""What a test that needs hands found, and the results made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.hwtests.header import Header
from agent.protocol_tests import HardwareTestResult, TestOutcome


@dataclass(frozen=True)
class Finding:
    """One thing that was tried. ``reason`` is English with its values in it; "" for a plain pass."""

    outcome: TestOutcome
    reason: str = ""
    figures: dict[str, Any] = field(default_factory=dict)
    target: str = ""  # which, where there are several


def skipped(reason: str, target: str = "") -> Finding:
    """The person passed the test over; ``reason`` is one of person.SKIP_REASONS."""
    if reason == "none":
        return Finding("skipped", "Passed over at the PC: it does not have this part.", {}, target)
    if reason == "lack":
        return Finding("skipped", "Passed over at the PC: what it takes to try it was not there.", {}, target)
    if reason == "later":
        return Finding("skipped", "Passed over at the PC: put off until later.", {}, target)
    return Finding("skipped", "Passed over at the PC.", {}, target)


def results_of(
    header: Header, findings: Sequence[Finding], started_at: str, seconds: float
) -> list[HardwareTestResult]:
    """The results as they travel."""
    return [
        HardwareTestResult(
            name=header.name,
            subsystem=header.subsystem,
            target=finding.target,
            outcome=finding.outcome,
            reason=finding.reason,
            figures=finding.figures,
            started_at=started_at,
            seconds=round(seconds, 1),
            automatic=False,
        )
        for finding in findings
    ]
