"""This machine against what was authorised: facts → problems, as a table of cases."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.recyclerie.target import chassis_problems, describe, drive_problems, with_plan

CHASSIS = {
    "system_uuid": "4c4c4544-0051-4d10-8036-b7c04f433532",
    "system_serial": "7QM6C52",
    "board_serial": "/7QM6C52/CN1296363A0123/",
    "chassis_serial": "7QM6C52",
    "manufacturer": "Dell Inc.",
    "product": "OptiPlex 7010",
    "version": "01",
    "sku": "OptiPlex 7010",
    "asset_tag": "",
    "chassis_type": "3",
}
WD: dict[str, Any] = {"serial": "WD-WCC1", "wwn": "0x50014ee2b1", "model": "WDC WD5000AAKX", "size_bytes": 500107862016}
SSD = {"serial": "S21JNXAG", "wwn": "", "model": "Samsung SSD 850", "size_bytes": 250059350016}
RUBBISH = {"serial": "0123456789", "wwn": "", "model": "USB DISK", "size_bytes": 8000000000}
STICK = RUBBISH | {"removable": True, "transport": "usb"}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (CHASSIS, []),
        (CHASSIS | {"version": "02", "sku": "", "asset_tag": "VILLE-12"}, []),
        (CHASSIS | {"system_serial": "OTHER"}, ["system serial number is OTHER, expected 7QM6C52"]),
        (CHASSIS | {"system_uuid": ""}, ["system UUID is empty, expected 4c4c4544"]),
        (CHASSIS | {"board_serial": "B", "product": "P"}, ["board serial number is B", "product is P"]),
    ],
)
def test_chassis(found: dict[str, str], words: list[str]) -> None:
    problems = chassis_problems(found, CHASSIS)
    assert len(problems) == len(words)
    for problem, word in zip(problems, words, strict=True):
        assert word in problem
        assert "authorise anew" in problem, "each says what to do next"


CASES: list[tuple[str, list[dict[str, Any]], list[dict[str, Any]], list[str]]] = [
    ("as authorised", [WD, SSD], [SSD, WD], []),
    (
        "gone",
        [WD],
        [WD, SSD],
        ["S/N S21JNXAG (Samsung SSD 850, 250.1 GB) is not in this machine", "no other drive"],
    ),
    ("swapped", [WD | {"serial": "NEW", "wwn": ""}], [WD], ["S/N WD-WCC1", "found: S/N NEW (WDC WD5000AAKX"]),
    ("shrunk", [WD | {"size_bytes": 4}], [WD], ["size in bytes is 4, expected 500107862016"]),
    ("same serial, other WWN", [WD | {"wwn": "0x1"}], [WD], ["WWN is 0x1, expected 0x50014ee2b1"]),
    ("not authorised", [WD, SSD], [WD], ["S/N S21JNXAG", "was not authorised"]),
    ("a stick plugged in", [WD, STICK], [WD], []),
    ("the boot medium beside it", [WD, SSD | {"boot_medium": True}], [WD], []),
    ("the boot medium itself", [WD | {"boot_medium": True}], [WD], ["boot media are never erased"]),
    ("mounted", [WD | {"in_use": ["mounted at /mnt"]}], [WD], ["in use (mounted at /mnt)"]),
    ("write-protected", [WD | {"read_only": True}], [WD], ["can't be written"]),
    ("twins", [RUBBISH, RUBBISH], [RUBBISH, RUBBISH], ["is there twice"]),
]


@pytest.mark.parametrize(("found", "expected", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_drives(found: list[dict[str, Any]], expected: list[dict[str, Any]], words: list[str]) -> None:
    text = " ".join(drive_problems(found, expected))
    assert bool(text) == bool(words), text
    for word in words:
        assert word in text


def test_a_drive_whose_job_began_is_not_asked_for_again() -> None:
    assert drive_problems([SSD], [SSD], started=[WD]) == [], "it may have died meanwhile: its job says so"
    assert drive_problems([SSD, WD | {"in_use": ["held"]}], [SSD], started=[WD]) == []


def test_an_install_looks_at_its_own_drive_only() -> None:
    assert drive_problems([WD, SSD], [WD], every_drive=False) == []
    assert drive_problems([SSD], [WD], every_drive=False) != []


def test_a_drive_without_serial_is_described_all_the_same() -> None:
    assert describe({"size_bytes": 10**9}) == "S/N none (unknown model, 1.0 GB)"


NATIVE = WD["size_bytes"] + 4096
GROWN = WD | {"size_bytes": NATIVE}


@pytest.mark.parametrize(
    ("preparations", "found", "good"),
    [
        (["remove-hpa"], GROWN, True),  # an erase that was cut off had removed the hidden area already
        (["remove-hpa"], WD, True),
        ([], GROWN, False),  # nobody authorised that anything is removed
        (["remove-hpa"], GROWN | {"serial": "OTHER", "wwn": ""}, False),
        (["remove-hpa"], WD | {"size_bytes": NATIVE + 512}, False),
        (["take-down-holders"], WD | {"in_use": ["held by vg-root (sda2)"]}, True),
        ([], WD | {"in_use": ["held by vg-root (sda2)"]}, False),
        (["take-down-holders"], WD | {"in_use": ["mounted at / (/dev/dm-0)"]}, False),
    ],
)
def test_what_a_plan_allows(preparations: list[str], found: dict[str, Any], good: bool) -> None:
    key = with_plan(WD | {"native_bytes": NATIVE}, {"preparations": preparations})
    assert (drive_problems([found], [key]) == []) is good
