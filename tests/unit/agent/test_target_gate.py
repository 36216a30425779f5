"""The gate before every write: facts in, reasons out."""

from __future__ import annotations

from typing import Any

import pytest

from agent.jobs.target_gate import chassis_mismatches, find_drive, judge, refusals

MACHINE = {
    "system_uuid": "4C4C4544-0042-3510-8052-B4C04F4D3732",
    "system_serial": "5B5RM72",
    "board_serial": "/5B5RM72/CN1296/",
    "chassis_serial": "5B5RM72",
    "manufacturer": "Dell Inc.",
    "product": "Latitude E6430",
    "version": "01",
    "sku": "0534",
    "asset_tag": "",
    "chassis_type": "9",
}
RUBBISH = {
    "system_uuid": "03000200-0400-0500-0006-000700080009", "system_serial": "To Be Filled By O.E.M.",
    "board_serial": "00000000", "chassis_serial": "Default string",
}  # fmt: skip
DRIVE = {
    "path": "/dev/sda", "serial": "WD-WCC4N0000001", "wwn": "0x50014ee2b1234567", "model": "WDC WD5000AAKX-0",
    "size_bytes": 500107862016, "boot_medium": False, "in_use": [], "read_only": False,
}  # fmt: skip
KEY = {name: DRIVE[name] for name in ("serial", "wwn", "model", "size_bytes")}


@pytest.mark.parametrize(
    ("change", "mismatch"),
    [
        ({}, ""),
        ({"system_uuid": "4c4c4544-0042-3510-8052-b4c04f4d3732"}, ""),  # case says nothing
        ({"asset_tag": "IT-4711"}, ""),  # people change it
        ({"system_serial": "5B5RM73"}, "system_serial"),
        ({"system_uuid": "4C4C4544-0042-3510-8052-B4C04F4D3733"}, "system_uuid"),
        ({"board_serial": ""}, "board_serial"),  # an identifier that vanished
        ({"chassis_serial": "None"}, "chassis_serial"),
        ({"product": "Latitude E6530"}, "product"),
        ({"manufacturer": "HP"}, "manufacturer"),
    ],
)
def test_chassis(change: dict[str, str], mismatch: str) -> None:
    reasons = chassis_mismatches(MACHINE, MACHINE | change)
    assert [mismatch in reason for reason in reasons] == ([True] if mismatch else [])


def test_rubbish_equals_other_rubbish_but_no_real_number() -> None:
    assert chassis_mismatches(MACHINE | RUBBISH, MACHINE | dict.fromkeys(RUBBISH, "")) == []
    assert len(chassis_mismatches(MACHINE | RUBBISH, MACHINE)) == 4
    # With rubbish alone, another model is another machine.
    assert chassis_mismatches(MACHINE | RUBBISH, MACHINE | RUBBISH | {"product": "OptiPlex 790"})


@pytest.mark.parametrize(
    ("key", "drives", "path", "said"),
    [
        (KEY, [DRIVE], "/dev/sda", ""),
        (KEY, [DRIVE | {"path": "/dev/sdb"}], "/dev/sdb", ""),  # names move, drives don't
        (KEY, [DRIVE | {"wwn": "0X50014EE2B1234567"}], "/dev/sda", ""),
        (KEY, [], None, "its drives: none"),
        (KEY, [DRIVE | {"serial": "OTHER1", "wwn": "0x5"}], None, "not in this machine"),
        (KEY, [DRIVE | {"size_bytes": 500107862016 - 512}], None, "size in bytes"),
        (KEY, [DRIVE | {"model": "WDC WD5000AAKX-1"}], None, "the model of /dev/sda"),
        (KEY, [DRIVE | {"wwn": ""}], None, "the wwn of /dev/sda is empty"),
        (KEY, [DRIVE, DRIVE | {"path": "/dev/sdb"}], None, "2 times"),
        (KEY | {"serial": "", "wwn": ""}, [DRIVE | {"serial": "", "wwn": ""}], None, "neither"),
        (KEY | {"serial": "000000000000", "wwn": ""}, [DRIVE | {"serial": "000000000000", "wwn": ""}], None, "neither"),
        # A rubbish serial with a WWN is enough, as long as it is there once.
        (KEY | {"serial": "0000"}, [DRIVE | {"serial": "0000"}], "/dev/sda", ""),
    ],
)
def test_find_drive(key: dict[str, Any], drives: list[dict[str, Any]], path: str | None, said: str) -> None:
    drive, reasons = find_drive(key, drives)
    assert (drive["path"] if drive else None) == path
    assert said in "; ".join(reasons)
    assert bool(reasons) == (path is None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"boot_medium": True}, "runs from"),
        ({"in_use": ["mounted at /mnt (/dev/sda1)"]}, "in use: mounted at /mnt"),
        ({"read_only": True}, "read-only"),
        ({"size_bytes": 0}, "no size"),
    ],
)
def test_what_nobody_may_authorise(change: dict[str, Any], said: str) -> None:
    assert refusals(DRIVE) == []
    assert said in refusals(DRIVE | change)[0]


def test_all_reasons_are_told_at_once() -> None:
    spec = {"chassis": MACHINE, "drive": KEY}
    assert judge(spec, MACHINE, [DRIVE]) == (DRIVE, [])
    drive, reasons = judge(spec, MACHINE | {"system_serial": "X1Y2Z3"}, [DRIVE | {"read_only": True}])
    assert drive is None
    assert len(reasons) == 2
