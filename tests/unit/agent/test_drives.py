"""The drives: lsblk's list, identities, what uses them.

``samples/``: lsblk of util-linux 2.41 and udev 257 in Debian 13's live image, on a QEMU PC with a SATA, an NVMe, a
USB and a SCSI drive, as they printed it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.collectors.drives import parse_lsblk, sectors_written, transport
from agent.collectors.identity import drive_identity, from_udev
from agent.collectors.mounts import Mount, Usage, boot_medium_number, holders, parse_mountinfo, parse_swaps


def device(**more: Any) -> dict[str, Any]:
    """One device as ``lsblk -J -b -O`` prints it, the columns that count."""
    return {
        "hotplug": False, "kname": "sda", "label": None, "log-sec": 512, "maj:min": "8:0", "model": "WDC_WD5000AAKX",
        "name": "sda", "path": "/dev/sda", "phy-sec": 4096, "rev": "2.5+", "rm": False, "ro": False, "rota": True,
        "serial": "SATAHDD01", "size": 536870912, "tran": "sata", "type": "disk", "vendor": "ATA     ", "wwn": None,
        "mountpoints": [None],
    } | more  # fmt: skip


def parse(*devices: dict[str, Any]) -> list[dict[str, Any]]:
    problems: list[str] = []
    found = parse_lsblk(json.dumps({"blockdevices": devices}), problems)
    assert problems == []
    return found


SAMPLES = Path(__file__).parent / "samples"


def test_the_list_of_a_real_system() -> None:
    problems: list[str] = []
    drives = {drive["serial"]: drive for drive in parse_lsblk((SAMPLES / "lsblk-2.41-qemu.json").read_text(), problems)}
    assert problems == []
    assert {serial: (d["path"], d["transport"], d["model"], d["size_bytes"]) for serial, d in drives.items()} == {
        "SCSI01": ("/dev/sda", "scsi", "ST9146853SS", 2**30),
        "USB01": ("/dev/sdb", "usb", "QEMU HARDDISK", 2**30),
        "SATAHDD01": ("/dev/sdc", "sata", "WDC_WD5000AAKX", 2 * 2**30),
        "NVME01": ("/dev/nvme0n1", "nvme", "QEMU NVMe Ctrl", 3 * 2**30),
    }
    assert drives["SATAHDD01"]["wwn"] == "0x50014ee2b1234567"
    assert [d["rotational"] for d in drives.values() if d["transport"] == "nvme"] == [False]


@pytest.mark.parametrize(
    ("node", "serial", "wwn", "model"),
    [
        ("sda", "SCSI01", "0x5000c500a1b2c3d4", "ST9146853SS"),
        ("sdb", "USB01", "", "QEMU HARDDISK"),
        ("sdc", "SATAHDD01", "0x50014ee2b1234567", "WDC_WD5000AAKX"),
    ],
)
def test_identities_of_a_real_udev(node: str, serial: str, wwn: str, model: str) -> None:
    records = (SAMPLES / "udev-257-qemu.txt").read_text().split("\n\n")
    (record,) = [record for record in records if f"\nN: {node}\n" in record]
    lines = [line[3:] for line in record.splitlines() if line.startswith("E: ")]
    found = from_udev(dict(line.split("=", 1) for line in lines))
    assert (found["serial"], found["wwn"], found["model"]) == (serial, wwn, model)


def test_a_disk_with_partitions() -> None:
    child = device(name="sda1", kname="sda1", path="/dev/sda1", type="part", size=1048576, fstype="vfat", label="ESP")
    (drive,) = parse(device(children=[child]))
    assert (drive["path"], drive["model"]) == ("/dev/sda", "WDC_WD5000AAKX")
    assert (drive["serial"], drive["wwn"]) == ("SATAHDD01", "")
    assert (drive["logical_block_bytes"], drive["physical_block_bytes"]) == (512, 4096)
    assert (drive["rotational"], drive["removable"], drive["read_only"]) == (True, False, False)
    assert drive["partitions"] == [{"path": "/dev/sda1", "size_bytes": 1048576, "fstype": "vfat", "label": "ESP"}]


@pytest.mark.parametrize(
    "more",
    [
        {"kname": "loop0", "type": "loop"}, {"kname": "loop0"}, {"kname": "zram0"}, {"kname": "ram0"},
        {"kname": "nbd0"}, {"kname": "sr0", "type": "rom"}, {"kname": "fd0"}, {"kname": "dm-0", "type": "crypt"},
        {"kname": "md0", "type": "raid1"}, {"kname": "mmcblk0boot0"}, {"kname": "mmcblk0rpmb"},
        {"kname": "sdb", "size": 0}, {"kname": "sdb", "size": None}, {"kname": "sda1", "type": "part"},
    ],
)  # fmt: skip
def test_no_drives(more: dict[str, Any]) -> None:
    assert parse(device(**more)) == []


def test_old_lsblk_prints_numbers_as_text() -> None:
    (drive,) = parse(device(size="536870912", rota="1", rm="0", ro="1", **{"log-sec": "512"}))
    assert drive["size_bytes"] == 536870912
    assert (drive["rotational"], drive["removable"], drive["read_only"]) == (True, False, True)


@pytest.mark.parametrize("broken", ["", "{", "[]", "null", '{"blockdevices": null}'])
def test_broken_lists_give_no_drives(broken: str) -> None:
    assert parse_lsblk(broken, []) == []


@pytest.mark.parametrize(
    ("tran", "name", "expected"),
    [
        ("sata", "sda", "sata"), ("ata", "sda", "sata"), ("usb", "sdb", "usb"), ("nvme", "nvme0n1", "nvme"),
        ("", "nvme0n1", "nvme"), ("", "mmcblk0", "mmc"), ("virtio", "vda", "virtio"), ("", "vda", "virtio"),
        ("sas", "sda", "scsi"), ("spi", "sda", "scsi"), ("", "sda", "scsi"), ("", "xvda", "other"),
    ],
)  # fmt: skip
def test_transport(tran: str, name: str, expected: str) -> None:
    assert transport(tran, name) == expected


@pytest.mark.parametrize(
    ("properties", "serial", "wwn", "model"),
    [
        # SATA: the short serial is the drive's own.
        ({"ID_BUS": "ata", "ID_SERIAL": "WDC_WD5000AAKX_SATAHDD01", "ID_SERIAL_SHORT": "SATAHDD01",
          "ID_MODEL_ENC": r"WDC_WD5000AAKX\x20\x20\x20", "ID_WWN": "0x50014ee2b1234567",
          "ID_WWN_WITH_EXTENSION": "0x50014ee2b1234567"}, "SATAHDD01", "0x50014ee2b1234567", "WDC_WD5000AAKX"),
        # SAS: the short serial is the WWN, the unit's serial is elsewhere.
        ({"ID_BUS": "scsi", "ID_SERIAL_SHORT": "35000c500a1b2c3d4", "ID_SCSI_SERIAL": "SCSI01",
          "ID_MODEL": "ST9146853SS"}, "SCSI01", "", "ST9146853SS"),
        ({"ID_SERIAL_SHORT": "NVME01", "ID_MODEL": "QEMU NVMe Ctrl", "ID_WWN": "nvme.1b36-4e564d453031"},
         "NVME01", "nvme.1b36-4e564d453031", "QEMU NVMe Ctrl"),
        ({}, "", "", ""),
    ],
)  # fmt: skip
def test_identity_from_udev(properties: dict[str, str], serial: str, wwn: str, model: str) -> None:
    found = from_udev(properties)
    assert (found["serial"], found["wwn"], found["model"]) == (serial, wwn, model)


def test_identity_from_sysfs(tmp_path: Path) -> None:
    folder = tmp_path / "sys/class/block/sda/device"
    folder.mkdir(parents=True)
    (folder / "model").write_text("WDC WD5000AAKX-0\n")
    (folder / "vpd_pg80").write_bytes(b"\x00\x80\x00\x14     WD-WCC4N0000001")
    (folder / "wwid").write_text("naa.50014ee2b1234567\n")
    (folder / "rev").write_text("2.5+\n")
    found = drive_identity(tmp_path, "sda")
    assert found == {
        "serial": "WD-WCC4N0000001",
        "wwn": "0x50014ee2b1234567",
        "model": "WDC WD5000AAKX-0",
        "firmware_revision": "2.5+",
    }
    (folder / "wwid").write_text("t10.ATA     WDC WD5000AAKX-0        WD-WCC4N0000001\n")
    assert drive_identity(tmp_path, "sda")["wwn"] == ""


MOUNTINFO = r"""22 28 0:20 / /sys rw,nosuid - sysfs sysfs rw
28 1 0:25 / / rw,relatime shared:1 - overlay overlay rw,lowerdir=/live
31 28 8:17 / /run/live/medium ro,noatime - iso9660 /dev/sdb1 ro
45 28 8:1 / /media/family\040photos rw - ext4 /dev/sda1 rw
46 28 0:44 / /data rw - btrfs /dev/null rw
"""


def test_mounts_are_found_by_number() -> None:
    usage = Usage(parse_mountinfo(MOUNTINFO), {"8:2": "/dev/sda2"})
    assert usage.of({"8:0": "/dev/sda", "8:1": "/dev/sda1", "8:2": "/dev/sda2"}) == [
        "mounted at /media/family photos (/dev/sda1)",
        "swap (/dev/sda2)",
    ]
    assert usage.of({"8:32": "/dev/sdc"}) == []
    assert usage.boots_from({"8:16": "/dev/sdb", "8:17": "/dev/sdb1"})
    assert not usage.boots_from({"8:0": "/dev/sda", "8:1": "/dev/sda1"})


@pytest.mark.parametrize("where", ["/", "/boot", "/boot/efi", "/run/live/medium"])
def test_what_the_system_runs_from_is_no_candidate(where: str) -> None:
    usage = Usage([Mount("8:1", where, "ext4", "/dev/sda1")], {})
    assert usage.boots_from({"8:0": "/dev/sda", "8:1": "/dev/sda1"})


def test_a_stick_that_is_no_longer_mounted_is_still_the_boot_medium() -> None:
    usage = Usage([], {}, medium="8:17")
    assert usage.boots_from({"8:16": "/dev/sdb", "8:17": "/dev/sdb1"})
    assert not usage.boots_from({"8:0": "/dev/sda"})


def test_the_stick_is_named_by_the_kernel_line_or_a_note(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "etc/recyclerie").mkdir(parents=True)
    (tmp_path / "proc/cmdline").write_text("boot=recyclerie recyclerie.medium=1A2B-3C4D quiet\n")
    assert boot_medium_number(tmp_path) == ""
    (tmp_path / "etc/recyclerie/boot-medium").write_text("/dev/null\n")  # no block device: no medium
    assert boot_medium_number(tmp_path) == ""


def test_swaps() -> None:
    head = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
    assert parse_swaps(head + "/dev/sda2                               partition\t1\t0\t-2\n") == ["/dev/sda2"]
    assert parse_swaps("") == []


def test_holders_of_a_disk_and_its_partitions(tmp_path: Path) -> None:
    disk = tmp_path / "sys/class/block/sda"
    (disk / "holders").mkdir(parents=True)
    (disk / "sda1/holders/dm-0/dm").mkdir(parents=True)
    (disk / "sda1/partition").write_text("1\n")
    (disk / "sda1/holders/dm-0/dm/name").write_text("vg-home\n")
    (disk / "sda2/holders/md127").mkdir(parents=True)
    (disk / "sda2/partition").write_text("2\n")
    assert holders(tmp_path, "sda") == ["held by vg-home (sda1)", "held by md127 (sda2)"]
    assert holders(tmp_path, "sdb") == []


def test_bytes_written_come_from_the_kernel(tmp_path: Path) -> None:
    folder = tmp_path / "sys/class/block/sda"
    folder.mkdir(parents=True)
    (folder / "stat").write_text("  100 0 2000 5 300 0 4000 7 0 8 12 0 0 0 0 0 0\n")
    assert sectors_written(tmp_path, "/dev/sda") == 4000 * 512
    assert sectors_written(tmp_path, "/dev/sdb") is None
