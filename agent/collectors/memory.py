"""Memory: the total from the kernel, the modules from dmidecode (SMBIOS type 17)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from agent.collectors.dmidecode import parse_dmidecode
from agent.files import read_text
from agent.tools import run

_UNITS = {"kb": 2**10, "kib": 2**10, "mb": 2**20, "mib": 2**20, "gb": 2**30, "gib": 2**30, "tb": 2**40}


def collect_memory(root: Path, problems: list[str], *, firmware: bool = True) -> dict[str, Any]:
    """``total_bytes`` usable by the system, and one entry for each module that is plugged in."""
    total = parse_meminfo(read_text(root / "proc/meminfo")).get("MemTotal")
    if total is None:
        problems.append("the size of the memory can't be read from /proc/meminfo")
    modules: list[dict[str, Any]] = []
    if firmware:
        ran = run(["dmidecode", "-t", "17"], seconds=20)
        modules = parse_modules(ran.out)
        if not modules:
            why = ran.explain() if not ran.ok else "the firmware lists none"
            problems.append(f"the memory modules are unknown: {why}")
    return {"total_bytes": total, "modules": modules}


def parse_meminfo(text: str) -> dict[str, int]:
    """The values of /proc/meminfo in bytes."""
    found = re.findall(r"^([A-Za-z_()]+):\s+(\d+) kB", text, re.MULTILINE)
    return {name: int(number) * 1024 for name, number in found}


def parse_modules(dmidecode_text: str) -> list[dict[str, Any]]:
    """The memory modules in dmidecode's output; empty slots are left out."""
    modules = []
    for block in parse_dmidecode(dmidecode_text):
        if block.type != 17:
            continue
        values = block.values
        size = parse_size(values.get("Size", ""))
        if not size:
            continue
        speed = values.get("Configured Memory Speed") or values.get("Configured Clock Speed") or ""
        modules.append(
            {
                "slot": values.get("Locator", ""),
                "size_bytes": size,
                "type": values.get("Type", ""),
                "speed_mts": _speed(values.get("Speed", "")) or _speed(speed),
                "manufacturer": values.get("Manufacturer", ""),
                "part_number": values.get("Part Number", ""),
                "serial": values.get("Serial Number", ""),
            }
        )
    return modules


def parse_size(text: str) -> int | None:
    """Bytes in a text like "4096 MB" or "16 GB"; None for "No Module Installed", "Unknown" and the like."""
    match = re.fullmatch(r"(\d+)\s*([A-Za-z]+)", text.strip())
    if not match or match.group(2).lower() not in _UNITS:
        return None
    return int(match.group(1)) * _UNITS[match.group(2).lower()] or None


def _speed(text: str) -> int | None:
    """Megatransfers a second in "1600 MT/s" or, as old versions print it, "1600 MHz"."""
    match = re.match(r"(\d+)\s*(MT/s|MHz)", text.strip())
    return int(match.group(1)) or None if match else None
