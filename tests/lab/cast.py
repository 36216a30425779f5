"""The PCs that the demo and the tests plug in, and how each must end."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.disks import MIB, SD_SERIAL, Disk, make_donated
from tests.lab.errors import LabError
from tests.lab.firmware import Kind
from tests.lab.paths import IMAGES
from tests.lab.virtualpc import Donated


@dataclass(frozen=True, kw_only=True)
class Part:
    """One donated PC and the state in which its run must end."""

    donated: Donated
    ends: str  # ready, or held
    title: str  # for people

    @property
    def disk(self) -> Disk:
        """Its only drive."""
        return self.donated.disks[0]


def image_size(profile: str) -> int:
    """Bytes of the whole-disk image of a profile.

    :raises LabError: when it isn't built
    """
    manifest = IMAGES / "os" / profile / "manifest.json"
    if not manifest.exists():
        raise LabError(f"the image of profile {profile} is not built", f"make image-os PROFILE={profile}")
    return int(json.loads(manifest.read_text())["size_bytes"])


def disk_size(profile: str) -> int:
    """A disk a little larger than the image, so that growing the file system is part of every run."""
    return image_size(profile) + 512 * MIB


def _disk(folder: Path, name: str, size: int, **facts: Any) -> Disk:
    disk = Disk(path=folder / f"{name}.disk", size_bytes=size, **facts)
    make_donated(disk.path, size)
    return disk


def secure_pc(folder: Path, profile: str) -> Part:
    """A recent PC: UEFI with Secure Boot on, an NVMe drive."""
    disk = _disk(folder, "secure", disk_size(profile), serial="NVMELAB0001", kind="nvme")
    donated = Donated(
        name="secure",
        firmware="secure",
        mac="52:54:00:4c:41:01",
        manufacturer="LENOVO",
        product="ThinkCentre M910q",
        serial="PC0LAB01",
        uuid="2d0c2d6e-61a1-4b7a-9d31-1c6f5a3e0001",
        disks=(disk,),
    )
    return Part(donated=donated, ends="ready", title="UEFI with Secure Boot on, NVMe drive")


def bios_pc(folder: Path, profile: str) -> Part:
    """An old PC: BIOS, a SATA hard disk."""
    disk = _disk(
        folder, "bios", disk_size(profile), serial="WD-LAB0002", model="WDC WD5000AAKX-LAB", wwn=0x50014EE2B0000002
    )
    donated = Donated(
        name="bios",
        firmware="bios",
        mac="52:54:00:4c:41:02",
        manufacturer="Dell Inc.",
        product="OptiPlex 790",
        serial="8LAB02J",
        uuid="4c4c4544-0038-4c10-8041-b2c04f4c0002",
        disks=(disk,),
    )
    return Part(donated=donated, ends="ready", title="BIOS, SATA hard disk")


def failing_pc(folder: Path, profile: str, firmware: Kind = "bios") -> Part:
    """A PC whose disk can't be read or written at one place: it must be held, and never called erased."""
    disk = _disk(
        folder,
        "failing",
        disk_size(profile),
        serial="5VLAB0003",
        model="ST3500418AS-LAB",
        wwn=0x5000C500B0000003,
        fails_at=256 * MIB + 4096,
    )
    donated = Donated(
        name="failing",
        firmware=firmware,
        mac="52:54:00:4c:41:03",
        manufacturer="Hewlett-Packard",
        product="HP Compaq 6200 Pro",
        serial="CZCLAB003",
        uuid="7c2b8f00-9a31-11e0-8000-4cb16e7d0003",
        disks=(disk,),
    )
    return Part(donated=donated, ends="held", title="BIOS, a disk that fails")


FAILING = 64 * MIB  # where the failing disk holds a donor's letter that can't be overwritten


def many_drives_pc(folder: Path) -> Part:
    """One PC with a drive of every kind that QEMU has, and one that fails: it must be held for that one."""
    size = 256 * MIB
    sata = "WDC WD2500AAJS-LAB", "Samsung SSD 840 LAB", "ST3250318AS-LAB"
    disks = (
        _disk(folder, "hdd", size, serial="WD-LABHDD01", model=sata[0], wwn=0x50014EE2B0000011),
        _disk(folder, "ssd", size, serial="S1LABSSD02", model=sata[1], wwn=0x5002538D50000012, rotation_rate=1),
        _disk(folder, "failing", size, serial="5VLABBAD03", model=sata[2], wwn=0x5000C500B0000013, fails_at=FAILING),
        _disk(folder, "nvme", size, serial="NVMELAB0004", kind="nvme"),
        _disk(folder, "scsi", size, serial="3SLABSAS05", model="ST9146853SS", wwn=0x5000C500A1B2C315, kind="scsi"),
        _disk(folder, "usb", 128 * MIB, serial="USBLAB0006", kind="usb-drive"),
        _disk(folder, "sd", 64 * MIB, serial=SD_SERIAL, kind="sd"),  # a power of two: QEMU's cards have no other size
    )
    donated = Donated(
        name="many-drives",
        firmware="bios",
        mac="52:54:00:4c:41:04",
        manufacturer="Dell Inc.",
        product="Precision T1650",
        serial="7LAB04J",
        uuid="4c4c4544-0037-4c10-8041-b7c04f4c0004",
        disks=disks,
    )
    return Part(donated=donated, ends="held", title="BIOS, seven drives, one of which fails")


def slow_pc(folder: Path) -> Part:
    """A PC whose disk is slow enough to be in the middle of its erase when the power goes."""
    disk = _disk(
        folder,
        "slow",
        512 * MIB,
        serial="WD-LABSLOW1",
        model="WDC WD5000BEVT-LAB",
        wwn=0x50014EE2B0000021,
        bytes_per_second=16 * MIB,
    )
    donated = Donated(
        name="slow",
        firmware="bios",
        mac="52:54:00:4c:41:05",
        manufacturer="Acer",
        product="Aspire 5750",
        serial="LXLAB00005",
        uuid="8f2d1c00-77aa-11e1-9000-4cb16e7d0005",
        disks=(disk,),
    )
    return Part(donated=donated, ends="held", title="BIOS, a slow disk")


def cast(folder: Path, profile: str, count: int) -> list[Part]:
    """The first ``count`` of: Secure Boot, BIOS, failing disk."""
    makers = [secure_pc, bios_pc, failing_pc]
    if not 1 <= count <= len(makers):
        raise LabError(f"PCS={count}", f"between 1 and {len(makers)} virtual PCs can be plugged in")
    return [make(folder, profile) for make in makers[:count]]
