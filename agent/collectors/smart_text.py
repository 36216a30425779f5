"""smartctl's text as the JSON that newer versions print: so that one parser reads both. Only what we use."""

from __future__ import annotations

import re
from typing import Any

_HEAD = re.compile(r"^smartctl (?:version )?(\d+)\.(\d+)", re.MULTILINE)
# smartctl -a's table ("… UPDATED WHEN_FAILED RAW_VALUE") and -x's ("FLAGS … FAIL RAW_VALUE").
_ATTRIBUTE = re.compile(
    r"^ *(\d{1,3}) (\S+) +(?:0x[0-9a-f]{4}|[POSRCK-]{6}) +(\d{1,3}|---) +(\d{1,3}|---) +(\d{1,3}|---) +(.*)$",
    re.MULTILINE,
)


def split_reports(text: str) -> list[str]:
    """One report a drive: some collectors write all of them into one file."""
    starts = [match.start() for match in _HEAD.finditer(text)] or [0]
    return [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def parse_report(text: str) -> dict[str, Any]:
    """One report in the shape of ``smartctl -j``; empty for a text that is none."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        match = re.match(r"([A-Z][A-Za-z0-9/(). ]{1,60}?): +(.*)", line)
        if match:
            values.setdefault(match.group(1).strip(), match.group(2).strip())
    head = _HEAD.search(text)
    if not head and "=== START OF" not in text:
        return {}
    vendor = values.get("Vendor", "")
    report: dict[str, Any] = {
        "smartctl": {"version": [int(part) for part in head.groups()] if head else []},
        "model_name": values.get("Device Model")
        or values.get("Model Number")
        or f"{vendor} {values.get('Product', '')}".strip(),
        "serial_number": values.get("Serial Number") or values.get("Serial number", ""),
        "firmware_version": values.get("Firmware Version") or values.get("Revision", ""),
        "wwn_text": values.get("LU WWN Device Id") or values.get("Logical Unit id", ""),
        "user_capacity": {"bytes": _capacity(values)},
        "rotation_rate": _rotation(values.get("Rotation Rate", "")),
        "device": {"protocol": "NVMe" if "NVMe" in text else "ATA" if "ATA Version is" in values else "SCSI"},
        **_sectors(values),
    }
    health = re.search(
        r"^SMART (?:overall-health self-assessment test result|Health Status): (\S+)", text, re.MULTILINE
    )
    if health:
        report["smart_status"] = {"passed": health.group(1) in ("PASSED", "OK")}
    _add_counters(report, text, values)
    return {key: value for key, value in report.items() if value not in (None, "")}


def _add_counters(report: dict[str, Any], text: str, values: dict[str, str]) -> None:
    table = []
    for number, name, *_, rest in _ATTRIBUTE.findall(text):
        # What is left: [type, updated,] when failed, raw; the raw value may have words behind it.
        raw = re.match(r"(?:(?:Pre-fail|Old_age) +(?:Always|Offline) +)?\S+ +(.*)", rest)
        said = raw.group(1).strip() if raw else ""
        value = re.match(r"\d{1,20}", said)
        table.append(
            {"id": int(number), "name": name, "raw": {"string": said, "value": int(value.group()) if value else None}}
        )
    if table:
        report["ata_smart_attributes"] = {"table": table}
        hours = next((a["raw"] for a in table if a["id"] == 9), None)
        if hours and hours["value"] is not None:
            minutes = re.match(r"(\d{1,9})h", hours["string"])  # "22015h+32m+05.123s"
            report["power_on_time"] = {"hours": int(minutes.group(1)) if minutes else hours["value"]}
        heat = next((a["raw"]["value"] for n in (194, 190) for a in table if a["id"] == n), None)
        report["temperature"] = {"current": heat}
    if "Percentage Used" in values:
        names = {
            "critical_warning": "Critical Warning",
            "percentage_used": "Percentage Used",
            "available_spare": "Available Spare",
            "available_spare_threshold": "Available Spare Threshold",
            "media_errors": "Media and Data Integrity Errors",
            "power_on_hours": "Power On Hours",
        }
        report["nvme_smart_health_information_log"] = {name: _number(values.get(key)) for name, key in names.items()}
        report["temperature"] = {"current": _number(values.get("Temperature"))}
    grown = re.search(r"^Elements in grown defect list: (\d{1,12})", text, re.MULTILINE)
    if grown:
        report["scsi_grown_defect_list"] = int(grown.group(1))


def _number(text: str | None) -> int | None:
    """ "104%", "18,600", "0x04", "30 Celsius"."""
    match = re.match(r"0x([0-9a-fA-F]{1,8})|([\d,.\u202f\u00a0' ]{1,30})", text or "")
    if not match:
        return None
    if match.group(1):
        return int(match.group(1), 16)
    digits = re.sub(r"[^0-9]", "", match.group(2))
    return int(digits) if digits else None


def _capacity(values: dict[str, str]) -> int | None:
    for key in ("User Capacity", "Total NVM Capacity", "Namespace 1 Size/Capacity"):
        size = _number(re.sub(r" (?:bytes|\[).*", "", values.get(key, "")))
        if size:
            return size
    return None


def _rotation(said: str) -> int | None:
    match = re.match(r"(\d{3,5}) rpm", said)
    return int(match.group(1)) if match else 0 if said.startswith("Solid State") else None


def _sectors(values: dict[str, str]) -> dict[str, Any]:
    said = values.get("Sector Sizes") or values.get("Sector Size") or values.get("Namespace 1 Formatted LBA Size", "")
    numbers = [int(number) for number in re.findall(r"\b(\d{3,5})\b", said)[:2]]
    if not numbers:
        return {}
    return {"logical_block_size": numbers[0], "physical_block_size": numbers[-1]}
