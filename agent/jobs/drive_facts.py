"""Facts of a drive that go into the evidence: as the system sees it. What it can do is in its erase facts."""

from __future__ import annotations

from typing import Any

KEYS = (
    "path model serial wwn size_bytes logical_block_bytes physical_block_bytes rotational transport removable "
    "read_only firmware_revision partitions"
).split()


def drive_facts(drive: dict[str, Any]) -> dict[str, Any]:
    """The part of a drive's description that identifies it and its content."""
    return {key: drive.get(key) for key in KEYS}
