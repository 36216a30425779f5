"""Graphics, sound and storage controllers, from lspci(8), from sysfs where lspci is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agent.collectors.fields import Subsystem, flag, text
from agent.files import read_text
from agent.sources import Run
from agent.tools import run as run_tool

# "00:1f.2 RAID bus controller: Intel Corporation … (rev 05) (prog-if 01)", with or without a domain in front.
_DEVICE = re.compile(r"^((?:[0-9a-f]{4,}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]) ([^:]+?): (.+)$")
_TAIL = re.compile(r"( \(rev [0-9a-f]+\))?( \(prog-if [^)]*\))?$")

GRAPHICS = ("VGA compatible controller", "3D controller", "Display controller", "XGA compatible controller")
SOUND = ("Audio device", "Multimedia audio controller")
STORAGE = (
    "SATA controller",
    "IDE interface",
    "RAID bus controller",
    "Non-Volatile memory controller",
    "Mass storage controller",
    "SCSI storage controller",
    "Serial Attached SCSI controller",
    "ATA controller",
)
# PCI class numbers (upper 16 bits of sysfs "class") → the names above, as pci.ids has them.
_CLASSES = {
    0x0200: "Ethernet controller",
    0x0280: "Network controller",
    0x0300: "VGA compatible controller",
    0x0302: "3D controller",
    0x0380: "Display controller",
    0x0403: "Audio device",
    0x0401: "Multimedia audio controller",
    0x0106: "SATA controller",
    0x0101: "IDE interface",
    0x0104: "RAID bus controller",
    0x0108: "Non-Volatile memory controller",
    0x0180: "Mass storage controller",
    0x0100: "SCSI storage controller",
    0x0107: "Serial Attached SCSI controller",
    0x0105: "ATA controller",
}

SUBSYSTEM = Subsystem(
    "controllers",
    "Storage controllers",
    many=True,
    tools=("lspci",),
    files=tuple(f"sys/bus/pci/devices/*/{name}" for name in ("class", "vendor", "device", "driver", "remapped_nvme")),
    fields=(
        text("name", "maker and model"),
        text("driver", "kernel driver"),
        flag("raid_mode", "the firmware may hide drives behind it"),
    ),
)


@dataclass(frozen=True)
class PciDevice:
    """One PCI function. ``kind`` is the class name of pci.ids; ``driver`` is "" when none is bound."""

    slot: str
    kind: str
    name: str
    driver: str
    subsystem: str = ""


def collect_pci(root: Path, problems: list[str], *, run: Run = run_tool) -> list[PciDevice]:
    """All PCI functions; by name where lspci knows it, else by number."""
    ran = run(["lspci", "-k"], seconds=15)
    if ran.ok and ran.out.strip():
        return parse_lspci(ran.out)
    devices = read_sysfs(root)
    if devices:
        problems.append(f"cards are named by number only: {ran.explain()}")
    return devices


def parse_lspci(text: str) -> list[PciDevice]:
    """The functions in the output of ``lspci -k`` or ``lspci -v`` (pciutils 3.x)."""
    devices: list[PciDevice] = []
    for line in text.splitlines():
        match = _DEVICE.match(line)
        if match:
            slot, kind, name = match.groups()
            # Where pci.ids has no name for the class, lspci adds the number: "Serial bus controller [0c80]".
            kind = re.sub(r" \[[0-9a-f]{4}\]$", "", kind)
            devices.append(PciDevice(slot, kind, _TAIL.sub("", name).strip(), ""))
        elif devices and line.strip().startswith("Kernel driver in use:"):
            last = devices[-1]
            devices[-1] = replace(last, driver=line.partition(":")[2].strip())
        elif devices and line.strip().startswith("Subsystem:") and not devices[-1].subsystem:
            devices[-1] = replace(devices[-1], subsystem=line.partition(":")[2].strip())
    return devices


def read_sysfs(root: Path) -> list[PciDevice]:
    """The functions of the kinds above from sysfs, named ``pci VENDOR:DEVICE``."""
    devices = []
    for folder in sorted((root / "sys/bus/pci/devices").glob("*")):
        number = re.fullmatch(r"0x[0-9a-f]{1,8}", read_text(folder / "class"))
        kind = _CLASSES.get(int(number.group(), 16) >> 8 if number else 0)
        if kind is None:
            continue
        vendor, device = (read_text(folder / name)[2:] for name in ("vendor", "device"))
        link = folder / "driver"
        driver = link.resolve().name if link.exists() else ""
        devices.append(PciDevice(folder.name, kind, f"pci {vendor}:{device}", driver))
    return devices


def full_slot(slot: str) -> str:
    """A slot with its domain: lspci leaves it out where there is one only."""
    return slot if re.match(r"[0-9a-f]{4,}:[0-9a-f]{2}:", slot) else f"0000:{slot}"


def named(devices: Iterable[PciDevice], kinds: tuple[str, ...]) -> list[dict[str, Any]]:
    """Name and driver of the devices of some kinds."""
    return [{"name": device.name, "driver": device.driver} for device in devices if device.kind in kinds]


def controllers(devices: Iterable[PciDevice]) -> list[dict[str, Any]]:
    """Storage controllers; ``raid_mode`` where the firmware may hide drives from the system."""
    return [
        {"name": device.name, "driver": device.driver, "raid_mode": is_raid_mode(device)}
        for device in devices
        if device.kind in STORAGE
    ]


def is_raid_mode(device: PciDevice) -> bool:
    """Whether a controller is one behind which drives can be hidden.

    Class 0104 covers Intel RST ("SATA Controller [RAID mode]"), Intel VMD and real RAID cards. Some firmware
    keeps class 0106 and says it only in the name.
    """
    if device.kind == "RAID bus controller":
        return True
    return device.kind in STORAGE and bool(re.search(r"RAID mode|Volume Management Device", device.name))
