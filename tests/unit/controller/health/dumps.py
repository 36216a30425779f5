"""Reports in smartctl's forms, with what a test wants in them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[4]
HARDWARE = Path(os.environ.get("RECYCLERIE_SHARED") or ROOT.parent / "shared") / "hardware"
needs_dumps = pytest.mark.skipif(
    not HARDWARE.is_dir(), reason=f"no recordings of real hardware at {HARDWARE} (set RECYCLERIE_SHARED)"
)

BANNER = "smartctl 7.3 2022-02-28 r5338 [x86_64-linux-6.1.0-13-amd64] (local build)\n"
INFO = "=== START OF INFORMATION SECTION ===\n"
HEALTH = "=== START OF READ SMART DATA SECTION ===\nSMART overall-health self-assessment test result: {}\n\n"
TABLE = "ID# ATTRIBUTE_NAME          FLAG     VALUE WORST THRESH TYPE      UPDATED  WHEN_FAILED RAW_VALUE\n"
BRIEF = "ID# ATTRIBUTE_NAME          FLAGS    VALUE WORST THRESH FAIL RAW_VALUE\n"

NAMES = {
    1: "Raw_Read_Error_Rate",
    3: "Spin_Up_Time",
    5: "Reallocated_Sector_Ct",
    7: "Seek_Error_Rate",
    9: "Power_On_Hours",
    10: "Spin_Retry_Count",
    187: "Reported_Uncorrect",
    188: "Command_Timeout",
    190: "Airflow_Temperature_Cel",
    194: "Temperature_Celsius",
    197: "Current_Pending_Sector",
    198: "Offline_Uncorrectable",
    199: "UDMA_CRC_Error_Count",
}


def line(
    number: int,
    raw: str,
    *,
    name: str = "",
    value: str = "100",
    thresh: str = "010",
    failed: str = "-",
    kind: str = "Pre-fail",
    brief: bool = False,
) -> str:
    """A line of the attribute table, in the old form or the brief one."""
    name = name or NAMES.get(number, "Unknown_Attribute")
    if brief:
        flags = "PO--CK" if kind == "Pre-fail" else "-O--CK"
        return f"{number:3d} {name:<23} {flags}   {value}   {value}   {thresh}    {failed:<4} {raw}\n"
    failed = {"NOW": "FAILING_NOW", "Past": "In_the_past"}.get(failed, failed)
    return f"{number:3d} {name:<23} 0x0033   {value}   {value}   {thresh}    {kind}  Always       {failed} {raw}\n"


def ata_text(
    raws: dict[int, str],
    *,
    model: str = "WDC WD5000AAKX-001CA0",
    rotation: str = "7200 rpm",
    health: str = "PASSED",
    brief: bool = False,
    extra: str = "",
    lines: str = "",
    end: str = "\n",
) -> str:
    """A report of an ATA drive."""
    info = f"Device Model:     {model}\nSerial Number:    WD-X\nFirmware Version: 1.0\n"
    info += "User Capacity:    500,107,862,016 bytes [500 GB]\n" + (
        f"Rotation Rate:    {rotation}\n" if rotation else ""
    )
    usual = {1: "0", 3: "100", 5: "0", 7: "0", 9: "1000", 197: "0", 198: "0", **raws}
    table = "".join(line(number, raw, brief=brief) for number, raw in sorted(usual.items()) if raw)
    said = HEALTH.format(health) if health else ""
    return BANNER + INFO + info + "\n" + said + (BRIEF if brief else TABLE) + table + lines + end + extra


def attribute(number: int, raw: int, shown: str = "", **more: Any) -> dict[str, Any]:
    """An attribute of smartctl's JSON."""
    return {
        "id": number,
        "name": NAMES.get(number, "Unknown_Attribute"),
        "value": 100,
        "worst": 100,
        "thresh": 10,
        "when_failed": "",
        "flags": {"prefailure": True},
        "raw": {"value": raw, "string": shown or str(raw)},
        **more,
    }


def ata_json(raws: dict[int, int], *, model: str = "WDC WD5000AAKX", **more: Any) -> dict[str, Any]:
    """A JSON report of an ATA drive; ``more`` replaces whole sections."""
    usual = {1: 0, 3: 100, 5: 0, 7: 0, 9: 1000, 197: 0, 198: 0, **raws}
    return {
        "json_format_version": [1, 0],
        "smartctl": {"version": [7, 3], "exit_status": 0},
        "device": {"name": "/dev/sda", "type": "sat", "protocol": "ATA"},
        "model_name": model,
        "firmware_version": "1.0",
        "rotation_rate": 7200,
        "smart_status": {"passed": True},
        "ata_smart_attributes": {"table": [attribute(number, raw) for number, raw in usual.items()]},
        **more,
    }


def nvme_json(**log: int) -> dict[str, Any]:
    """A JSON report of an NVMe drive."""
    usual = {"critical_warning": 0, "available_spare": 100, "available_spare_threshold": 10, "percentage_used": 1}
    return {
        "json_format_version": [1, 0],
        "smartctl": {"version": [7, 3], "exit_status": 0},
        "device": {"name": "/dev/nvme0", "type": "nvme", "protocol": "NVMe"},
        "model_name": "Samsung SSD 970 EVO 500GB",
        "smart_status": {"passed": True},
        "nvme_smart_health_information_log": {**usual, "media_errors": 0, "power_on_hours": 100, **log},
    }


NVME_TEXT = (
    BANNER
    + INFO
    + "Model Number:                       INTEL SSDPED1D280GA\nFirmware Version:                   E2010325\n\n"
    + HEALTH.format("PASSED")
    + "SMART/Health Information (NVMe Log 0x02)\nCritical Warning:                   0x00\n"
    + "Temperature:                        44 Celsius\nAvailable Spare:                    100%\n"
    + "Available Spare Threshold:          10%\nPercentage Used:                    5%\n"
    + "Data Units Read:                    2\u202f053\u202f138\u202f221 [1.05 PB]\n"
    + "Power On Hours:                     22,813\n"
    + "Media and Data Integrity Errors:    0\n"
)

SCSI_TEXT = (
    BANNER
    + INFO
    + "Vendor:               SEAGATE\nProduct:              ST1200MM0088\nRevision:             N004\n"
    + "User Capacity:        1,200,243,695,616 bytes [1.20 TB]\nRotation Rate:        10500 rpm\n"
    + "Transport protocol:   SAS (SPL-4)\n\n=== START OF READ SMART DATA SECTION ===\nSMART Health Status: {health}\n\n"
    + "Current Drive Temperature:     31 C\nAccumulated power on time, hours:minutes 5675:39\n"
    + "Elements in grown defect list: {defects}\n\nError counter log:\n"
    + "           Errors Corrected by           Total   Correction     Gigabytes    Total\n"
    + "read:   1410362924        0         0  1410362924          0        386.568           {errors}\n"
    + "write:         0        0         0         0          0        806.827           0\n"
)
