"""Memory: the total from the kernel, the modules from dmidecode (SMBIOS type 17)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from agent.collectors.dmidecode import parse_dmidecode, said
from agent.collectors.fields import Subsystem, count, flag, text
from agent.collectors.memory_slots import (
    is_soldered,
    is_system_memory,
    parse_decode_dimms,
    parse_old_modules,
    parse_slots,
)
from agent.files import read_text
from agent.sources import Run
from agent.tools import run as run_tool

SUBSYSTEM = Subsystem(
    "memory",
    "Memory",
    tools=("dmidecode", "decode-dimms"),
    files=("proc/meminfo",),
    fields=(
        count(
            "total_bytes",
            "what the system can use; in dumps without it, the modules' sum",
            unit="bytes",
            mandatory=True,
        ),
        count("installed_bytes", "sum of the modules", unit="bytes"),
        count("slots_total", "slots and soldered chips that the firmware lists"),
        count("slots_free", "slots in which a module fits"),
        count("maximum_bytes", "what the board takes, where the firmware says a believable figure", unit="bytes"),
        count("soldered_bytes", "part of it that is soldered to the board", unit="bytes"),
        flag("ecc", "corrects its errors"),
        text("slots[].slot", "its name on the board"),
        count("slots[].size_bytes", "what is in it", unit="bytes"),
        flag("slots[].free", "a module can be added here"),
        text("modules[].slot", "the slot's name on the board"),
        text("modules[].bank", "the firmware's name of the bank"),
        count("modules[].size_bytes", "size", unit="bytes"),
        text("modules[].type", "DDR3, DDR4, LPDDR4…"),
        text("modules[].form_factor", "DIMM, SODIMM, Row Of Chips"),
        flag("modules[].soldered", "can't be taken out"),
        count("modules[].speed_mts", "rated speed", unit="MT/s"),
        text("modules[].manufacturer", "maker"),
        text("modules[].part_number", "the maker's part number"),
        text("modules[].serial", "serial number"),
    ),
)

_UNITS = {"kb": 2**10, "kib": 2**10, "mb": 2**20, "mib": 2**20, "gb": 2**30, "gib": 2**30, "tb": 2**40, "tib": 2**40}


def collect_memory(root: Path, problems: list[str], *, firmware: bool = True, run: Run = run_tool) -> dict[str, Any]:
    """``total_bytes`` usable by the system, and one entry for each module that is plugged in."""
    total = parse_meminfo(read_text(root / "proc/meminfo")).get("MemTotal")
    modules: list[dict[str, Any]] = []
    slots = parse_slots("")
    if firmware:
        ran = run(["dmidecode"], seconds=20)
        modules = parse_modules(ran.out) or parse_old_modules(ran.out)
        slots = parse_slots(ran.out)
        if not modules:
            modules = parse_decode_dimms(run(["decode-dimms"]).out)
        if not modules:
            why = ran.explain() if not ran.ok else "the firmware lists none"
            problems.append(f"the memory modules are unknown: {why}")
    installed = sum(module["size_bytes"] or 0 for module in modules) or None
    if total is None:
        problems.append("the size of the memory can't be read from /proc/meminfo")
        total = installed
    return {"total_bytes": total, "modules": modules, "installed_bytes": installed, **slots}


def parse_meminfo(text: str) -> dict[str, int]:
    """The values of /proc/meminfo in bytes."""
    found = re.findall(r"^([A-Za-z_()]+):\s+(\d{1,15}) kB", text, re.MULTILINE)
    return {name: int(number) * 1024 for name, number in found}


def parse_modules(dmidecode_text: str) -> list[dict[str, Any]]:
    """The memory modules in dmidecode's output; empty slots are left out."""
    modules = []
    blocks = parse_dmidecode(dmidecode_text)
    for block in blocks:
        if not is_system_memory(block, blocks):
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
                "form_factor": said(values.get("Form Factor", "")),
                "bank": said(values.get("Bank Locator", "")),
                "soldered": is_soldered(block),
            }
        )
    return modules


def parse_size(text: str) -> int | None:
    """Bytes in a text like "4096 MB" or "16 GB"; None for "No Module Installed", "Unknown" and the like."""
    match = re.fullmatch(r"(\d{1,15})\s*([A-Za-z]+)", text.strip())
    if not match or match.group(2).lower() not in _UNITS:
        return None
    return int(match.group(1)) * _UNITS[match.group(2).lower()] or None


def _speed(text: str) -> int | None:
    """Megatransfers a second in "1600 MT/s" or, as old versions print it, "1600 MHz"."""
    match = re.match(r"(\d{1,9})\s*(MT/s|MHz)", text.strip())
    return int(match.group(1)) or None if match else None
