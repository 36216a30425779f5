"""Vendors' oddities are data, each with its reason and its source."""

from __future__ import annotations

import json
from typing import Any

import pytest

from controller.health.verdict import drive_verdict
from controller.health.verdict.from_json import from_json
from controller.health.verdict.oddities import FILE
from tests.unit.controller.health.dumps import ata_json, attribute

DATA = json.loads(FILE.read_text())
MEANS = {"", "ignore", "history", "temperature", "life_left", "life_used", "spare_left", "helium"}


def test_every_rule_has_its_reason_and_source() -> None:
    rules = DATA["attributes"] + DATA["notices"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert all(rule["source"] for rule in rules)
    assert all(rule["why"] and rule.get("means", "") in MEANS for rule in DATA["attributes"])
    assert all(rule.get("unit", "minutes") in {"minutes", "seconds", "half_minutes"} for rule in DATA["attributes"])


@pytest.mark.parametrize(
    ("model", "raw", "hours"),
    [
        ("SAMSUNG SV2042H", 4661094, 38842),
        ("FUJITSU MHT2040AH", 36_000_000, 10_000),
        ("FUJITSU MHZ2160BJ FFS G2", 600_000, 10_000),
        ("Maxtor 6Y080L0", 600_000, 10_000),
        ("Maxtor 6V160E0", 44430, 44430),  # a later family counts hours
        ("MAXTOR STM3320820AS", 14933, 14933),  # Seagate's
        ("TOSHIBA MK3276GSX", 600_000, 10_000),
        ("TOSHIBA MK1002TSKB", 73882, 73882),
        ("HITACHI_DK23EA-40", 600_000, 10_000),
        ("WDC WD400BB-55JHA0", 15739, 15739),
        ("WDC WD400BB-55JHA0", 15_739_000, None),
    ],
)
def test_hours(model: str, raw: int, hours: int | None) -> None:
    drive = from_json(ata_json({9: raw}, model=model, power_on_time={"hours": raw}))
    assert drive.power_on_hours == hours


@pytest.mark.parametrize(
    ("model", "line", "verdict"),
    [
        ("CT500MX500SSD1", attribute(197, 1, name="Current_Pending_ECC_Cnt"), "good"),
        ("CT500MX500SSD1", attribute(197, 2, name="Current_Pending_ECC_Cnt"), "worn"),
        ("CT500BX500SSD1", attribute(197, 1), "worn"),
        ("SAMSUNG HD161HJ", attribute(197, 900), "failing"),
        ("SAMSUNG HD160HJ", attribute(197, 900), "worn"),  # this family's never falls
        ("OCZ-VECTOR150", attribute(198, 52000, name="Host_Reads_GiB"), "good"),
        ("Corsair CSSD-V64GB2", attribute(197, 12, name="Read_Failure_Blk_Ct"), "good"),
        ("OCZ INTREPID 3600", attribute(187, 9000, name="Total_Unc_NAND_Reads"), "good"),
        ("Any", attribute(5, 5000, name="Vendor_Specific"), "good"),
        ("Any", attribute(188, 5000, name="Vendor_Specific"), "good"),
        ("HGST HUH728080ALN600", attribute(22, 97, name="Helium_Level", value=97, thresh=25), "worn"),
    ],
)
def test_meanings(model: str, line: dict[str, Any], verdict: str) -> None:
    rest = [attribute(number, 0) for number in (1, 3, 5, 7, 187, 188, 197, 198) if number != line["id"]]
    drive = from_json(ata_json({}, model=model, ata_smart_attributes={"table": [*rest, line]}))
    assert drive_verdict(drive).level == verdict


@pytest.mark.parametrize(
    ("model", "firmware", "known"),
    [
        ("ST31000340AS", "SD15", True),
        ("ST31000340AS", "SD1A", False),  # mended
        ("ST31000333AS", "CC1H", False),
        ("M4-CT128M4SSD2", "0009", True),
        ("M4-CT128M4SSD2", "000F", False),
        ("HP VO1920JEUQQ", "HPD4", True),
        ("HP VO1920JEUQQ", "HPD8", False),
        ("Samsung SSD 980 PRO 2TB", "3B2QGXA7", True),
        ("Samsung SSD 980 PRO 2TB", "5B2QGXA7", False),
    ],
)
def test_firmware_known_to_fail(model: str, firmware: str, known: bool) -> None:
    verdict = drive_verdict(from_json(ata_json({}, model=model, firmware_version=firmware)))
    notices = [reason for reason in verdict.reasons if reason.code.startswith("notice")]
    assert (verdict.level, bool(notices)) == ("good", known)  # said, without a verdict of its own
    assert all(firmware in reason.text for reason in notices)


def test_sandforce_fills_the_percentage_with_ones() -> None:
    pages = [{"number": 7, "table": [{"name": "Percentage Used Endurance Indicator", "value": 255}]}]
    life = attribute(231, 0, name="SSD_Life_Left", value=97)
    table = {"table": [attribute(5, 0, name="Retired_Block_Count"), attribute(170, 0), life]}
    more = {"rotation_rate": 0, "ata_smart_attributes": table, "ata_device_statistics": {"pages": pages}}
    assert drive_verdict(from_json(ata_json({}, model="KINGSTON SKC300S37A240G", **more))).level == "good"
