"""``openSeaChest_Erase -i``: the native size of drives that hdparm can't ask (Accessible Max Address)."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Info:
    """What openSeaChest says of a drive; None where it says "Not Reported"."""

    version: str
    serial: str
    max_lba: int | None
    native_max_lba: int | None
    sector_bytes: int | None


def parse_info(text: str) -> Info:
    """The facts in the text of openSeaChest 24.08 (openSeaChest_Erase 4.6.0)."""
    version = re.search(r"openSeaChest_\w+ Version:\s*(\S+)", text)
    serial = re.search(r"^\s*Serial Number:[ \t]*(.*?)\s*$", text, re.MULTILINE)
    return Info(
        version=version.group(1) if version else "",
        serial=serial.group(1) if serial else "",
        max_lba=_number("MaxLBA", text),
        native_max_lba=_number("Native MaxLBA", text),
        sector_bytes=_number(r"Logical Sector Size \(B\)", text),
    )


def _number(name: str, text: str) -> int | None:
    match = re.search(rf"^\s*{name}:\s*(\d{{1,15}})\s*$", text, re.MULTILINE | re.ASCII)
    return int(match.group(1)) if match else None
