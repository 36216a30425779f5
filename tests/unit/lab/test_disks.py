"""What the lab says about a disk must be true: it is the witness against the guest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.disks import MARK, MIB, Disk, ext4_label, find, has_gpt, make_donated


def test_a_donated_disk_holds_its_marks_from_start_to_end(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    planted = make_donated(disk, 700 * MIB)
    assert find(disk, MARK) == planted
    assert planted[0] == MIB
    assert planted[-1] == 700 * MIB - 4096
    assert not has_gpt(disk)


@pytest.mark.parametrize("at", [0, 5, 4096, 16 * MIB - 3, 16 * MIB, 33 * MIB - len(MARK)])
def test_a_mark_is_found_wherever_it_lies(tmp_path: Path, at: int) -> None:
    """Also across the blocks in which the file is read."""
    disk = tmp_path / "disk"
    with disk.open("wb") as file:
        file.write(b"\1" * 33 * MIB)
        file.seek(at)
        file.write(MARK)
    assert find(disk, MARK) == [at]


def test_an_erased_disk_holds_none(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    make_donated(disk, 80 * MIB)
    disk.write_bytes(bytes(80 * MIB))
    assert find(disk, MARK) == []


def test_labels_and_tables_are_read_from_their_places(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    content = bytearray(4 * MIB)
    content[512:520] = b"EFI PART"
    content[2 * MIB + 1024 + 56 : 2 * MIB + 1024 + 58] = b"\x53\xef"
    content[2 * MIB + 1024 + 120 : 2 * MIB + 1024 + 130] = b"recyclerie"
    disk.write_bytes(content)
    assert has_gpt(disk)
    assert ext4_label(disk, 2 * MIB) == "recyclerie"
    assert ext4_label(disk, MIB) == ""


def test_a_failing_disk_fails_reads_and_writes_in_one_place() -> None:
    disk = Disk(path=Path("/x"), serial="S", size_bytes=MIB, fails_at=512 * 7)
    blockdev = disk.arguments(0, 1)[1]
    assert '"driver": "blkdebug"' in blockdev
    assert '"sector": 7' in blockdev
    assert '"event": "none"' in blockdev, "both reads and writes, at any time"
    assert "detect-zeroes" not in blockdev, "a zero that is only noted would never meet the fault"
