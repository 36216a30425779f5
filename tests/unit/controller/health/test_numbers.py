"""Numbers as drives pack them and locales write them."""

from __future__ import annotations

import pytest

from controller.health.verdict.numbers import MAX_HOURS, counter, hexadecimal, hours, leading, timeouts


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("10,081,530,281 [5.16 PB]", 10081530281),
        ("2\u202f053\u202f138\u202f221 [1.05 PB]", 2053138221),  # French locale
        ("1.000.204.886.016 bytes", 1000204886016),
        ("1'000'204", 1000204),
        ("44 Celsius", 44),
        ("100%", 100),
        ("---", None),
        ("", None),
        ("9" * 5000, None),
    ],
)
def test_leading(text: str, number: int | None) -> None:
    assert leading(text) == number


@pytest.mark.parametrize(
    ("raw", "shown", "number"),
    [
        (0, "0", 0),
        (8589934592000, "8589934592000", 0),  # Fujitsu: 2000 in the upper words, none reallocated
        (8589934592000, "0 (2000 0)", 0),
        (None, "0 (2000, 0)", 0),
        (None, "65136 (0 5)", 65136),  # Seagate, as smartctl shows it
        (0x5B4B510000000000, "0/5983057", 0),  # SandForce: errors/sectors
        (None, "6 6 6", 6),
        (0xFFFFFFFF, "4294967295", None),
        (0xFFFFFFFFFFFF, "281474976710655", None),
        (-1, "-1", None),
        (None, "none", None),
    ],
)
def test_counter(raw: int | None, shown: str, number: int | None) -> None:
    assert counter(raw, shown) == number


@pytest.mark.parametrize(
    ("raw", "shown", "number"),
    [
        (0, "0", 0),
        (17180131332, "17180131332", 4),  # Seagate: 4, 4 and 4 in words
        (None, "8 8 42548", 42548),
        (None, "0 0 2", 2),
        (65535, "65535", 65535),
    ],
)
def test_timeouts(raw: int | None, shown: str, number: int | None) -> None:
    assert timeouts(raw, shown) == number


@pytest.mark.parametrize(
    ("raw", "shown", "unit", "number"),
    [
        (None, "49792h+15m+48.530s", "", 49792),
        (64007, "1066h+47m", "minutes", 1066),  # smartctl converted it already
        (209259396633810, "38098 (190 82 0)", "", 38098),
        (4661094, "4661094", "half_minutes", 38842),
        (4661094, "4661094", "", None),  # nobody says in what it counts
        (24412594116736, "24412594116736", "", 6272),  # SandForce: milliseconds in the upper bits
        (3_600_000, "3600000", "seconds", 1000),
        (0, "0", "", 0),
        (MAX_HOURS + 1, str(MAX_HOURS + 1), "", None),
    ],
)
def test_hours(raw: int | None, shown: str, unit: str, number: int | None) -> None:
    assert hours(raw, shown, unit) == number


@pytest.mark.parametrize(("text", "number"), [("0x04", 4), ("0x00", 0), ("9", 9), ("x", None), ("", None)])
def test_hexadecimal(text: str, number: int | None) -> None:
    assert hexadecimal(text) == number
