"""nvme-cli's JSON: ``id-ctrl``, ``list-ns``, ``id-ns``, ``sanitize-log`` (2.13).

Field names and bits: NVM Express Base Specification 2.0, Identify Controller (CNS 01h), Sanitize Status (81h).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

NO_ESTIMATE = 0xFFFFFFFF
_STATES = {0: "never", 1: "completed", 2: "in progress", 3: "failed", 4: "completed"}


@dataclass(frozen=True)
class Controller:
    """The parts of Identify Controller that count here."""

    model: str
    serial: str
    admin_commands: int  # OACS
    format_attributes: int  # FNA
    sanitize: int  # SANICAP


@dataclass(frozen=True)
class SanitizeLog:
    """The Sanitize Status log. ``seconds``: estimates for overwrite, block and crypto, where the drive gives one."""

    state: str  # "" when not known
    progress: float | None  # 0.0 to 1.0, while in progress
    seconds: dict[str, int]


def parse_controller(text: str) -> Controller | None:
    """``nvme id-ctrl -o json``; None unless all three fields of bits are there."""
    value = _object(text)
    bits = [whole(value.get(name)) for name in ("oacs", "fna", "sanicap")]
    if any(number is None for number in bits):
        return None
    oacs, fna, sanicap = (number or 0 for number in bits)
    return Controller(_text(value.get("mn")), _text(value.get("sn")), oacs, fna, sanicap)


def parse_namespaces(text: str) -> list[int] | None:
    """Numbers in ``nvme list-ns -o json``: ``{"nsid_list":[{"nsid":1},…]}``; None when there is no list."""
    found = _object(text).get("nsid_list")
    if not isinstance(found, list):
        return None
    numbers = [whole(item.get("nsid") if isinstance(item, dict) else item) for item in found]
    return [number for number in numbers if number is not None and 0 < number < 0xFFFFFFFF]


def parse_namespace_bytes(text: str) -> int | None:
    """The size in ``nvme id-ns -o json``: NSZE blocks of the LBA format that FLBAS names."""
    value = _object(text)
    blocks, which, formats = whole(value.get("nsze")), whole(value.get("flbas")), value.get("lbafs")
    if blocks is None or which is None or not isinstance(formats, list):
        return None
    index = (which & 0xF) | ((which >> 1) & 0x30)
    form = formats[index] if index < len(formats) else None
    shift = whole(form.get("ds")) if isinstance(form, dict) else None
    return blocks << shift if shift is not None and 9 <= shift <= 20 else None


def parse_sanitize_log(text: str) -> SanitizeLog | None:
    """``nvme sanitize-log -o json``: ``{"nvme0":{"sprog":65535,"sstat":{…,"status":"(0) …"},…}}``; None without one.

    Some versions name the status by its own text instead of "status": the number in front of it is what counts.
    """
    outer = _object(text)
    inner = next((value for value in outer.values() if isinstance(value, dict) and "sprog" in value), outer)
    status = inner.get("sstat")
    progress = whole(inner.get("sprog"))
    number: int | None = None
    if isinstance(status, dict):
        texts = [value for value in status.values() if isinstance(value, str)]
        match = next((found for found in (re.match(r"\((\d)\)", value) for value in texts) if found), None)
        number = int(match.group(1)) if match else None
    else:
        number = whole(status)
    if progress is None or number is None:
        return None
    state = _STATES.get(number & 7, "")
    names = {"overwrite": "time_over_write", "block": "time_block_erase", "crypto": "time_crypto_erase"}
    times = {name: whole(inner.get(key)) for name, key in names.items()}
    return SanitizeLog(
        state=state,
        progress=round(min(progress, 0xFFFF) / 0x10000, 4) if state == "in progress" else None,
        seconds={name: seconds for name, seconds in times.items() if seconds and seconds < NO_ESTIMATE},
    )


def whole(value: Any) -> int | None:
    """A number as nvme-cli prints it: 266, "0x10a"; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value < 2**64 else None
    if isinstance(value, str) and re.fullmatch(r"0x[0-9a-fA-F]{1,16}|\d{1,20}", value, re.ASCII):
        return int(value, 16 if value.startswith("0x") else 10)
    return None


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""
