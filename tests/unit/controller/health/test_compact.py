"""A drive of a health sample is judged as its whole dump is: what the agent sends is enough."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.collectors.smart import parse_smart
from controller.health.verdict import drive_verdict, verdict_of
from controller.health.verdict.from_json import from_json
from tests.unit.controller.health.dumps import HARDWARE, needs_dumps


def reports() -> list[Path]:
    found = []
    for path in sorted((HARDWARE / "smartctl-json").rglob("*")) if HARDWARE.is_dir() else []:
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, dict) and "device" in value and "smartctl" in value and "devices" not in value:
            found.append(path)
    return found


def facts_of(report: dict[str, Any]) -> dict[str, Any]:
    """What lsblk and udev say of the drive, as far as the report tells."""
    speed = report.get("rotation_rate")
    protocol = report["device"].get("protocol", "")
    return {
        "model": report.get("model_name") or report.get("scsi_model_name") or "",
        "firmware_revision": report.get("firmware_version") or "",
        "rotational": None if speed is None else speed > 0,
        "transport": "nvme" if protocol == "NVMe" else "sata",
    }


def read(path: Path) -> dict[str, Any]:
    value = json.loads(path.read_text(encoding="utf-8"))
    return dict(value[0] if isinstance(value, list) else value)


REPORTS = reports()


@needs_dumps
@pytest.mark.parametrize("path", REPORTS, ids=lambda path: str(path.relative_to(HARDWARE / "smartctl-json")))
def test_every_recording_gets_the_verdict_of_its_dump(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    report = read(path)
    whole = drive_verdict(from_json(report))
    sent = json.loads(json.dumps(parse_smart(text)))  # as it travels
    assert len(json.dumps(sent)) < 4000
    small = verdict_of(sent, facts_of(report))
    assert small.level == whole.level, (small.texts, whole.texts)


def test_there_are_recordings_of_each_kind() -> None:
    if not HARDWARE.is_dir():
        pytest.skip("no recordings")
    protocols = {read(path)["device"].get("protocol") for path in REPORTS}
    assert {"ATA", "NVMe", "SCSI"} <= protocols


@pytest.mark.parametrize(
    "lines", [None, 3, "x", [3], [[1]], [[None] * 9], [["5", "x", 1, 1, 1, 1, "", "", True]], [{}], {"5": 1}]
)
def test_a_table_of_another_shape_says_nothing(lines: Any) -> None:
    assert verdict_of({"attributes": lines}, {}).level == "unknown"


def test_an_attribute_at_its_limit_fails_the_drive() -> None:
    line = [5, "Reallocated_Sector_Ct", 5, 5, 36, 12, "", "now", True]
    smart = {"passed": True, "reallocated_sectors": 12, "pending_sectors": 0, "attributes": [line]}
    assert verdict_of(smart, {"rotational": True}).level == "failing"
    assert verdict_of({**smart, "attributes": []}, {"rotational": True}).level == "worn"


def test_a_failed_self_test_fails_the_drive() -> None:
    smart: dict[str, Any] = {"passed": True, "reallocated_sectors": 0, "pending_sectors": 0}
    test = {"kind": "Short offline", "result": "Completed: read failure", "passed": False}
    assert verdict_of({**smart, "self_test": test}, {}).level == "failing"
    assert verdict_of({**smart, "self_test": {**test, "passed": True}}, {}).level == "good"
