"""Cards out of real lspci output, and controllers that hide drives."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.collectors.pci import GRAPHICS, SOUND, PciDevice, controllers, named, parse_lspci, raid_problems, read_sysfs
from tests.unit.agent.recordings import HARDWARE, needs_recordings, recorded, text

RECORDINGS = recorded("machines/peracotta/*/lspci.txt")


@needs_recordings
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.parent.name)
def test_every_recorded_pc(path: Path) -> None:
    said = text(path)
    devices = parse_lspci(said)
    heads = [line for line in said.splitlines() if line[:1].isalnum() and line[2:3] == ":"]
    assert len(devices) == len(heads)
    drivers = [line.split(": ")[1] for line in said.splitlines() if "Kernel driver in use" in line]
    assert [device.driver for device in devices if device.driver] == drivers
    assert all("(rev" not in device.name and "prog-if" not in device.name for device in devices)
    graphics = named(devices, GRAPHICS)
    assert graphics or "VGA" not in said
    assert controllers(devices) or "SATA" not in said


@needs_recordings
def test_the_recorded_thinkpad() -> None:
    devices = parse_lspci(text(HARDWARE / "machines/peracotta/Thinkpad-R500/lspci.txt"))
    assert named(devices, GRAPHICS)[0] == {
        "name": "Intel Corporation Mobile 4 Series Chipset Integrated Graphics Controller",
        "driver": "i915",
    }
    assert named(devices, SOUND) == [
        {"name": "Intel Corporation 82801I (ICH9 Family) HD Audio Controller", "driver": "snd_hda_intel"}
    ]
    storage = controllers(devices)
    assert [controller["driver"] for controller in storage] == ["ata_piix"]
    assert not storage[0]["raid_mode"]


RST = "Intel Corporation 82801 Mobile SATA Controller [RAID mode]"
VMD = "Intel Corporation Volume Management Device NVMe RAID Controller"


@pytest.mark.parametrize(
    ("kind", "name", "driver", "drives", "remapped", "said"),
    [
        ("RAID bus controller", RST, "ahci", 1, 0, ""),  # plain SATA drives behind it are visible
        ("RAID bus controller", RST, "", 0, 0, "hides its drives"),
        ("RAID bus controller", RST, "ahci", 0, 0, "AHCI"),
        ("RAID bus controller", RST, "ahci", 1, 1, "AHCI"),  # the ahci driver counts an NVMe drive it can't reach
        ("RAID bus controller", VMD, "", 0, 0, "AHCI"),
        ("SATA controller", RST, "ahci", 0, 0, "AHCI"),
        ("RAID bus controller", "Broadcom / LSI MegaRAID SAS 2108", "megaraid_sas", 2, 0, "pass-through"),
        ("SATA controller", "Intel Corporation 8 Series SATA Controller 1 [AHCI mode]", "ahci", 0, 0, ""),
    ],
)  # fmt: skip
def test_controllers_that_hide_drives(kind: str, name: str, driver: str, drives: int, remapped: int, said: str) -> None:
    found = controllers([PciDevice("00:17.0", kind, name, driver)])
    problems = raid_problems(found, visible_drives=drives, remapped_nvme=remapped)
    assert bool(problems) == bool(said)
    if said:
        assert said in problems[0]
        assert found[0]["raid_mode"]


def test_sysfs_speaks_where_lspci_is_missing(tmp_path: Path) -> None:
    folder = tmp_path / "sys/bus/pci/devices/0000:00:17.0"
    folder.mkdir(parents=True)
    for file, value in {"class": "0x010400", "vendor": "0x8086", "device": "0x282a"}.items():
        (folder / file).write_text(value + "\n")
    other = tmp_path / "sys/bus/pci/devices/0000:00:1f.0"
    other.mkdir()
    (other / "class").write_text("0x060100\n")
    assert read_sysfs(tmp_path) == [PciDevice("0000:00:17.0", "RAID bus controller", "pci 8086:282a", "")]
