"""Identifiers that identify nothing, from the field guide and from recorded SMBIOS tables."""

from __future__ import annotations

import pytest

from agent.rubbish import is_rubbish, normal


@pytest.mark.parametrize(
    "value",
    [
        "", " ", "Not Specified", "To Be Filled By O.E.M.", "To be filled by O.E.M.", "System Serial Number",
        "Chassis Serial Number", "Default string", "None", "00000000", "123456789", "INVALID", "Not Available",
        "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "00000000-0000-0000-0000-000000000000", "N/A", "xxxxxxxx",
        "03000200-0400-0500-0006-000700080009", "Base Board Serial Number", "No Asset Information", "0", "....",
        "BSN12345678901234567", "OEM", "Unknown", "--------",
    ],
)  # fmt: skip
def test_rubbish(value: str) -> None:
    assert is_rubbish(value)
    assert normal(value) == ""


@pytest.mark.parametrize(
    "value",
    ["5CG7421XYZ", "PF0ABCDE", "4C4C4544-0042-3510-8052-B4C04F4D3732", "WD-WCC4N0000001", "0x5000c500a1b2c3d4"],
)
def test_no_rubbish(value: str) -> None:
    assert not is_rubbish(value)


def test_normal_form_ignores_case_and_spaces() -> None:
    assert normal(" pf0abcde ") == normal("PF0ABCDE")
    assert normal("WD-WCC 4N") == normal("WD-WCC  4N")
