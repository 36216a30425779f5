"""Where the partitions of an installed disk lie. Pure arithmetic: the tests' rig imports it too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.errors import AgentError

SECTOR = 512
ALIGNMENT = 2**20  # partitions begin and end on whole MiB, whatever the drive's own block size
ROOT_NUMBER = 3
ESP_NUMBER = 2
BACKUP_SECTORS = 33  # the second partition table at the end of the disk: 32 sectors of entries, 1 header


class DiskTooSmall(AgentError):
    """The image does not fit the drive."""


@dataclass(frozen=True)
class Partition:
    """A partition's place, in bytes from the disk's start."""

    number: int
    start_bytes: int
    size_bytes: int

    @property
    def end_bytes(self) -> int:
        """The first byte after it."""
        return self.start_bytes + self.size_bytes

    @property
    def first_sector(self) -> int:
        return self.start_bytes // SECTOR

    @property
    def last_sector(self) -> int:
        """Inclusive, as sgdisk counts."""
        return self.end_bytes // SECTOR - 1


def last_usable_sector(disk_bytes: int) -> int:
    """The last sector that a partition may use (LBA, inclusive)."""
    return disk_bytes // SECTOR - 1 - BACKUP_SECTORS


def grown_root(root: Partition, disk_bytes: int) -> Partition:
    """The root partition grown to the disk's end: to the last usable sector, aligned down to 1 MiB.

    Raises DiskTooSmall when that would be less than the image's own.
    """
    end = (last_usable_sector(disk_bytes) + 1) * SECTOR // ALIGNMENT * ALIGNMENT
    grown = Partition(root.number, root.start_bytes, end - root.start_bytes)
    if grown.size_bytes < root.size_bytes:
        raise DiskTooSmall(
            f"The drive has {disk_bytes / 1e9:.1f} GB, the system needs {root.end_bytes / 1e9:.1f} GB.",
            hint="Put a larger drive in, or choose a smaller profile.",
        )
    return grown


def find_partition(partitions: Sequence[Partition], number: int) -> Partition | None:
    """The partition with a number, None without it."""
    return next((part for part in partitions if part.number == number), None)
