"""The aims on the recorded dumps of real drives."""

from __future__ import annotations

from tests.bench.hardware_verdicts import survey
from tests.unit.controller.health.dumps import HARDWARE, needs_dumps


@needs_dumps
def test_the_aims() -> None:
    found = survey(HARDWARE)
    assert found["files"] >= 300
    assert found["not_understood"] == 0
    assert found["parsed_share"] == 1.0
    assert found["firmware_failed"] >= 80
    assert found["firmware_failed_judged_failing_share"] == 1.0
    assert found["healthy_judged_failing_share"] < 0.02
    assert all(drive["reasons"] for drive in found["healthy_judged_failing_list"])
    assert found["borderline_judged_good"] == 0  # PASSED with pending sectors
