"""Values out of a snapshot, fit for another program: what a machine says is data, not truth. Nothing here raises."""

from __future__ import annotations

import datetime as dt
import ipaddress
import math
import re
from typing import Any

from controller.machines.rubbish import clean_serial, clean_text

MAX_TEXT = 255  # characters of most columns in GLPI's database
MAX_NUMBER = 2**31 - 1  # signed 32-bit columns
MAX_ROWS = 512  # of one kind in one machine; more is no machine
_DATE = re.compile(r"([0-9]{1,4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,4})(?![0-9])")


def text(value: object, limit: int = MAX_TEXT) -> str:
    """One line of printable text; "" for what is no text and no figure. Half pairs of UTF-16 and NUL disappear."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if isinstance(value, str):
        raw = value[: limit * 4]
    elif isinstance(value, float):
        raw = f"{value:g}" if math.isfinite(value) else ""
    else:
        raw = str(value) if abs(value) < 2**63 else ""
    return " ".join("".join(c if c.isprintable() else " " for c in raw).split())[:limit].rstrip()


def name(value: object) -> str:
    """A text that names something; "" when it is what makers print where they left a field empty."""
    return clean_text(text(value))


def serial(value: object) -> str:
    """A serial number that tells one thing from another, or ""."""
    return clean_serial(text(value))


def number(value: object, *, scale: float = 1, low: int = 0, high: int = MAX_NUMBER) -> int | None:
    """``value`` times ``scale``, rounded; None for what is no number or lies outside ``low`` to ``high``."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int) and abs(value) >= 2**63:  # too large to be a float without care, and no fact
        return None
    scaled = value * scale
    if not math.isfinite(scaled):
        return None
    return found if low <= (found := round(scaled)) <= high else None


def date(value: object) -> str:
    """A day as ``2019-07-15``; "" when it can't be told.

    Firmware writes mm/dd/yyyy (SMBIOS 7.1, ROM release date), some makers dd/mm/yyyy or with two figures of the year.
    """
    match = _DATE.match(text(value))
    if not match:
        return ""
    first, second, third = (int(figures) for figures in match.groups())
    if len(match[1]) == 4:
        year, month, day = first, second, third
    else:
        year, month, day = third, first, second
        if len(match[3]) <= 2:  # SMBIOS means 19xx; machines of 2004 that still do so mean 20xx
            year += 1900 if year >= 80 else 2000
        if month > 12:
            month, day = day, month
    if not 1970 <= year <= 2199:
        return ""
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        return ""


def mac(value: object) -> str:
    """A MAC address in lower case with colons; "" when it is none or nothing but zeros."""
    found = text(value).lower().replace("-", ":")
    if not re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", found) or found == "00:00:00:00:00:00":
        return ""
    return found


def address(value: object, version: int) -> str:
    """An IP address of this version, or ""."""
    try:
        found = ipaddress.ip_address(text(value).partition("/")[0])
    except ValueError:
        return ""
    return str(found).partition("%")[0] if found.version == version else ""


def hex4(value: object) -> str:
    """A PCI or USB number of four hexadecimal figures, in lower case, or ""."""
    found = text(value).lower().removeprefix("0x")
    return found if re.fullmatch(r"[0-9a-f]{4}", found) else ""


def part(value: object, key: str) -> dict[str, Any]:
    """The object under ``key``; empty when it isn't one."""
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def rows(value: object, *keys: str) -> list[dict[str, Any]]:
    """The objects in the list under the first of ``keys`` that has one; whatever else is in it is left out."""
    for key in keys:
        inner = value.get(key) if isinstance(value, dict) else None
        if isinstance(inner, list):
            return [row for row in inner[:MAX_ROWS] if isinstance(row, dict)]
    return []


def first(value: dict[str, Any], *keys: str) -> Any:
    """The first value under ``keys`` that is neither missing nor null nor ""."""
    return next((found for key in keys if (found := value.get(key)) not in (None, "")), None)


def entry(**fields: Any) -> dict[str, Any]:
    """The fields about which something is known."""
    return {key: value for key, value in fields.items() if value is not None and value != "" and value != []}
