"""Disks of virtual PCs: sparse files on the host, which the tests read without asking the guest."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

MIB = 1 << 20
GIB = 1 << 30
MARK = b"RECYCLERIE-LAB: a donor's letter that nobody may ever read again. "


# usb: a stick to boot from, before anything else; usb-drive: a donor's own, after the network, like all the others.
# sd: a card in a PCI reader, always /dev/mmcblk0 with the serial number SD_SERIAL (QEMU before 9.1 has no eMMC).
Bus = Literal["sata", "nvme", "scsi", "usb", "usb-drive", "sd"]
SD_SERIAL = "0xdeadbeef"


@dataclass(frozen=True, kw_only=True)
class Disk:
    """One disk.

    ``fails_at``: byte offset around which every read and write returns EIO (None: a sound disk).
    ``bytes_per_second``: reads and writes together, at most (None: as fast as it goes).
    """

    path: Path
    serial: str
    size_bytes: int
    kind: Bus = "sata"
    model: str = "LAB DISK"
    rotation_rate: int = 7200  # 1: a solid-state disk
    wwn: int = 0
    fails_at: int | None = None
    bytes_per_second: int | None = None

    def arguments(self, index: int, boot_index: int) -> list[str]:
        """QEMU's arguments for it, on port ``index``."""
        node = f"disk{index}"
        file: dict[str, Any] = {"driver": "file", "filename": str(self.path), "aio": "threads"}
        block: dict[str, Any] = {"node-name": node, "driver": "raw", "cache": {"no-flush": True}, "file": file}
        if self.fails_at is None:
            # zeros become holes, so that erasing 8 GiB costs the host nothing; the guest sees no difference
            block |= {"discard": "unmap", "detect-zeroes": "unmap"}
            file["discard"] = "unmap"
        else:
            error = {"event": "none", "errno": 5, "once": False, "sector": self.fails_at // 512}
            block["file"] = {"driver": "blkdebug", "image": file, "inject-error": [error]}
        out = []
        if self.bytes_per_second:
            limits = {
                "qom-type": "throttle-group",
                "id": f"rate{index}",
                "limits": {"bps-total": self.bytes_per_second},
            }
            out = ["-object", json.dumps(limits)]
            block["file"] = {"driver": "throttle", "throttle-group": f"rate{index}", "file": block["file"]}
        out += ["-blockdev", json.dumps(block)]
        controller = {"scsi": f"virtio-scsi-pci,id=scsi{index}", "sd": f"sdhci-pci,id=sdhci{index}"}.get(self.kind)
        return [
            *out,
            *(["-device", controller] if controller else []),
            "-device",
            self._device(node, index, boot_index),
        ]

    def _device(self, node: str, index: int, boot_index: int) -> str:
        common = f"drive={node},serial={self.serial},bootindex={boot_index}"
        if self.kind == "nvme":
            return f"nvme,{common}"
        if self.kind == "usb":
            return f"usb-storage,bus=usb.0,removable=on,{common}"
        if self.kind == "usb-drive":
            return f"usb-storage,bus=usb.0,{common}"
        if self.kind == "sd":
            return f"sd-card,bus=sd-bus,drive={node}"
        wwn = f",wwn={self.wwn:#x}" if self.wwn else ""
        if self.kind == "scsi":
            return (
                f"scsi-hd,bus=scsi{index}.0,{common},vendor=SEAGATE,product={self.model},"
                f"rotation_rate={self.rotation_rate}{wwn},rerror=report,werror=report"
            )
        return (
            f"ide-hd,bus=ide.{index},{common},model={self.model},rotation_rate={self.rotation_rate}{wwn},"
            "rerror=report,werror=report"
        )


def make_donated(path: Path, size_bytes: int) -> list[int]:
    """A disk as a donor leaves it: a partition table, and personal data at the start, the end and in between.

    :returns: the offsets where :data:`MARK` was written
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    offsets = [MIB, size_bytes - 4096, *range(64 * MIB, size_bytes - 4096, 256 * MIB)]
    with path.open("wb") as disk:
        disk.truncate(size_bytes)
        mbr = bytearray(512)
        mbr[446:462] = (
            bytes([0x80, 0, 2, 0, 0x07, 0, 0, 0])
            + (2048).to_bytes(4, "little")
            + (size_bytes // 512 - 2048).to_bytes(4, "little")
        )
        mbr[510:512] = b"\x55\xaa"
        disk.write(mbr)
        for offset in offsets:
            disk.seek(offset)
            disk.write(MARK)
    return sorted(offsets)


def data_ranges(path: Path) -> Iterator[tuple[int, int]]:
    """The parts of a sparse file that hold data: (offset, length). The holes read as zeros."""
    with path.open("rb") as file:
        size, at = os.fstat(file.fileno()).st_size, 0
        while at < size:
            try:
                start = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:  # ENXIO: nothing but a hole is left
                return
            at = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            yield start, at - start


def find(path: Path, pattern: bytes, block: int = 16 * MIB) -> list[int]:
    """Offsets of ``pattern`` in the file, read on the host: what the guest says plays no part."""
    found = []
    with path.open("rb") as file:
        for start, length in data_ranges(path):
            file.seek(start)
            tail, at = b"", start
            while at < start + length:
                chunk = tail + file.read(min(block, start + length - at))
                base, index = at - len(tail), chunk.find(pattern)
                while index >= 0:
                    found.append(base + index)
                    index = chunk.find(pattern, index + 1)
                at = base + len(chunk)
                tail = chunk[-(len(pattern) - 1) :]
    return sorted(set(found))


def first_nonzero(path: Path, block: int = MIB) -> int | None:
    """Offset of the first MiB of the file that isn't all zeros; None: the whole disk reads as zeros."""
    zeros = bytes(block)
    with path.open("rb") as file:
        for start, length in data_ranges(path):
            file.seek(start)
            for at in range(start, start + length, block):
                piece = file.read(min(block, start + length - at))
                if piece != zeros[: len(piece)]:
                    return at
    return None


def has_gpt(path: Path) -> bool:
    """Whether a GUID partition table stands at its place."""
    with path.open("rb") as file:
        file.seek(512)
        return file.read(8) == b"EFI PART"


def ext4_label(path: Path, partition_start: int) -> str:
    """Label of the ext4 file system at this offset; "" where there is none."""
    with path.open("rb") as file:
        file.seek(partition_start + 1024)
        superblock = file.read(1024)
    if superblock[56:58] != b"\x53\xef":
        return ""
    return superblock[120:136].rstrip(b"\0").decode()
