"""The text of dmidecode(8): SMBIOS tables as blocks of ``Key: value``. Formats of versions 2.x and 3.x."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_HANDLE = re.compile(r"^Handle (0x[0-9A-Fa-f]+), DMI type (\d{1,4})")


@dataclass
class DmiBlock:
    """One SMBIOS structure: its type number (17 = memory device) and its plain values."""

    type: int
    title: str = ""
    values: dict[str, str] = field(default_factory=dict)
    handle: str = ""  # "0x0015": how other structures name this one
    lists: list[str] = field(default_factory=list)  # lines below a key (features, strings), without their key


def parse_dmidecode(text: str) -> list[DmiBlock]:
    """The structures in dmidecode's output, in order."""
    blocks: list[DmiBlock] = []
    current: DmiBlock | None = None
    for line in text.splitlines():
        match = _HANDLE.match(line)
        if match:
            current = DmiBlock(int(match.group(2)), handle=match.group(1).lower())
            blocks.append(current)
        elif current is None or not line.strip():
            continue
        elif not line.startswith(("\t", " ")):
            current.title = line.strip()
        elif not line.startswith(("\t\t", "  ")):
            key, separator, value = line.strip().partition(":")
            if separator:
                current.values[key.strip()] = value.strip()
        else:
            current.lists.append(line.strip())
    return blocks


def said(value: str) -> str:
    """A value for a person: "" for the ways in which firmware says nothing."""
    value = " ".join(value.strip().strip('"').split())
    return "" if value in NOTHING or value.startswith("<") else value


NOTHING = (
    "",
    "Unknown",
    "Not Specified",
    "None",
    "Not Available",
    "N/A",
    "To Be Filled By O.E.M.",
    "--",
    "Default string",
)
