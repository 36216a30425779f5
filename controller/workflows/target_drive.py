"""Which drive gets the system. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

ORDER = {"nvme": 0, "sata": 1, "ata": 1, "scsi": 2, "mmc": 3, "virtio": 2, "loop": 4}


def choose_target(drives: Sequence[dict[str, Any]], min_bytes: int) -> dict[str, Any] | None:
    """The fastest built-in drive that is large enough: NVMe, then SSD, then hard disk; never USB or removable.

    Among equals the larger, then the first by path. ``None`` when there is none.
    """
    fit = [
        d
        for d in drives
        if not d.get("removable") and d.get("transport") != "usb" and int(d.get("size_bytes") or 0) >= min_bytes
    ]
    return min(
        fit,
        key=lambda d: (
            ORDER.get(str(d.get("transport")), 5),
            bool(d.get("rotational")),
            -int(d["size_bytes"]),
            str(d.get("path")),
        ),
        default=None,
    )
