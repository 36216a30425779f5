"""A drive that the agent says is hidden is never taken for one that isn't there: agent and controller agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.collectors.hidden_drives import hidden_drive_problems
from agent.collectors.pci import PciDevice
from controller.erasure.refusals import unseen_drives

RST = "Intel Corporation 82801 Mobile SATA Controller [RAID mode]"
VMD = "Intel Corporation Volume Management Device NVMe RAID Controller"
LSI = "Broadcom / LSI MegaRAID SAS-3 3108"


@pytest.mark.parametrize(
    ("kind", "name", "driver", "remapped", "sure", "perhaps"),
    [
        ("RAID bus controller", RST, "ahci", 0, False, False),  # plain SATA drives are visible
        ("RAID bus controller", RST, "ahci", 1, True, False),
        ("RAID bus controller", RST, "ahci", 2, True, False),
        ("RAID bus controller", RST, "", 0, False, True),
        ("RAID bus controller", VMD, "", 0, True, False),
        ("RAID bus controller", LSI, "megaraid_sas", 0, False, True),
        ("Non-Volatile memory controller", "Samsung NVMe", "", 0, True, False),
        ("Non-Volatile memory controller", "Samsung NVMe", "nvme", 0, False, False),
        ("SATA controller", "Intel Corporation 8 Series [AHCI mode]", "ahci", 0, False, False),
    ],
)  # fmt: skip
def test_one_drive_is_seen(
    tmp_path: Path, kind: str, name: str, driver: str, remapped: int, sure: bool, perhaps: bool
) -> None:
    folder = tmp_path / "sys/bus/pci/devices/0000:00:17.0"
    folder.mkdir(parents=True)
    (folder / "remapped_nvme").write_text(f"{remapped}\n")
    problems = hidden_drive_problems(tmp_path, [PciDevice("00:17.0", kind, name, driver)], visible_drives=1)
    found = unseen_drives(["the processor can't be described: no lscpu", *problems])
    assert (bool(found[0]), bool(found[1])) == (sure, perhaps), problems


def test_other_problems_are_no_drives() -> None:
    assert unseen_drives(["battery BAT0: its capacity can't be read", 7, None]) == ("", "")
