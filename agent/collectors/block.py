"""Block devices from the kernel's side: size, sectors, numbers, through ioctl and sysfs."""

from __future__ import annotations

import fcntl
import os
import stat
import struct
from dataclasses import dataclass

# linux/fs.h
BLKROGET = 0x125E
BLKRRPART = 0x125F
BLKFLSBUF = 0x1261
BLKSSZGET = 0x1268
BLKPBSZGET = 0x127B
BLKZEROOUT = 0x127F
BLKGETSIZE64 = 0x80081272


@dataclass(frozen=True)
class Geometry:
    """What the kernel says of an open block device. Sizes in bytes."""

    number: str  # "8:0"
    size_bytes: int
    logical_block_bytes: int
    physical_block_bytes: int
    read_only: bool


def geometry(fd: int) -> Geometry:
    """Facts of an open block device. Raises OSError when ``fd`` is not one."""
    status = os.fstat(fd)
    if not stat.S_ISBLK(status.st_mode):
        raise OSError(15, "not a block device")  # ENOTBLK
    return Geometry(
        number=f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}",
        size_bytes=_read_number(fd, BLKGETSIZE64, "Q"),
        logical_block_bytes=_read_number(fd, BLKSSZGET, "i"),
        physical_block_bytes=_read_number(fd, BLKPBSZGET, "I"),
        read_only=bool(_read_number(fd, BLKROGET, "i")),
    )


def zero_out(fd: int, offset: int, length: int) -> None:
    """Let the kernel write zeros (BLKZEROOUT): it reads back as zeros, whatever the drive offers for it."""
    fcntl.ioctl(fd, BLKZEROOUT, struct.pack("QQ", offset, length))


def reread_partitions(fd: int) -> None:
    """Ask the kernel to read the partition table again. Raises OSError (EBUSY, or EINVAL without support)."""
    fcntl.ioctl(fd, BLKRRPART)


def partition_path(disk: str, number: int) -> str:
    """The node of a partition: /dev/sda → /dev/sda3, /dev/nvme0n1 → /dev/nvme0n1p3."""
    return f"{disk}p{number}" if disk[-1:].isdigit() else f"{disk}{number}"


def _read_number(fd: int, request: int, form: str) -> int:
    answer = fcntl.ioctl(fd, request, bytes(8))
    return int(struct.unpack(form, answer[: struct.calcsize(form)])[0])
