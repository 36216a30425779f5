"""Verdicts on drives: every rule on both sides of its threshold."""

from __future__ import annotations

from typing import Any

import pytest

from controller.health.verdict import drive_verdict, read_dump, verdict_of
from controller.health.verdict.from_json import from_json
from controller.i18n import set_language
from tests.unit.controller.health.dumps import ata_json, ata_text, attribute, line, nvme_json


def level(report: dict[str, Any]) -> str:
    return drive_verdict(from_json(report)).level.value


def codes(report: dict[str, Any]) -> set[str]:
    return {reason.code for reason in drive_verdict(from_json(report)).reasons}


@pytest.mark.parametrize(
    ("raws", "verdict"),
    [
        ({}, "good"),
        ({5: 3}, "good"),
        ({5: 4}, "worn"),
        ({5: 1099}, "worn"),
        ({5: 1100}, "failing"),
        ({197: 1}, "worn"),
        ({197: 39}, "worn"),
        ({197: 40}, "failing"),
        ({198: 1}, "worn"),
        ({198: 40}, "failing"),
        ({187: 1}, "worn"),
        ({187: 500}, "worn"),  # all in the past: nothing is unreadable now
        ({187: 35, 197: 1}, "failing"),
        ({188: 99}, "good"),
        ({188: 100}, "worn"),
        ({188: 0x0004_0004_0004}, "good"),  # Seagate: three counters in one number
        ({199: 5000}, "good"),  # the cable
        ({5: 8589934592000}, "good"),  # Fujitsu
        ({9: 58_999}, "good"),
        ({9: 59_000}, "worn"),
        ({10: 3}, "good"),
        ({1: 838352486, 7: 60342001}, "good"),  # Seagate's error rates are no counts
    ],
)
def test_counters(raws: dict[int, int], verdict: str) -> None:
    assert level(ata_json(raws)) == verdict
    (drive,) = read_dump(ata_text({number: str(raw) for number, raw in raws.items()}))
    assert drive_verdict(drive).level == verdict  # the same from text


def test_firmware_says_failed() -> None:
    assert level(ata_json({}, smart_status={"passed": False})) == "failing"
    (drive,) = read_dump(ata_text({}, health="FAILED!"))
    assert drive_verdict(drive).texts == ["the drive's own health check says FAILED"]
    report = ata_json({}, smart_status={})
    report["smartctl"]["exit_status"] = 0b1000
    assert level(report) == "failing"


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        (line(184, "17", name="End-to-End_Error", value="083", thresh="090", failed="NOW"), "failing"),
        (line(202, "100", name="Odd", value="001", thresh="010", failed="NOW", kind="Old_age"), "worn"),
        (line(190, "60", value="040", thresh="045", failed="NOW", kind="Old_age"), "good"),  # heat, not a defect
        (line(190, "42", value="058", thresh="045", failed="Past", kind="Old_age"), "good"),
        (line(194, "42", value="001", thresh="045", failed="NOW"), "good"),
        (line(184, "0", name="End-to-End_Error", value="100", thresh="099", failed="Past"), "worn"),
        (line(184, "0", name="End-to-End_Error", value="100", thresh="099", failed="Past", kind="Old_age"), "good"),
        (line(230, "0", name="Odd", value="000", thresh="000"), "good"),  # a threshold of 0 never fails
        (line(230, "0", name="Odd", value="---", thresh="---"), "good"),
    ],
)
def test_attributes_at_their_limit(lines: str, verdict: str) -> None:
    (drive,) = read_dump(ata_text({}, lines=lines))
    assert drive_verdict(drive).level == verdict


@pytest.mark.parametrize(
    ("log", "verdict"),
    [
        ({}, "good"),
        ({"critical_warning": 0x01}, "failing"),
        ({"critical_warning": 0x02}, "worn"),  # heat
        ({"critical_warning": 0x04}, "failing"),
        ({"critical_warning": 0x08}, "failing"),
        ({"critical_warning": 0x10}, "failing"),
        ({"available_spare": 9}, "failing"),
        ({"available_spare": 10}, "worn"),
        ({"available_spare": 55}, "worn"),
        ({"available_spare": 56}, "good"),
        ({"available_spare": 0, "available_spare_threshold": 0}, "good"),  # not told
        ({"available_spare": 100, "available_spare_threshold": 100}, "good"),
        ({"percentage_used": 79}, "good"),
        ({"percentage_used": 80}, "worn"),
        ({"percentage_used": 255}, "worn"),  # warranted endurance is not life
        ({"media_errors": 1}, "worn"),
        ({"media_errors": 35}, "worn"),
        ({"media_errors": 35, "available_spare": 90}, "failing"),
    ],
)
def test_nvme(log: dict[str, int], verdict: str) -> None:
    assert level(nvme_json(**log)) == verdict


def test_nvme_failed_by_heat_says_so() -> None:
    report = nvme_json(critical_warning=2)
    report["smart_status"] = {"passed": False}
    assert level(report) == "failing"
    assert "firmware-failed-heat" in codes(report)


@pytest.mark.parametrize(
    ("tests", "verdict"),
    [
        ([("Extended offline", "Completed: read failure")], "failing"),
        ([("Short offline", "Completed: electrical failure")], "failing"),
        ([("Extended offline", "Completed without error"), ("Extended offline", "Completed: read failure")], "good"),
        ([("Short offline", "Completed without error"), ("Extended offline", "Completed: read failure")], "failing"),
        ([("Short offline", "Aborted by host"), ("Short offline", "Interrupted (host reset)")], "good"),
        ([("Short offline", "Self-test routine in progress")], "good"),
    ],
)
def test_self_tests(tests: list[tuple[str, str]], verdict: str) -> None:
    rows = [{"type": {"string": kind}, "status": {"string": status}} for kind, status in tests]
    assert level(ata_json({}, ata_smart_self_test_log={"standard": {"table": rows}})) == verdict
    log = "SMART Self-test log structure revision number 1\n"
    log += "Num  Test_Description    Status                  Remaining  LifeTime(hours)  LBA_of_first_error\n"
    for number, (kind, status) in enumerate(tests, 1):
        log += f"# {number}  {kind:<18}  {status:<29} 00%      1234         -\n"
    (drive,) = read_dump(ata_text({}, extra=log))
    assert drive_verdict(drive).level == verdict


def test_self_test_status_without_a_log() -> None:
    extra = "Self-test execution status:      ( 121)\tThe previous self-test completed having\n"
    (drive,) = read_dump(ata_text({}, extra=extra + "\t\t\t\t\tthe read element of the test failed.\n"))
    assert drive_verdict(drive).level == "failing"


@pytest.mark.parametrize(
    ("line_", "verdict"),
    [
        (attribute(5, 500, value=90), "good"),  # flash moves blocks all its life
        (attribute(197, 5000), "worn"),  # the rates are hard disks'
        (attribute(233, 0, name="Media_Wearout_Indicator", value=18, thresh=0), "worn"),
        (attribute(233, 1312620, name="Media_Wearout_Indicator", value=0, thresh=0), "good"),  # not a value
        (attribute(202, 23, name="Percent_Lifetime_Remain", value=77, thresh=1), "good"),
        (attribute(202, 95, name="Percent_Lifetime_Remain", value=5, thresh=1), "worn"),
        (attribute(202, 95, name="Percent_Lifetime_Used", value=5, thresh=1), "worn"),
        (attribute(169, 7, name="Remaining_Lifetime_Perc", value=100, thresh=0), "worn"),
        (attribute(231, 84, name="Temperature_Celsius", value=3, thresh=0), "good"),  # the default name: a guess
        (attribute(177, 5023, name="Wear_Leveling_Count", value=3, thresh=0), "good"),  # not a Samsung
        (attribute(245, 95, name="DriveLife_Used%", value=100, thresh=0), "worn"),
    ],
)
def test_wear_of_ata_flash(line_: dict[str, Any], verdict: str) -> None:
    table = {"table": [attribute(5, 0), attribute(9, 100), attribute(170, 0), line_]}
    report = ata_json({}, model="Some SSD", rotation_rate=0, ata_smart_attributes=table)
    assert level(report) == verdict


def test_statistics_of_ata_flash() -> None:
    pages = [{"number": 7, "table": [{"name": "Percentage Used Endurance Indicator", "value": 140}]}]
    assert level(ata_json({}, rotation_rate=0, ata_device_statistics={"pages": pages})) == "worn"
    statistic = "0x07  0x008  1             140  N--  Percentage Used Endurance Indicator\n"
    (drive,) = read_dump(ata_text({}, rotation="Solid State Device", extra=statistic))
    assert drive_verdict(drive).level == "worn"


def test_the_gravest_reason_stands_first() -> None:
    verdict = drive_verdict(from_json(ata_json({5: 10, 197: 400, 199: 900})))
    assert [reason.level.value for reason in verdict.reasons] == ["failing", "worn", "note"]
    assert all(reason.source for reason in verdict.reasons)


def test_in_french() -> None:
    set_language("fr")
    try:
        assert drive_verdict(from_json(ata_json({197: 67}))).texts[0]
    finally:
        set_language("en")


@pytest.fixture(autouse=True)
def english() -> None:
    set_language("en")


@pytest.mark.parametrize(
    ("smart", "drive", "verdict"),
    [
        ({"passed": True, "pending_sectors": 67, "reallocated_sectors": 0}, {"rotational": True}, "failing"),
        ({"passed": True, "pending_sectors": 0, "reallocated_sectors": 0}, {"rotational": True}, "good"),
        ({"passed": True, "reallocated_sectors": 200}, {"rotational": False}, "good"),
        ({"passed": False}, {}, "failing"),
        ({"passed": True}, {}, "unknown"),
        ({"critical_warning": 0, "percentage_used": 90}, {"transport": "nvme"}, "worn"),
        ({"error": "the drive does not answer SMART commands"}, {"transport": "usb"}, "unknown"),
        ({"passed": "yes", "pending_sectors": "many"}, {"model": 3}, "unknown"),
        ({}, None, "unknown"),
    ],
)
def test_verdict_of_an_inventory(smart: dict[str, Any], drive: dict[str, Any] | None, verdict: str) -> None:
    found = verdict_of(smart, drive)
    assert found.level == verdict
    assert found.texts
