"""A whole disk in a file: GPT, a BIOS boot partition, an EFI system partition, an ext4 root.

Nothing is mounted: the file systems are made with their content (mke2fs -d, mtools), GRUB's BIOS parts are
put in place as ``grub-bios-setup`` would.
"""

from __future__ import annotations

import struct
import uuid
from dataclasses import dataclass
from pathlib import Path

from images.command import run
from images.errors import ImageError

MIB = 1024 * 1024
SECTOR = 512
BIOS_BOOT_START = 1 * MIB
BIOS_BOOT_BYTES = 1 * MIB
ESP_START = 2 * MIB
ESP_BYTES = 256 * MIB
ROOT_START = ESP_START + ESP_BYTES
_GPT_TAIL = 1 * MIB  # the backup table needs 33 sectors; the end stays aligned

# GRUB's include/grub/i386/pc/boot.h and offsets.h
_BOOT_KERNEL_SECTOR = 0x5C  # u64: first sector of core.img
_BOOT_DRIVE_CHECK = 0x66  # two bytes of a jump that hard disks must not take
_BOOT_CODE_END = 440  # what follows belongs to the partition table
_CORE_BLOCKLIST = SECTOR - 12  # u64 start, u16 length, u16 segment, at the end of core.img's first sector


@dataclass(frozen=True, kw_only=True)
class Partition:
    """One partition of the image."""

    number: int
    start_bytes: int
    size_bytes: int


def partitions(size_bytes: int) -> list[Partition]:
    """The three partitions of an image of this size."""
    return [
        Partition(number=1, start_bytes=BIOS_BOOT_START, size_bytes=BIOS_BOOT_BYTES),
        Partition(number=2, start_bytes=ESP_START, size_bytes=ESP_BYTES),
        Partition(number=3, start_bytes=ROOT_START, size_bytes=size_bytes - ROOT_START - _GPT_TAIL),
    ]


def image_size(root_bytes: int) -> int:
    """Size of an image whose root partition has ``root_bytes``, in whole MiB."""
    return ROOT_START + -(-root_bytes // MIB) * MIB + _GPT_TAIL


def make_disk(disk: Path, size_bytes: int) -> list[Partition]:
    """An empty sparse disk with its partition table."""
    with disk.open("wb") as out:
        out.truncate(size_bytes)
    parts = partitions(size_bytes)
    command = ["sgdisk", "--clear", "--set-alignment=2048"]
    for part, kind, name in zip(
        parts, ("ef02", "ef00", "8304"), ("BIOS boot", "EFI system", "recyclerie"), strict=True
    ):
        first = part.start_bytes // SECTOR
        last = (part.start_bytes + part.size_bytes) // SECTOR - 1
        command += [f"--new={part.number}:{first}:{last}", f"--typecode={part.number}:{kind}"]
        command.append(f"--change-name={part.number}:{name}")
    run([*command, disk], hint="apt-get install gdisk")
    _mark_bootable(disk)
    return parts


def _mark_bootable(disk: Path) -> None:
    """Some BIOSes only boot a disk with an active entry: the protective MBR's one is marked."""
    with disk.open("r+b") as out:
        out.seek(446)
        out.write(b"\x80")


def make_root(disk: Path, part: Partition, root: Path, *, root_uuid: str, label: str) -> None:
    """The ext4 of the root partition, filled from the folder ``root``.

    metadata_csum_seed: a new UUID on each machine without rewriting every checksum. No orphan_file: old
    tools on a repair stick must still be able to read it.
    """
    run(
        [
            *("mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-m", "1", "-L", label, "-U", root_uuid),
            *("-O", "metadata_csum,metadata_csum_seed,64bit,^orphan_file"),
            # Grows to a 4 TiB disk without moving anything; tables are written as they come into use.
            *("-E", f"offset={part.start_bytes},resize={4 * 1024**4 // 4096},lazy_itable_init=1,nodiscard"),
            *("-d", root, disk, f"{part.size_bytes // 1024}k"),
        ],
        hint="if it says that the file system is full, raise profile_image_free_mib of the profile",
    )


def make_esp(disk: Path, part: Partition, files: dict[str, bytes | Path], *, volume_id: str, label: str) -> None:
    """A FAT32 file system in ``part`` with ``files`` (path with / → content)."""
    run(
        [
            *("mkfs.vfat", "-F", "32", "-S", "512", "-s", "1" if part.size_bytes < 512 * MIB else "8"),
            *("-i", volume_id.replace("-", ""), "-n", label, "--offset", str(part.start_bytes // SECTOR)),
            *(disk, str(part.size_bytes // 1024)),
        ],
        hint="apt-get install dosfstools",
    )
    place = f"{disk}@@{part.start_bytes}"
    folders = sorted({str(parent) for name in files for parent in Path(name).parents if str(parent) != "."})
    for folder in folders:
        run(["mmd", "-i", place, f"::/{folder}"], hint="apt-get install mtools")
    for name, content in files.items():
        if isinstance(content, Path):
            run(["mcopy", "-i", place, content, f"::/{name}"], hint="is the partition large enough for it?")
        else:
            run(["mcopy", "-i", place, "-", f"::/{name}"], input_bytes=content, hint="apt-get install mtools")


def embed_bios_grub(disk: Path, boot_img: bytes, core_img: bytes, *, start_bytes: int, room_bytes: int) -> None:
    """GRUB for BIOS: ``boot_img`` in the first sector, ``core_img`` at ``start_bytes``, each told of the other."""
    if len(boot_img) != SECTOR or len(core_img) > room_bytes or len(core_img) < 2 * SECTOR:
        raise ImageError(
            f"GRUB's core ({len(core_img)} bytes) doesn't fit its place ({room_bytes})",
            hint="package grub-pc-bin in the root file system is damaged: delete it in the cache",
        )
    sector = start_bytes // SECTOR
    boot = bytearray(boot_img)
    struct.pack_into("<Q", boot, _BOOT_KERNEL_SECTOR, sector)
    # As grub-bios-setup does for hard disks: don't trust a BIOS that says "floppy".
    boot[_BOOT_DRIVE_CHECK : _BOOT_DRIVE_CHECK + 2] = b"\x90\x90"
    core = bytearray(core_img)
    struct.pack_into("<Q", core, _CORE_BLOCKLIST, sector + 1)
    with disk.open("r+b") as out:
        out.write(boot[:_BOOT_CODE_END])  # the disk's own signature and partition table follow
        out.seek(start_bytes)
        out.write(core)


def new_uuid() -> str:
    """A random file-system UUID."""
    return str(uuid.uuid4())


def new_volume_id() -> str:
    """A random FAT volume id, as blkid shows it: ``1A2B-3C4D``."""
    value = uuid.uuid4().hex[:8].upper()
    return f"{value[:4]}-{value[4:]}"
