"""The text of dmidecode(8): SMBIOS tables as blocks of ``Key: value``. Formats of versions 2.x and 3.x."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_HANDLE = re.compile(r"^Handle 0x[0-9A-Fa-f]+, DMI type (\d+)")


@dataclass
class DmiBlock:
    """One SMBIOS structure: its type number (17 = memory device) and its plain values."""

    type: int
    title: str = ""
    values: dict[str, str] = field(default_factory=dict)


def parse_dmidecode(text: str) -> list[DmiBlock]:
    """The structures in dmidecode's output, in order. Lists below a key (features, strings) are left out."""
    blocks: list[DmiBlock] = []
    current: DmiBlock | None = None
    for line in text.splitlines():
        match = _HANDLE.match(line)
        if match:
            current = DmiBlock(int(match.group(1)))
            blocks.append(current)
        elif current is None or not line.strip():
            continue
        elif not line.startswith(("\t", " ")):
            current.title = line.strip()
        elif not line.startswith(("\t\t", "  ")):
            key, separator, value = line.strip().partition(":")
            if separator:
                current.values[key.strip()] = value.strip()
    return blocks
