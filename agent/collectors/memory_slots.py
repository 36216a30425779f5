"""Memory slots: how many there are, how many are free, how much the board takes (SMBIOS types 16, 17; 5 and 6)."""

from __future__ import annotations

import re
from typing import Any

from agent.collectors.dmidecode import DmiBlock, parse_dmidecode, said

SOLDERED_FORMS = ("Row Of Chips", "Chip", "Die")
MODULE_FORMS = ("DIMM", "SODIMM", "FB-DIMM", "RIMM", "SIMM", "CAMM")


def parse_slots(dmidecode_text: str) -> dict[str, Any]:
    """Slots and limits of the machine's memory; None for what the firmware doesn't say, or can't be true."""
    from agent.collectors.memory import parse_size

    blocks = parse_dmidecode(dmidecode_text)
    arrays = system_arrays(blocks)
    devices = [block for block in blocks if is_system_memory(block, blocks)]
    sizes = [parse_size(block.values.get("Size", "")) for block in devices]
    installed = sum(size or 0 for size in sizes)
    limits = [parse_size(array.values.get("Maximum Capacity", "")) for array in arrays]
    maximum = sum(limit or 0 for limit in limits) or None
    empty = [block for block in devices if is_empty(block)]
    soldered = [block for block, size in zip(devices, sizes, strict=True) if size and is_soldered(block)]
    if soldered and len(soldered) == len(devices) - len(empty):
        # Chips on the board: what else the table lists as empty is a place for more chips, unless it is a real slot.
        empty = [block for block in empty if block.values.get("Form Factor") in MODULE_FORMS]
    ecc = [array.values.get("Error Correction Type", "") for array in arrays]
    return {
        "slots_total": len(devices) or None,
        "slots_free": len(empty) if devices else None,
        # Firmware that says less than what is in the machine doesn't know.
        "maximum_bytes": maximum if maximum and maximum >= installed else None,
        "soldered_bytes": sum(parse_size(block.values.get("Size", "")) or 0 for block in soldered) if devices else None,
        "ecc": ("ECC" in ecc[0]) if ecc and said(ecc[0] if ecc[0] != "None" else "no") else None,
        "slots": [
            {"slot": slot_name(block), "size_bytes": size, "free": block in empty}
            for block, size in zip(devices, sizes, strict=True)
        ],
    }


def system_arrays(blocks: list[DmiBlock]) -> list[DmiBlock]:
    """The arrays of main memory: not those of flash, video or cache memory."""
    return [b for b in blocks if b.type == 16 and b.values.get("Use", "System Memory") == "System Memory"]


def is_system_memory(block: DmiBlock, blocks: list[DmiBlock]) -> bool:
    """Whether a memory device is part of main memory; the firmware's own flash chip is listed as one too."""
    if block.type != 17:
        return False
    others = [b for b in blocks if b.type == 16 and b not in system_arrays(blocks)]
    if block.values.get("Array Handle", "").lower() in [array.handle for array in others]:
        return False
    return block.values.get("Type") not in ("Flash", "ROM", "EPROM", "EEPROM", "FEPROM", "CDRAM", "VRAM", "3DRAM")


def is_empty(block: DmiBlock) -> bool:
    """No module in it. "Unknown" is not "empty"."""
    return block.values.get("Size", "") in ("No Module Installed", "Not Installed")


def is_soldered(block: DmiBlock) -> bool:
    """Chips on the board: by their form, or by a kind of memory that is never on a module."""
    return block.values.get("Form Factor") in SOLDERED_FORMS or block.values.get("Type", "").startswith("LPDDR")


def slot_name(block: DmiBlock) -> str:
    """Its name on the board, with the bank where that tells more."""
    name, bank = said(block.values.get("Locator", "")), said(block.values.get("Bank Locator", ""))
    return name or bank


def parse_old_modules(dmidecode_text: str) -> list[dict[str, Any]]:
    """The modules of tables made before SMBIOS 2.1 (type 6), which have no type 17."""
    from agent.collectors.memory import parse_size

    found = []
    for block in parse_dmidecode(dmidecode_text):
        size = re.match(r"\d+ [A-Za-z]+", block.values.get("Installed Size", ""))
        if block.type != 6 or size is None or not parse_size(size.group()):
            continue
        kind = said(block.values.get("Type", ""))
        found.append(_module(said(block.values.get("Socket Designation", "")), parse_size(size.group()), kind))
    return found


def parse_decode_dimms(text: str) -> list[dict[str, Any]]:
    """The modules in the output of decode-dimms(1), which reads the modules' own chips."""
    from agent.collectors.memory import parse_size

    found = []
    for part in re.split(r"^Decoding EEPROM: ", text, flags=re.MULTILINE)[1:]:
        values = {
            match.group(1).strip(): match.group(2).strip()
            for match in re.finditer(r"^(\S.{0,60}?)  +(\S.*)$", part, re.MULTILINE)
        }
        size = parse_size(values.get("Size", ""))
        if not size:
            continue
        module = _module(values.get("Guessing DIMM is in", ""), size, values.get("Fundamental Memory type", ""))
        # "DDR3 SDRAM" there, "DDR3" in the firmware's table.
        module["type"] = str(module["type"]).removesuffix(" SDRAM")
        speed = re.match(r"(\d{1,5}) (?:MHz|MT/s)", values.get("Maximum module speed", ""))
        module["speed_mts"] = int(speed.group(1)) if speed else None
        module["manufacturer"] = said(values.get("Module Manufacturer", ""))
        module["part_number"] = said(values.get("Part Number", ""))
        module["serial"] = values.get("Assembly Serial Number", "")
        module["form_factor"] = {"UDIMM": "DIMM", "SO-DIMM": "SODIMM"}.get(values.get("Module Type", ""), "")
        found.append(module)
    return found


def _module(slot: str, size: int | None, kind: str) -> dict[str, Any]:
    return {
        "slot": slot,
        "size_bytes": size,
        "type": kind,
        "speed_mts": None,
        "manufacturer": "",
        "part_number": "",
        "serial": "",
        "form_factor": "",
        "bank": "",
        "soldered": None,
    }
