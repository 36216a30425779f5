"""Drives that are in the machine and not in its list: hidden by the firmware's RAID mode, or too ill to answer.

Intel RST "remaps" NVMe drives into the registers of the SATA controller, where no driver reaches them: the ahci
driver only counts them (sysfs ``remapped_nvme``, Linux 5.8 and later). Intel VMD puts them on a PCI bus of its own,
which Linux's vmd driver opens. Other RAID cards show volumes instead of drives.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from agent.collectors.pci import PciDevice, is_raid_mode
from agent.files import read_int, read_text

NVME_CLASS = "0x010802"
# PCI ids of Intel VMD (Linux drivers/pci/controller/vmd.c), for where lspci has no names.
VMD_DEVICES = "201d 28c0 467f 4c3d 7d0b 9a0b a77f ad0b b06f b60b".split()

TO_AHCI = "switch the firmware to AHCI (storage or SATA mode, RST or VMD off) and start the machine again"
TO_HBA = "set its drives to pass-through (HBA, non-RAID) or take them out to erase them"


def hidden_drive_problems(root: Path, devices: Iterable[PciDevice], *, visible_drives: int) -> list[str]:
    """What to tell the technician, one sentence a controller. ``visible_drives``: without sticks and boot medium."""
    problems = []
    for device in devices:
        folder = root / "sys/bus/pci/devices" / _slot(device.slot)
        if device.kind == "Non-Volatile memory controller" and not device.driver:
            problems.append(
                f"the NVMe drive {device.name} is in the machine but does not answer: switch the machine off and on "
                "again; if that does not help, take the drive out for destruction"
            )
        elif is_vmd(device, folder):
            problems += _behind_vmd(device, folder, visible_drives)
        else:
            problems += _behind_controller(device, folder, visible_drives)
    return problems


def is_vmd(device: PciDevice, folder: Path) -> bool:
    """Whether a function is an Intel Volume Management Device."""
    if "Volume Management Device" in device.name:
        return True
    return read_text(folder / "vendor") == "0x8086" and read_text(folder / "device")[2:] in VMD_DEVICES


def _behind_controller(device: PciDevice, folder: Path, visible: int) -> list[str]:
    remapped = read_int(folder / "remapped_nvme") or 0
    if remapped:
        drives = "an NVMe drive" if remapped == 1 else f"{remapped} NVMe drives"
        return [f"storage controller {device.name} is in RAID mode and hides {drives}: {TO_AHCI}"]
    if not is_raid_mode(device):
        return []
    intel = "Intel" in device.name or read_text(folder / "vendor") == "0x8086"
    if intel and device.driver and visible:
        return []  # the ahci driver shows plain SATA drives, whatever the firmware calls its mode
    what = "may hide drives behind a RAID volume" if visible else "hides its drives"
    return [f"storage controller {device.name} is in RAID mode and {what}: {TO_AHCI if intel else TO_HBA}"]


def _behind_vmd(device: PciDevice, folder: Path, visible: int) -> list[str]:
    if device.driver:
        nvme = [entry.parent for entry in folder.glob("pci*/**/class") if read_text(entry) == NVME_CLASS]
        asleep = sum(1 for entry in nvme if not (entry / "driver").exists())
        if not asleep and (nvme or visible):
            return []  # its bus is open: its drives are in the list, or it has none
    return [f"storage controller {device.name} (VMD) hides its drives: {TO_AHCI}"]


def _slot(slot: str) -> str:
    """lspci leaves the domain out where there is one only."""
    return slot if re.match(r"[0-9a-f]{4,}:[0-9a-f]{2}:", slot) else f"0000:{slot}"
