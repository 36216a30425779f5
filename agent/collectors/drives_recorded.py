"""Drives out of recorded outputs: smartctl (JSON or text) and hdparm, with lsblk's list where there is one."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from agent.collectors.smart import empty_smart, smart_facts
from agent.collectors.smart_text import parse_report, split_reports


def recorded_drives(
    listed: list[dict[str, Any]], smartctl: Sequence[tuple[str, str]], hdparm: Sequence[tuple[str, str]] = ()
) -> list[dict[str, Any]]:
    """The drives of lsblk's list with what smartctl said of each, and those that only the other tools know."""
    found = list(listed)
    for kind, texts in (("smartctl", smartctl), ("hdparm", hdparm)):
        for name, report in [(name, r) for name, text in texts for r in _reports(kind, text)]:
            drive = drive_of(report, name)
            known = next((one for one in found if _same(one, drive)), None)
            if known is not None:
                known["smart"] = drive["smart"] if kind == "smartctl" else known["smart"]
            elif drive["model"] or drive["size_bytes"]:
                found.append(drive)
    paths = [drive["path"] for drive in found]
    for drive in found:
        if paths.count(drive["path"]) > 1:
            drive["path"] = ""  # read one after the other in the same adapter: the name says nothing
    return found


def _reports(kind: str, text: str) -> list[dict[str, Any]]:
    return reports_in(text) if kind == "smartctl" else hdparm_reports(text)


def reports_in(text: str) -> list[dict[str, Any]]:
    """The reports in one file: JSON of one drive or of a list of them, or text."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return []
        return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
    return [report for report in map(parse_report, split_reports(text)) if report]


def hdparm_reports(text: str) -> list[dict[str, Any]]:
    """The drives in the output of ``hdparm -I``, in the shape of smartctl's reports."""
    found = []
    for part in re.split(r"^(?=/dev/\S+:\s*$)", text, flags=re.MULTILINE):

        def find(pattern: str, part: str = part) -> str:
            match = re.search(pattern, part, re.MULTILINE)
            return match.group(1).strip() if match else ""

        sectors = find(r"^\s*LBA48\s+user addressable sectors:\s*(\d{1,18})$")
        sectors = sectors or find(r"^\s*LBA\s+user addressable sectors:\s*(\d{1,18})$")
        logical = int(find(r"^\s*Logical\s+Sector size:\s*(\d{3,5}) bytes") or 512)
        rate = find(r"^\s*Nominal Media Rotation Rate: (\S+)")
        report = {
            "device": {"name": find(r"\A(/dev/\S+):"), "protocol": "ATA"},
            "model_name": find(r"^\s*Model Number:(.*)$"),
            "serial_number": find(r"^\s*Serial Number:(.*)$"),
            "firmware_version": find(r"^\s*Firmware Revision:(.*)$"),
            "wwn_text": find(r"^\s*Logical Unit WWN Device Identifier: (\S+)"),
            "user_capacity": {"bytes": int(sectors or 0) * logical},
            "logical_block_size": logical,
            "rotation_rate": 0 if rate == "Solid" else int(rate) if re.fullmatch(r"\d{3,5}", rate) else None,
        }
        # A drive that answers nonsense is not one to name: hdparm prints whatever bytes came.
        model = str(report["model_name"])
        if model and model.isprintable() and "\ufffd" not in model and sectors:
            found.append(report)
    return found


def drive_of(report: dict[str, Any], recorded_in: str = "") -> dict[str, Any]:
    """An entry of the inventory out of one report of smartctl's."""
    said = report.get("device")
    device: dict[str, Any] = said if isinstance(said, dict) else {}
    rate = report.get("rotation_rate")
    nvme = device.get("protocol") == "NVMe" or "nvme_smart_health_information_log" in report
    capacity = report.get("user_capacity") or {}
    size = capacity.get("bytes") if isinstance(capacity, dict) else None
    if not isinstance(size, int) or size <= 0:
        size = report.get("nvme_total_capacity")
    usb = str(device.get("type", "")).startswith("usb") or "[USB" in str(device.get("info_name", ""))
    drive: dict[str, Any] = {
        "path": str(device.get("name") or ""),
        "model": _text(report.get("model_name")) or _text(report.get("scsi_model_name")),
        "serial": _text(report.get("serial_number")),
        "wwn": _wwn(report),
        "size_bytes": size if isinstance(size, int) and size > 0 else 0,
        "logical_block_bytes": _int(report.get("logical_block_size")),
        "physical_block_bytes": _int(report.get("physical_block_size")),
        "rotational": False if nvme else rate > 0 if isinstance(rate, int) else None,
        "transport": "nvme"
        if nvme
        else "usb"
        if usb
        else {"ATA": "sata", "SCSI": "scsi"}.get(str(device.get("protocol")), "other"),
        "removable": False,
        "read_only": False,
        "boot_medium": False,
        "in_use": [],
        "firmware_revision": _text(report.get("firmware_version")),
        "partitions": [],
        "recorded_in": recorded_in,
    }
    try:
        drive["smart"] = smart_facts(report)
    except Exception as problem:  # a report that no smartctl printed
        drive["smart"] = empty_smart(f"smartctl's answer makes no sense: {type(problem).__name__}")
    return drive


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    if other["serial"] and re.search(r"[0-9A-Za-z]", other["serial"]):
        return bool(one["serial"] == other["serial"] and (one["model"] == other["model"] or not one["model"]))
    return bool(other["path"] and one["path"] == other["path"] and not one["serial"])


def _wwn(report: dict[str, Any]) -> str:
    wwn = report.get("wwn")
    if isinstance(wwn, dict):
        naa, oui, number = (_int(wwn.get(key)) for key in ("naa", "oui", "id"))
        if naa is not None and oui is not None and number is not None and 0 <= naa < 16 and 0 <= oui < 2**24:
            return f"0x{naa:x}{oui:06x}{number % 2**36:09x}"
    digits = re.sub(r"\s|^0x", "", _text(report.get("wwn_text")))
    return f"0x{digits.lower()}" if re.fullmatch(r"[0-9a-fA-F]{16}", digits) else ""


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _int(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
