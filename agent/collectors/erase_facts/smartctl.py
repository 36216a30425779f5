"""``smartctl -j -i``: what a USB bridge lets through. smartctl knows bridges by their ids, and asks no unknown one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Seen:
    """What smartctl sees of a drive. ``protocol``: ATA, NVMe, SCSI, or "" when it can't speak to it."""

    protocol: str
    version: str
    model: str
    serial: str
    size_bytes: int | None
    rotation: int | None  # 0 for solid state, None when not reported


def parse_seen(text: str) -> Seen:
    """The identity in smartctl's JSON (7.x); empty for anything else."""
    try:
        report: Any = json.loads(text)
    except (ValueError, RecursionError):
        report = {}
    if isinstance(report, list):  # some collectors wrap the object
        report = report[0] if report else {}
    version = _at(report, "smartctl", "version")
    numbers = [str(number) for number in version if isinstance(number, int)] if isinstance(version, list) else []
    return Seen(
        protocol=_text(_at(report, "device", "protocol")),
        version=".".join(numbers),
        model=_text(_at(report, "model_name")) or _text(_at(report, "scsi_model_name")),
        serial=_text(_at(report, "serial_number")),
        size_bytes=_whole(_at(report, "user_capacity", "bytes")),
        rotation=_whole(_at(report, "rotation_rate")),
    )


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
