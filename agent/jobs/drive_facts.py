"""Facts of a drive that go into the evidence: as the system sees it, and its native size where that is cheap."""

from __future__ import annotations

import re
from typing import Any

from agent.tools import run

KEYS = (
    "path model serial wwn size_bytes logical_block_bytes physical_block_bytes rotational transport removable "
    "read_only firmware_revision partitions"
).split()


def drive_facts(drive: dict[str, Any]) -> dict[str, Any]:
    """The part of a drive's description that identifies it and its content."""
    return {key: drive.get(key) for key in KEYS}


def native_size(drive: dict[str, Any]) -> int | None:
    """The drive's native size in bytes, so that a host protected area shows. None where it can't be known.

    Only ATA drives are asked: for others hdparm prints nonsense and exits with 0. (DCO and the removal of areas
    belong to the firmware erase.)
    """
    if drive.get("transport") != "sata":
        return None
    ran = run(["hdparm", "-N", drive["path"]], seconds=15)
    sectors = parse_native_sectors(ran.out) if ran.ok else None
    return sectors * int(drive.get("logical_block_bytes") or 512) if sectors else None


def parse_native_sectors(text: str) -> int | None:
    """The second number of ``max sectors   = 1048576/1048576, HPA is disabled`` (hdparm 9.x)."""
    match = re.search(r"max sectors\s*=\s*(\d+)/(\d+)", text)
    # A USB bridge that knows nothing of it answers 0/1.
    return int(match.group(2)) if match and int(match.group(1)) > 0 else None
