"""Drive facts → what may be done, and which drive gets the system: tables of cases."""

from __future__ import annotations

from typing import Any

import pytest

from controller.erasure.plan import LEVEL_OF, plan_drive, plan_drives
from controller.workflows.target_drive import choose_target

GB = 10**9
SSD: dict[str, Any] = {
    "path": "/dev/sda",
    "model": "Samsung SSD 860",
    "serial": "S3Z9NB0K123456",
    "wwn": "0x5002538e40b5a1c2",
    "size_bytes": 250 * GB,
    "rotational": False,
    "transport": "sata",
    "removable": False,
    "read_only": False,
    "boot_medium": False,
    "in_use": [],
}


@pytest.mark.parametrize(
    ("changes", "eraseable"),
    [
        ({}, True),
        ({"wwn": ""}, True),
        ({"serial": ""}, True),
        ({"in_use": None}, True),
        ({"serial": "", "wwn": ""}, False),
        ({"serial": "0000000000000000", "wwn": ""}, False),
        ({"serial": "To Be Filled By O.E.M.", "wwn": "0x0000000000000000"}, False),
        ({"serial": "", "wwn": "eui.0000000000000000"}, False),
        ({"boot_medium": True}, False),
        ({"in_use": ["mounted at /mnt"]}, False),
        ({"read_only": True}, False),
        ({"size_bytes": 0}, False),
        ({"size_bytes": None}, False),
    ],
)
def test_what_may_be_erased(changes: dict[str, Any], eraseable: bool) -> None:
    verdict = plan_drive({**SSD, **changes})
    assert verdict.eraseable is eraseable
    assert bool(verdict.problem) is not eraseable
    assert verdict.problem.format(**verdict.params) or eraseable


def test_every_plan_has_a_level_and_a_full_validation() -> None:
    plan = plan_drive(SSD).plan
    assert plan is not None
    assert plan["validation"] == "full"
    assert LEVEL_OF[plan["technique"]] == "clear"  # an overwrite never claims more


@pytest.mark.parametrize(("asked", "writer"), [("direct", "direct"), ("nwipe", "nwipe"), ("dd", "direct")])
def test_writer(asked: str, writer: str) -> None:
    plan = plan_drive(SSD, asked).plan
    assert plan is not None
    assert plan["writer"] == writer


@pytest.mark.parametrize(
    ("facts", "seconds"),
    [
        ({"transport": "nvme", "size_bytes": 500 * GB}, 1000),
        ({"transport": "sata", "rotational": False, "size_bytes": 350 * GB}, 2000),
        ({"transport": "sata", "rotational": True, "size_bytes": 110 * GB}, 2000),
        ({"transport": "usb", "rotational": True, "size_bytes": 25 * GB}, 2000),
        ({"transport": "mmc", "size_bytes": 25 * GB}, 2000),
    ],
)
def test_expected_time(facts: dict[str, Any], seconds: float) -> None:
    assert plan_drive({**SSD, **facts}).expected_seconds == seconds


@pytest.mark.parametrize(
    ("second", "eraseable"),
    [
        ({}, [False, False]),  # the same in all that the target compares
        ({"path": "/dev/sdb"}, [False, False]),  # a place is no name
        ({"serial": " s3z9nb0k123456 "}, [False, False]),  # nor are blanks and case
        ({"wwn": "0x5002538e40b5a1c3"}, [True, True]),
        ({"serial": "S3Z9NB0K654321"}, [True, True]),
        ({"size_bytes": 500 * GB}, [True, True]),
        ({"boot_medium": True}, [False, False]),
    ],
)
def test_drives_that_cannot_be_told_apart(second: dict[str, Any], eraseable: list[bool]) -> None:
    """Some makers give every SSD one serial number: authorising one of two must not be possible."""
    assert [v.eraseable for v in plan_drives([SSD, {**SSD, **second}])] == eraseable


def test_three_drives_of_which_two_look_the_same() -> None:
    third = {**SSD, "serial": "ANOTHER-ONE"}
    assert [v.eraseable for v in plan_drives([SSD, third, SSD])] == [False, True, False]


def drive(path: str, gigabytes: int, transport: str = "sata", **more: Any) -> dict[str, Any]:
    return {"path": path, "size_bytes": gigabytes * GB, "transport": transport, "rotational": False, **more}


@pytest.mark.parametrize(
    ("drives", "chosen"),
    [
        ([], None),
        ([drive("/dev/sda", 10)], None),
        ([drive("/dev/sda", 20)], "/dev/sda"),
        ([drive("/dev/sda", 120), drive("/dev/nvme0n1", 60, "nvme")], "/dev/nvme0n1"),
        ([drive("/dev/sda", 1000, rotational=True), drive("/dev/sdb", 120)], "/dev/sdb"),
        ([drive("/dev/sda", 120), drive("/dev/sdb", 240)], "/dev/sdb"),
        ([drive("/dev/sdb", 120), drive("/dev/sda", 120)], "/dev/sda"),
        ([drive("/dev/sda", 500, "usb"), drive("/dev/mmcblk0", 32, "mmc")], "/dev/mmcblk0"),
        ([drive("/dev/sda", 500, "usb")], None),
        ([drive("/dev/sda", 500, removable=True)], None),
        ([drive("/dev/sda", 500, "strange"), drive("/dev/mmcblk0", 32, "mmc")], "/dev/mmcblk0"),
        ([drive("/dev/nvme0n1", 10, "nvme"), drive("/dev/sda", 120)], "/dev/sda"),
        ([{"path": "/dev/sda", "size_bytes": None}], None),
    ],
)
def test_which_drive_gets_the_system(drives: list[dict[str, Any]], chosen: str | None) -> None:
    found = choose_target(drives, 16 * GB)
    assert (found or {}).get("path") == chosen
