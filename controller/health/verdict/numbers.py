"""Numbers as drives and locales write them."""

from __future__ import annotations

import re
from typing import Any

MAX_HOURS = 40 * 365 * 24  # more than any drive can have run: minutes, seconds or packed bits
ALL_ONES = (0xFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF)  # never written, or a counter that isn't there

_GROUPED = re.compile(r"\s*(-?\d{1,3}(?:[.,'’\s\u00a0\u202f]\d{3})+|-?\d+)(?![\d])")
_HOURS = re.compile(r"^\s*(\d+)\s*h(?:\+(\d+)m)?")
_MAX_DIGITS = 24  # int() of thousands of digits is slow, and refused by Python itself


def whole(value: Any) -> int | None:
    """An int that is one: no bool, no float, no text."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def leading(text: str) -> int | None:
    """The number that a text starts with, thousands apart by whatever the locale uses; None where there is none.

    >>> leading("10,081,530,281 [5.16 PB]"), leading("44 Celsius"), leading("---")
    (10081530281, 44, None)
    """
    found = _GROUPED.match(text[:80])
    if not found:
        return None
    digits = re.sub(r"[^\d-]", "", found[1])
    return int(digits) if len(digits) <= _MAX_DIGITS else None


def hexadecimal(text: str) -> int | None:
    """``0x04`` or ``4``."""
    found = re.match(r"\s*(?:0x([0-9a-fA-F]{1,16})|(\d{1,9}))(?!\w)", text)
    if not found:
        return None
    return int(found[1], 16) if found[1] else int(found[2])


def counter(raw: int | None, shown: str) -> int | None:
    """A counter out of an attribute that may pack several: the first one shown, or else the lowest 32 bits.

    smartctl shows apart what it knows to be apart: ``0 (2000 0)`` (16-bit words), ``0/5983057`` (errors of sectors).
    Where it doesn't, the upper bits are the vendor's own: Fujitsu's attribute 5 of 8589934592000 (2000 << 32) is 0.
    """
    apart = re.match(r"\s*(\d{1,10})(?:/| ?\()", shown)
    if apart:
        raw = int(apart[1])
    number = raw if raw is not None else leading(shown)
    if number is None or number < 0 or number in ALL_ONES:
        return None
    low = number & 0xFFFFFFFF
    return None if low in ALL_ONES else low


def timeouts(raw: int | None, shown: str) -> int | None:
    """Attribute 188: three 16-bit counters on Seagate (over 7.5 s, over 5 s, all); the last one shown is all."""
    words = re.fullmatch(r"\s*\d{1,5} \d{1,5} (\d{1,5})\s*", shown)
    if words:
        return int(words[1])
    number = raw if raw is not None else leading(shown)
    if number is None or number < 0 or number in ALL_ONES:
        return None
    return number if number <= 0xFFFF else number & 0xFFFF


def hours(raw: int | None, shown: str, unit: str = "") -> int | None:
    """Attribute 9 in hours: ``1066h+47m``, ``38098 (190 82 0)``, packed, or in the unit a rule names."""
    if clock := _HOURS.match(shown[:40]):
        return _believed(int(clock[1])) if len(clock[1]) <= _MAX_DIGITS else None
    number = leading(shown) if "(" in shown or raw is None else raw
    if number is None or number < 0 or number in ALL_ONES:
        return None
    if unit:
        number //= {"seconds": 3600, "minutes": 60, "half_minutes": 120}.get(unit, 1)
    elif number > 0xFFFFFF:  # the upper bits are minutes and milliseconds, or the vendor's own
        number = number & 0xFFFFFFFF if (number & 0xFFFFFFFF) <= MAX_HOURS else number & 0xFFFFFF
    return _believed(number)


def _believed(number: int) -> int | None:
    return number if 0 <= number <= MAX_HOURS else None
