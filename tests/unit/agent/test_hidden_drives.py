"""A PC that hides its drives is not a PC without any."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.collectors.hidden_drives import hidden_drive_problems
from agent.collectors.pci import PciDevice, parse_lspci
from tests.unit.agent.recordings import needs_recordings, recorded, text

RST = "Intel Corporation 82801 Mobile SATA Controller [RAID mode]"
VMD = "Intel Corporation Volume Management Device NVMe RAID Controller"
NUMBER = "pci 8086:9a0b"  # where lspci has no names
AHCI = "switch the firmware to AHCI"


def pc(tmp_path: Path, slot: str, *, ids: str = "8086:282a", remapped: int | None = None, nvme: str = "") -> Path:
    """sysfs with one storage controller; ``nvme``: behind VMD, "answers" or "silent"."""
    folder = tmp_path / "sys/bus/pci/devices" / slot
    folder.mkdir(parents=True)
    for name, value in zip(("vendor", "device"), ids.split(":"), strict=True):
        (folder / name).write_text(f"0x{value}\n")
    if remapped is not None:
        (folder / "remapped_nvme").write_text(f"{remapped}\n")
    if nvme:
        drive = folder / "pci10000:e0/10000:e0:06.0/10000:e1:00.0"
        drive.mkdir(parents=True)
        (drive / "class").write_text("0x010802\n")
        if nvme == "answers":
            (drive / "driver").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("kind", "name", "driver", "drives", "remapped", "said"),
    [
        ("RAID bus controller", RST, "ahci", 1, 0, ""),  # plain SATA drives behind it are visible
        ("RAID bus controller", RST, "", 0, None, "hides its drives"),
        ("RAID bus controller", RST, "ahci", 0, 0, "hides its drives"),
        ("RAID bus controller", RST, "ahci", 1, 1, "hides an NVMe drive"),  # counted by ahci, reached by nobody
        ("RAID bus controller", RST, "ahci", 0, 2, "hides 2 NVMe drives"),
        ("SATA controller", RST, "ahci", 0, None, "hides its drives"),
        ("SATA controller", "Intel Corporation 8 Series SATA Controller [AHCI mode]", "ahci", 1, 1, "hides an NVMe"),
        ("SATA controller", "Intel Corporation 8 Series SATA Controller 1 [AHCI mode]", "ahci", 0, 0, ""),
    ],
)  # fmt: skip
def test_intel_rst(
    tmp_path: Path, kind: str, name: str, driver: str, drives: int, remapped: int | None, said: str
) -> None:
    root = pc(tmp_path, "0000:00:17.0", remapped=remapped)
    problems = hidden_drive_problems(root, [PciDevice("00:17.0", kind, name, driver)], visible_drives=drives)
    assert [AHCI in problem and said in problem for problem in problems] == ([True] if said else [])


@pytest.mark.parametrize("name", [VMD, NUMBER])
@pytest.mark.parametrize(
    ("driver", "nvme", "drives", "hidden"),
    [
        ("vmd", "answers", 1, False),  # Linux opens VMD's bus: the drive is in the list
        ("vmd", "silent", 1, True),
        ("vmd", "", 0, True),
        ("vmd", "", 1, False),  # nothing plugged in behind it
        ("", "", 0, True),
        ("", "", 1, True),  # the SATA drive is there; what is behind VMD isn't
    ],
)
def test_intel_vmd(tmp_path: Path, name: str, driver: str, nvme: str, drives: int, hidden: bool) -> None:
    root = pc(tmp_path, "0000:00:0e.0", ids="8086:9a0b", nvme=nvme)
    device = PciDevice("0000:00:0e.0", "RAID bus controller", name, driver)
    problems = hidden_drive_problems(root, [device], visible_drives=drives)
    assert [AHCI in problem and "VMD" in problem for problem in problems] == ([True] if hidden else [])


def test_a_real_raid_card_is_another_thing_to_do(tmp_path: Path) -> None:
    root = pc(tmp_path, "0000:03:00.0", ids="1000:0079")
    card = PciDevice("03:00.0", "RAID bus controller", "Broadcom / LSI MegaRAID SAS 2108", "megaraid_sas")
    (problem,) = hidden_drive_problems(root, [card], visible_drives=2)
    assert "pass-through" in problem
    assert "AHCI" not in problem


def test_an_nvme_drive_that_no_driver_could_start(tmp_path: Path) -> None:
    card = PciDevice("02:00.0", "Non-Volatile memory controller", "Intel Corporation SSD 660P Series", "")
    (problem,) = hidden_drive_problems(tmp_path, [card], visible_drives=1)
    assert "SSD 660P" in problem
    assert "does not answer" in problem
    alive = PciDevice(card.slot, card.kind, card.name, "nvme")
    assert hidden_drive_problems(tmp_path, [alive], visible_drives=1) == []


@needs_recordings
@pytest.mark.parametrize("path", recorded("machines/peracotta/*/lspci.txt"), ids=lambda path: path.parent.name)
def test_recorded_pcs_with_visible_drives_hide_none(path: Path, tmp_path: Path) -> None:
    problems = hidden_drive_problems(tmp_path, parse_lspci(text(path)), visible_drives=1)
    assert [problem for problem in problems if "hides" in problem] == []
