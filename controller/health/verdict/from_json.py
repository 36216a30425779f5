"""One report of ``smartctl -j`` (7.x and its copies) into metrics. Whatever has another type counts as not said."""

from __future__ import annotations

from typing import Any

from controller.health.verdict.attributes import apply_attributes
from controller.health.verdict.metrics import Attribute, DriveMetrics
from controller.health.verdict.numbers import MAX_HOURS, whole
from controller.health.verdict.selftest import SelfTest, apply_tests
from controller.i18n import N_

SURE = (
    "json_format_version",
    "smart_status",
    "ata_smart_attributes",
    "nvme_smart_health_information_log",
    "scsi_grown_defect_list",
    "scsi_error_counter_log",
)
MAYBE = ("smartctl", "smart_support", "model_name", "device")  # a wrapper may use these words for its own


def is_report(value: dict[str, Any]) -> bool:
    """Whether an object is smartctl's own."""
    return any(mark in value for mark in SURE)


def may_be_report(value: dict[str, Any]) -> bool:
    """Whether an object looks like smartctl's, if nothing inside it is."""
    return any(mark in value for mark in MAYBE)


def from_json(report: dict[str, Any]) -> DriveMetrics:
    """Metrics of one report."""
    about, device = _dict(report, "smartctl"), _dict(report, "device")
    drive = DriveMetrics(
        device=_text(device, "name") or _asked(about),
        model=_text(report, "model_name") or _scsi_name(report),
        family=_text(report, "model_family"),
        serial=_text(report, "serial_number"),
        firmware=_text(report, "firmware_version") or _text(report, "revision") or _text(report, "scsi_revision"),
        protocol=_text(device, "protocol"),
        transport=_text(device, "type"),
        size_bytes=whole(_dict(report, "user_capacity").get("bytes")) or whole(report.get("nvme_total_capacity")),
        tool=_tool(about),
        exit_status=whole(about.get("exit_status")),
        passed=_bool(_dict(report, "smart_status").get("passed")),
        power_on_hours=whole(_dict(report, "power_on_time").get("hours")),
        temperature_celsius=whole(_dict(report, "temperature").get("current")),
    )
    drive.listing = isinstance(report.get("devices"), list) and "device" not in report
    speed = whole(report.get("rotation_rate"))
    if speed is not None:
        drive.rotational = speed > 0
    support = report.get("smart_support")
    drive.smart_support = _bool(support) if not isinstance(support, dict) else _bool(support.get("available"))
    drive.smart_enabled = _bool(support.get("enabled")) if isinstance(support, dict) else None
    for message in _dicts(about.get("messages")):
        text = _text(message, "string")
        drive.attribute_check |= "based on an Attribute check" in text
        drive.messages.append(text)
    _ata(report, drive)
    _nvme(report, drive)
    _scsi(report, drive)
    if drive.percentage_used is None:
        drive.percentage_used = whole(_dict(report, "endurance_used").get("current_percent"))
    if drive.power_on_hours is not None and not 0 <= drive.power_on_hours <= MAX_HOURS:
        drive.note(N_("power-on time of {raw} is not believed"), raw=str(drive.power_on_hours)[:24])
        drive.power_on_hours = None
    return drive


def _ata(report: dict[str, Any], drive: DriveMetrics) -> None:
    for line in _dicts(_dict(report, "ata_smart_attributes").get("table")):
        number, raw, flags = whole(line.get("id")), _dict(line, "raw"), _dict(line, "flags")
        if number is None:
            continue
        drive.attributes.append(
            Attribute(
                id=number,
                name=_text(line, "name"),
                value=whole(line.get("value")),
                worst=whole(line.get("worst")),
                threshold=whole(line.get("thresh")),
                raw=_raw(raw),
                shown=str(raw.get("string", raw.get("value", "")))[:64],
                failed=_text(line, "when_failed").lower() if line.get("when_failed") in ("now", "past") else "",
                prefailure=flags.get("prefailure") is True,
            )
        )
    if drive.attributes and not drive.protocol:
        drive.protocol = "ATA"
    apply_attributes(drive)
    for page in _dicts(_dict(report, "ata_device_statistics").get("pages")):
        for line in _dicts(page.get("table")):
            if _text(line, "name").startswith("Percentage Used Endurance"):
                drive.percentage_used = whole(line.get("value"))
    tests: list[SelfTest] = []
    log = _dict(report, "ata_smart_self_test_log")
    for part in ("extended", "standard"):
        for line in _dicts(_dict(log, part).get("table")):
            kind, status = _text(_dict(line, "type"), "string"), _dict(line, "status")
            tests.append(SelfTest(kind, _text(status, "string"), _bool(status.get("passed"))))
        if tests:
            break
    status = _dict(_dict(_dict(report, "ata_smart_data"), "self_test"), "status")
    apply_tests(drive, tests, SelfTest("", _text(status, "string"), _bool(status.get("passed"))))


def _raw(raw: dict[str, Any]) -> int | None:
    number = whole(raw.get("value"))
    return number if number is None or 0 <= number < 1 << 64 else None


def _nvme(report: dict[str, Any], drive: DriveMetrics) -> None:
    log = _dict(report, "nvme_smart_health_information_log")
    if not log:
        return
    drive.protocol = drive.protocol or "NVMe"
    drive.rotational = False
    for name in ("percentage_used", "critical_warning", "media_errors", "available_spare", "available_spare_threshold"):
        setattr(drive, name, whole(log.get(name)))
    if drive.power_on_hours is None:
        drive.power_on_hours = whole(log.get("power_on_hours"))
    if drive.temperature_celsius is None:
        drive.temperature_celsius = whole(log.get("temperature"))
    tests = []
    for line in _dicts(_dict(report, "nvme_self_test_log").get("table")):
        result = _dict(line, "self_test_result")
        code = whole(result.get("value"))  # 0 fine, 5 to 7 failed (NVMe base specification, device self-test log)
        passed = None if code is None else True if code == 0 else False if code in (5, 6, 7) else None
        tests.append(SelfTest(_text(_dict(line, "self_test_code"), "string"), _text(result, "string"), passed))
    apply_tests(drive, tests)


def _scsi(report: dict[str, Any], drive: DriveMetrics) -> None:
    drive.grown_defects = whole(report.get("scsi_grown_defect_list"))
    counters = _dict(report, "scsi_error_counter_log")
    errors = [whole(_dict(counters, way).get("total_uncorrected_errors")) for way in ("read", "write", "verify")]
    known = [number for number in errors if number is not None and number >= 0]
    drive.uncorrected_errors = sum(known) if known else None
    status = _dict(report, "smart_status")
    drive.health_status = _text(_dict(status, "scsi"), "ie_string")
    used = whole(report.get("scsi_percentage_used_endurance_indicator"))
    if used is not None:
        drive.percentage_used = used
    tests = []
    for number in range(20):
        line = _dict(report, f"scsi_self_test_{number}")
        if line:
            result = _text(_dict(line, "result"), "string")
            tests.append(SelfTest(_text(_dict(line, "code"), "string"), result, _scsi_passed(result)))
    if tests:
        apply_tests(drive, tests)


def _scsi_passed(result: str) -> bool | None:
    if result.startswith("Completed"):
        return True
    return False if "Failed" in result else None


def _scsi_name(report: dict[str, Any]) -> str:
    parts = [_text(report, a) or _text(report, b) for a, b in (("vendor", "scsi_vendor"), ("product", "scsi_product"))]
    return _text(report, "scsi_model_name") or " ".join(part for part in parts if part)


def _asked(about: dict[str, Any]) -> str:
    argv = about.get("argv")
    words = [word for word in argv if isinstance(word, str)] if isinstance(argv, list) else []
    return next((word[:200] for word in words if word.startswith("/dev/")), "")


def _tool(about: dict[str, Any]) -> str:
    version = about.get("version")
    return "smartctl " + ".".join(str(part)[:8] for part in version[:3]) if isinstance(version, list) else ""


def _dict(value: dict[str, Any], key: str) -> dict[str, Any]:
    inner = value.get(key)
    return inner if isinstance(inner, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _text(value: dict[str, Any], key: str) -> str:
    inner = value.get(key)
    return inner.strip()[:200] if isinstance(inner, str) else ""


def _bool(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None
