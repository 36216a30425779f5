"""The drive's own self-tests: which result still counts.

smartctl(8), exit status bit 7: a failed self-test outdated by a newer successful extended one is ignored. Aborted,
interrupted and running tests say nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from controller.health.verdict.metrics import DriveMetrics

FAILED = ("read failure", "electrical failure", "servo", "unknown failure", "handling damage", "fatal", "failed")
# An execution status in words, of the last test run (ATA: values 3 to 7 of the high nibble are faults)
FAILED_STATUS = ("read element", "electrical element", "servo", "unknown test element", "handling damage")


class SelfTest(NamedTuple):
    """One line of the log, newest first. ``passed`` where the dump says it as such."""

    kind: str
    status: str
    passed: bool | None = None


def outcome(test: SelfTest) -> bool | None:
    """True: finished well; False: found a fault; None: says nothing."""
    words = test.status.lower()
    if "abort" in words or "interrupt" in words or "progress" in words:
        return None
    if any(fault in words for fault in FAILED):
        return False
    if "without error" in words:
        return True
    return test.passed


def apply_tests(drive: DriveMetrics, tests: list[SelfTest], last: SelfTest | None = None) -> None:
    """Keep the result that counts: the newest fault without a newer good extended test, else the newest good one."""
    for test in tests:
        result = outcome(test)
        if result is False or (result and "extended" in test.kind.lower()) or (result and "long" in test.kind.lower()):
            drive.self_test_passed, drive.self_test = result, f"{test.kind}: {test.status}".strip(": ")[:120]
            return
    good = next((test for test in tests if outcome(test)), None)
    if good is not None:
        drive.self_test_passed, drive.self_test = True, f"{good.kind}: {good.status}".strip(": ")[:120]
    elif last is not None and (last.passed is False or any(f in last.status.lower() for f in FAILED_STATUS)):
        drive.self_test_passed, drive.self_test = False, last.status[:120]
