"""Evidence → first opinion. Everything that is not proven is not ``erased``."""

from __future__ import annotations

from typing import Any

import pytest

from agent.jobs.erase_outcome import outcome_of

SIZE = 1000
WRITER = {"bytes_written": SIZE, "bytes_expected": SIZE, "errors": [], "completed": True, "stopped": ""}
VALIDATOR = {
    "bytes_read": SIZE, "bytes_expected": SIZE, "nonzero": [], "errors": [], "completed": True, "stopped": "",
}  # fmt: skip
GOOD: dict[str, Any] = {
    "writer": WRITER, "validator": VALIDATOR, "size_bytes_reported": SIZE, "size_bytes_native": None,
    "drive_after": {"serial": "S1"},
}  # fmt: skip


def test_the_one_way_to_erased() -> None:
    assert outcome_of(GOOD) == ("erased", [])
    assert outcome_of(GOOD | {"size_bytes_native": SIZE}) == ("erased", [])


@pytest.mark.parametrize(
    ("change", "outcome", "said"),
    [
        ({"writer": None}, "not_erased", "nothing was written"),
        ({"writer": WRITER | {"errors": [{"offset": 512, "error": "EIO"}]}}, "not_erased", "at byte 512 (EIO)"),
        ({"writer": WRITER | {"completed": False, "stopped": "the drive is gone"}}, "not_erased", "the drive is gone"),
        ({"writer": WRITER | {"bytes_written": SIZE - 1}}, "not_erased", "999 of 1000 bytes were written"),
        ({"validator": VALIDATOR | {"nonzero": [{"offset": 3}]}}, "not_erased", "first at byte 3"),
        # Data found counts even when the reading itself failed later.
        ({"validator": VALIDATOR | {"nonzero": [{"offset": 3}], "completed": False}}, "not_erased", "first at byte 3"),
        ({"validator": None}, "unknown", "not read back"),
        ({"validator": VALIDATOR | {"errors": [{"offset": 7, "error": "EIO"}]}}, "unknown", "read errors"),
        ({"validator": VALIDATOR | {"completed": False, "stopped": "given up"}}, "unknown", "given up"),
        ({"validator": VALIDATOR | {"bytes_read": SIZE - 512}}, "unknown", "were read back"),
        ({"validator": VALIDATOR | {"bytes_expected": SIZE - 512}}, "unknown", "were read back"),
        ({"drive_after": None}, "unknown", "not found again"),
        ({"size_bytes_native": SIZE + 100}, "unknown", "hides 100 bytes"),
        ({"size_bytes_reported": None, "writer": WRITER | {"bytes_written": None}}, "unknown", "size"),
    ],
)
def test_everything_else(change: dict[str, Any], outcome: str, said: str) -> None:
    found, reasons = outcome_of(GOOD | change)
    assert found == outcome
    assert said in "; ".join(reasons)
