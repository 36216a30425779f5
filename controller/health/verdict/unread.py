"""Why a dump isn't enough for a verdict, in words that say what to do."""

from __future__ import annotations

import re

from controller.health.verdict import thresholds
from controller.health.verdict.metrics import DriveMetrics
from controller.health.verdict.reasons import Level, Reason
from controller.i18n import N_

VIRTUAL = re.compile(r"\b(virtual|vmware|qemu|vbox|virtio)", re.IGNORECASE)
RAID = re.compile(r"raid|\bvolume\b|logical volume|\bPERC\b|Smart Array|\bLSI\b|LOGICAL", re.IGNORECASE)
BRIDGE = re.compile(r"USB bridge|\busb", re.IGNORECASE)
MAIN = ("reallocated_sectors", "pending_sectors")


def why_unknown(drive: DriveMetrics) -> Reason | None:
    """None when there is enough to call a drive good; else what is missing."""
    if _enough(drive):
        return _cut(drive)
    if drive.listing:
        text = N_("it is a list of drives, without their health: read them one by one (smartctl -a)")
        return Reason("listing", Level.UNKNOWN, text, source=thresholds.SMARTCTL)
    said = next((message for message in drive.messages if message), "")
    kind = f"{drive.model} {drive.family}"
    source = thresholds.SMARTCTL
    if drive.smart_enabled is False:
        text = N_("SMART is switched off in the drive: switch it on (smartctl -s on) and read it again")
        return Reason("smart-off", Level.UNKNOWN, text, source=source)
    if VIRTUAL.search(kind):
        return Reason("virtual", Level.UNKNOWN, N_("it is a virtual drive, which has no health of its own"))
    if RAID.search(kind) or drive.transport.startswith(("megaraid", "cciss", "areca")):
        text = N_("a RAID controller hides the drives behind it: read them one by one, or set the firmware to AHCI")
        return Reason("raid", Level.UNKNOWN, text, source=source)
    if drive.transport.startswith("usb") or any(BRIDGE.search(message) for message in drive.messages):
        text = N_("the USB adapter hides the drive's health: connect the drive inside the PC, or try smartctl -d sat")
        return Reason("usb-bridge", Level.UNKNOWN, text, source=source)
    if drive.smart_support is False:
        return Reason("no-smart", Level.UNKNOWN, N_("the drive has no SMART"), source=source)
    if (drive.exit_status or 0) & 0b11 or "open" in said.lower():
        text = N_("smartctl couldn't open the drive: {said}") if said else N_("smartctl couldn't open the drive")
        return Reason("not-opened", Level.UNKNOWN, text, {"said": said} if said else {}, source)
    if drive.truncated:
        return Reason("cut-off", Level.UNKNOWN, N_("the report is cut off before what matters: read the drive again"))
    if drive.passed is not None:
        text = N_("only the drive's own health check is known, and drives pass it with unreadable sectors")
        return Reason("only-firmware", Level.UNKNOWN, text, source=thresholds.GUIDE)
    if said:
        return Reason(
            "not-read", Level.UNKNOWN, N_("smartctl couldn't read the drive's health: {said}"), {"said": said}
        )
    text = N_("the report says which drive it is, but nothing of its health")
    return Reason("no-health", Level.UNKNOWN, text)


def _enough(drive: DriveMetrics) -> bool:
    """ATA: a table of attributes; NVMe: the health log; SCSI: defects or errors; an inventory: its counters."""
    if drive.protocol == "NVMe" or drive.critical_warning is not None:
        return drive.critical_warning is not None or drive.percentage_used is not None
    if drive.attributes:
        return any(attribute.id not in (9, 12, 190, 194) for attribute in drive.attributes)
    numbers = (drive.grown_defects, drive.uncorrected_errors, drive.percentage_used)
    counted = [getattr(drive, name) for name in (*MAIN, "offline_uncorrectable", "reported_uncorrectable")]
    return any(number is not None for number in (*numbers, *counted))


def _cut(drive: DriveMetrics) -> Reason | None:
    """What stops before the counters that matter is no ground to call a drive good."""
    if not drive.truncated:
        return None
    if drive.protocol == "NVMe":
        whole = drive.media_errors is not None
    else:
        whole = drive.rotational is False or all(getattr(drive, name) is not None for name in MAIN)
    if whole or drive.protocol == "SCSI":
        return None
    return Reason("cut-off", Level.UNKNOWN, N_("the report is cut off before what matters: read the drive again"))
