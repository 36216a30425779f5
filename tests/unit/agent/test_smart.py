"""SMART facts out of what smartctl really printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.collectors.smart import empty_smart, parse_smart
from tests.unit.agent.recordings import HARDWARE, needs_recordings, recorded, text


def _json_files() -> list[Path]:
    found = []
    for path in recorded("smartctl-json/**/*"):
        try:
            value = json.loads(text(path))
        except ValueError:
            continue
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, dict) and "device" in value and "smartctl" in value:
            found.append(path)
    return found


RECORDINGS = _json_files()
SCRUTINY = "scrutiny/webapp/backend/pkg/models/testdata"


def raw(path: Path) -> dict[str, Any]:
    value = json.loads(text(path))
    return dict(value[0] if isinstance(value, list) else value)


@needs_recordings
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: str(path.relative_to(HARDWARE / "smartctl-json")))
def test_every_recording_gives_facts_that_can_be_true(path: Path) -> None:
    smart = parse_smart(text(path))
    assert set(smart) == set(empty_smart())
    hours = smart["power_on_hours"]
    assert hours is None or 0 <= hours < 40 * 8784
    for name in ("reallocated_sectors", "pending_sectors", "offline_uncorrectable", "reported_uncorrectable"):
        assert smart[name] is None or 0 <= smart[name] < 2**32
    assert smart["temperature_celsius"] is None or 0 < smart["temperature_celsius"] <= 150
    said = raw(path)
    assert smart["passed"] == said.get("smart_status", {}).get("passed")
    assert smart["exit_status"] == said["smartctl"]["exit_status"]
    if said.get("ata_smart_attributes", {}).get("table"):
        assert smart["available"]


@needs_recordings
@pytest.mark.parametrize(
    ("name", "facts"),
    [
        # A disk that PASSES with pending sectors.
        ("peracotta/sata03.json", {"passed": True, "pending_sectors": 67, "reallocated_sectors": 1}),
        # "Hours" that are not hours: no figure rather than a wrong one.
        ("peracotta/ide01.json", {"power_on_hours": None, "reallocated_sectors": 7}),
        (f"{SCRUTINY}/smart-fail2.json", {"reallocated_sectors": 1975, "pending_sectors": 8}),
        (f"{SCRUTINY}/smart-nvme-failed.json", {"available": True}),
        # SCSI: the grown defect list.
        ("smartctl_exporter/HP_73.4G_MAS3735NC_25.json", {"reallocated_sectors": 0, "reported_uncorrectable": 0}),
        # Seagate packs three counters into attribute 188: 4, 4 and 12 of them.
        ("smartctl_exporter/sat-Seagate_Exos_X16-ST16000NM001G-2KK103-sda.json", {"command_timeout": 12}),
    ],
)
def test_the_traps(name: str, facts: dict[str, Any]) -> None:
    smart = parse_smart(text(HARDWARE / "smartctl-json" / name))
    assert {key: smart[key] for key in facts} == facts


@needs_recordings
def test_nvme_wear_and_media_errors() -> None:
    path = HARDWARE / "smartctl-json" / SCRUTINY / "smart-nvme-failed.json"
    log = raw(path)["nvme_smart_health_information_log"]
    smart = parse_smart(text(path))
    for name in ("media_errors", "percentage_used", "critical_warning", "power_on_hours"):
        assert smart[name] == log[name]


def test_packed_fujitsu_counter() -> None:
    """8589934592000 reallocated sectors on a healthy disk: 2000 spare ones in the upper half."""
    report = {"smartctl": {"exit_status": 0}, "ata_smart_attributes": {"table": [
        {"id": 5, "raw": {"value": 8589934592000, "string": "8589934592000"}},
        {"id": 197, "raw": {"value": 3, "string": "3"}},
    ]}}  # fmt: skip
    smart = parse_smart(json.dumps(report))
    assert smart["reallocated_sectors"] == 0
    assert smart["pending_sectors"] == 3
    assert "packed" in smart["error"]
    report["ata_smart_attributes"]["table"][0]["raw"]["string"] = "7 (2000, 0)"  # type: ignore[index]
    assert parse_smart(json.dumps(report))["reallocated_sectors"] == 7


@pytest.mark.parametrize(
    "broken", ["", "[]", "null", "42", '"text"', "{", '{"smartctl": []}', '{"ata_smart_attributes": {"table": 3}}']
)
def test_broken_answers_give_no_facts(broken: str) -> None:
    smart = parse_smart(broken, exit_status=2)
    assert not smart["available"]
    assert smart["passed"] is None
    assert smart["error"]
