"""The whole disk in a file: layout, GRUB's embedded parts, the stick's partition table."""

from __future__ import annotations

import itertools
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from images import disk as disks
from images.errors import ImageError
from images.usb import _partition, partition_table

needs = pytest.mark.skipif(
    not all(shutil.which(tool) for tool in ("sgdisk", "mke2fs", "mkfs.vfat", "mcopy")),
    reason="needs gdisk, e2fsprogs, dosfstools, mtools",
)


def test_partitions_follow_one_another_up_to_the_end() -> None:
    size = disks.image_size(1_000_000_001)
    parts = disks.partitions(size)
    assert size % disks.MIB == 0
    for before, after in itertools.pairwise(parts):
        assert before.start_bytes + before.size_bytes <= after.start_bytes
    assert all(part.start_bytes % disks.MIB == 0 for part in parts)
    assert parts[2].size_bytes >= 1_000_000_001
    assert parts[2].start_bytes + parts[2].size_bytes == size - disks.MIB


def test_grub_parts_know_of_each_other(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    table = bytes(range(72))  # disk signature, partition entries, end mark
    disk.write_bytes(b"\0" * 440 + table + b"\0" * (4 * disks.MIB - 512))
    core = bytearray(b"C" * 2000)
    disks.embed_bios_grub(disk, b"B" * 512, bytes(core), start_bytes=disks.MIB, room_bytes=disks.MIB)
    raw = disk.read_bytes()
    assert raw[440:512] == table
    assert struct.unpack_from("<Q", raw, 0x5C) == (2048,)
    assert raw[0x66:0x68] == b"\x90\x90"
    assert struct.unpack_from("<Q", raw, disks.MIB + 500) == (2049,)
    assert raw[disks.MIB + 512 : disks.MIB + 2000] == b"C" * 1488


def test_a_core_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "disk").write_bytes(b"\0" * 4096)
    with pytest.raises(ImageError, match="doesn't fit"):
        disks.embed_bios_grub(tmp_path / "disk", b"B" * 512, b"C" * 3000, start_bytes=1024, room_bytes=2048)


@needs
def test_a_small_disk_is_what_other_tools_see(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "hello").write_text("bonjour")
    disk = tmp_path / "disk"
    parts = disks.make_disk(disk, disks.image_size(32 * disks.MIB))
    uuid, volume = disks.new_uuid(), disks.new_volume_id()
    disks.make_esp(disk, parts[1], {"EFI/debian/grub.cfg": b"menu"}, volume_id=volume, label="RECYC_EFI")
    disks.make_root(disk, parts[2], root, root_uuid=uuid, label="recyclerie")
    shown = subprocess.run(["sgdisk", "--verify", "--print", disk], capture_output=True, text=True, check=True)
    assert "No problems found" in shown.stdout
    assert disk.read_bytes()[446] == 0x80  # some BIOSes insist on an active entry
    place = f"{disk}@@{parts[1].start_bytes}"
    menu = subprocess.run(["mtype", "-i", place, "::/EFI/debian/grub.cfg"], capture_output=True, check=True)
    assert menu.stdout == b"menu"
    alone = tmp_path / "root.ext4"
    alone.write_bytes(disk.read_bytes()[parts[2].start_bytes : parts[2].start_bytes + parts[2].size_bytes])
    facts = subprocess.run(["dumpe2fs", "-h", alone], capture_output=True, text=True, check=True).stdout
    assert uuid in facts
    assert "metadata_csum_seed" in facts
    assert "orphan_file" not in facts
    assert subprocess.run(["e2fsck", "-fn", alone], capture_output=True, check=False).returncode == 0
    # The way of the install job: a new UUID without rewriting the checksums, then room.
    for command in ("tune2fs -U random", "truncate -s 96M", "resize2fs"):
        subprocess.run([*command.split(), alone], capture_output=True, check=True)
    assert subprocess.run(["e2fsck", "-fn", alone], capture_output=True, check=False).returncode == 0


def test_stick_table_has_one_active_fat_partition() -> None:
    part = _partition(150_000_000)
    table = partition_table(part, "1A2B-3C4D")
    assert len(table) == 512
    assert table[510:] == b"\x55\xaa"
    active, kind = table[446], table[450]
    first, count = struct.unpack_from("<II", table, 454)
    assert (active, kind) == (0x80, 0x0C)
    assert first * 512 == part.start_bytes == disks.MIB
    assert count * 512 == part.size_bytes >= 150_000_000
    assert table[462:510] == b"\0" * 48
