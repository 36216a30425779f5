"""``hdparm -N`` and ``hdparm --dco-identify``: how large a drive really is.

Both exit with 0 and print numbers when the drive or a bridge answered nothing ("max sectors = 0/1, HPA is enabled",
"Real max sectors: 1"): only numbers that fit the drive's own identity count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class MaxSectors:
    """What ``hdparm -N`` says. ``accessible``: by the ACS-3 command (AMA), not by the older one (HPA)."""

    visible: int
    native: int
    accessible: bool


def parse_max_sectors(text: str, identified: int) -> MaxSectors | None:
    """``max sectors   = 586070255/586072368, HPA is enabled``; None unless it fits the drive's ``identified`` sectors.

    Logical sectors. The kernel and the drive must agree on what is visible, and nothing can be smaller than that.
    """
    match = re.search(
        r"max sectors\s*=\s*(\d{1,15})/(\d{1,15}), (HPA|ACCESSIBLE MAX ADDRESS) (?!setting)", text, re.ASCII
    )
    if match is None:
        return None
    visible, native = int(match.group(1)), int(match.group(2))
    if visible != identified or native < visible or native > 2**48:
        return None
    return MaxSectors(visible, native, match.group(3) != "HPA")


def parse_dco_sectors(text: str, native: int) -> int | None:
    """The ``Real max sectors`` of the device configuration; None when it can't be the drive's.

    Revisions 1 and 2 exist (ATA-6 to ACS-2). The real size is never below the ``native`` one.
    """
    revision = re.search(r"DCO Revision: 0x([0-9a-f]{4})", text)
    real = re.search(r"Real max sectors:\s*(\d{1,15})\b", text, re.ASCII)
    if revision is None or real is None or "Checksum FAILED" in text or int(revision.group(1), 16) not in (1, 2):
        return None
    sectors = int(real.group(1))
    return sectors if native <= sectors <= 2**48 else None
