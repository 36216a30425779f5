"""The parts of the erase lab that need no virtual PC."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.cast import FAILING, many_drives_pc, slow_pc
from tests.lab.disks import MARK, MIB, SD_SERIAL, find, first_nonzero
from tests.lab.errors import LabError
from tests.lab.flakey import modules_for
from tests.lab.papers import Paper

SAID = """\
/x/CE-000003-fr.pdf: holds
  CE-000003 of 2026-11-22T06:10:00Z, signed by the workshop given: Atelier
  Samsung SSD 840 LAB S1LABSSD02: erased, clear, evidence ab12
  QEMU! 0xdeadbeef: NOT erased (not_erased), evidence cd34
  0BARE: erased, purge, evidence ef56
  whole file signed, evidence inside as printed, claim follows from it, ledger entry and checkpoint right
"""


def test_what_a_paper_says_of_its_drives() -> None:
    paper = Paper(Path("/x/CE-000003-fr.pdf"), holds=True, said=SAID)
    assert paper.kind == "drive"
    assert paper.drives == {
        "S1LABSSD02": "erased, clear",
        "0xdeadbeef": "NOT erased (not_erased)",
        "0BARE": "erased, purge",
    }
    assert Paper(Path("/x/FD-000004-fr.pdf"), holds=False, said="").kind == "destruction"


def test_every_kind_of_drive_is_in_the_pc_and_none_boots_before_the_network(tmp_path: Path) -> None:
    part = many_drives_pc(tmp_path)
    words = [disk.arguments(index, 20 + index) for index, disk in enumerate(part.donated.disks)]
    devices = [one[-1] for one in words]
    assert [device.partition(",")[0] for device in devices] == [
        *("ide-hd", "ide-hd", "ide-hd", "nvme", "scsi-hd", "usb-storage", "sd-card")
    ]
    assert len({disk.serial for disk in part.donated.disks}) == len(devices)
    assert "rotation_rate=1," in devices[1]
    assert all(f"serial={disk.serial}" in device for disk, device in zip(part.donated.disks[:6], devices, strict=False))
    assert part.donated.disks[6].serial == SD_SERIAL, "QEMU's card has no other"
    assert words[4][2:4] == ["-device", "virtio-scsi-pci,id=scsi4"], "its controller comes before it"
    assert "bootindex=25" in devices[5], "a donor's USB drive is no stick to boot from"
    assert FAILING in find(part.donated.disks[2].path, MARK), "the fault lies on a donor's letter"


def test_a_slow_disk_is_throttled(tmp_path: Path) -> None:
    words = slow_pc(tmp_path).disk.arguments(0, 20)
    assert '"bps-total": 16777216' in words[1]
    assert '"driver": "throttle"' in words[3]


@pytest.mark.parametrize("at", [0, 5 * MIB + 7, 8 * MIB - 1])
def test_one_byte_that_is_left_is_found(tmp_path: Path, at: int) -> None:
    disk = tmp_path / "disk"
    with disk.open("wb") as file:
        file.truncate(8 * MIB)
        file.seek(at)
        file.write(b"\1")
    found = first_nonzero(disk)
    assert found is not None
    assert found <= at < found + MIB
    disk.write_bytes(bytes(8 * MIB))
    assert first_nonzero(disk) is None


def test_a_module_is_loaded_after_what_it_needs(tmp_path: Path) -> None:
    folder = tmp_path / "usr/lib/modules/6.12"
    folder.mkdir(parents=True)
    (folder / "modules.dep").write_text(
        "kernel/drivers/md/dm-mod.ko.xz:\n"
        "kernel/drivers/md/dm-flakey.ko.xz: kernel/drivers/md/dm-mod.ko.xz kernel/drivers/dax/dax.ko.xz\n"
    )
    assert [path.name for path in modules_for(tmp_path)] == ["dax.ko.xz", "dm-mod.ko.xz", "dm-flakey.ko.xz"]
    with pytest.raises(LabError):
        modules_for(tmp_path / "nothing")
