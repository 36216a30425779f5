"""Cards out of real lspci output."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.collectors.pci import GRAPHICS, SOUND, PciDevice, controllers, named, parse_lspci, read_sysfs
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


def test_sysfs_speaks_where_lspci_is_missing(tmp_path: Path) -> None:
    folder = tmp_path / "sys/bus/pci/devices/0000:00:17.0"
    folder.mkdir(parents=True)
    for file, value in {"class": "0x010400", "vendor": "0x8086", "device": "0x282a"}.items():
        (folder / file).write_text(value + "\n")
    other = tmp_path / "sys/bus/pci/devices/0000:00:1f.0"
    other.mkdir()
    (other / "class").write_text("0x060100\n")
    assert read_sysfs(tmp_path) == [PciDevice("0000:00:17.0", "RAID bus controller", "pci 8086:282a", "")]
