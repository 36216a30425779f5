"""What the firmware says is on the board (SMBIOS types 10 and 41): all there is in dumps without lspci."""

from __future__ import annotations

import re
from typing import Any

from agent.collectors.dmidecode import parse_dmidecode, said


def parse_onboard(dmidecode_text: str) -> list[dict[str, Any]]:
    """Kind (Video, Ethernet, Sound…), name and whether it is switched on. Type 41 replaces 10: both name the same."""
    found: dict[int, list[dict[str, Any]]] = {10: [], 41: []}
    for block in parse_dmidecode(dmidecode_text):
        if block.type not in found:
            continue
        values = block.values
        name = said(values.get("Reference Designation", "")) or said(values.get("Description", ""))
        if name.lower() in ("", "to be filled by o.e.m.") or re.fullmatch(r"Device \d+|\d+", name):
            continue
        entry = {"kind": values.get("Type", ""), "name": name, "enabled": values.get("Status") == "Enabled"}
        found[block.type].append({**entry, "slot": said(values.get("Bus Address", ""))})
    return found[41] or found[10]


def named_onboard(dmidecode_text: str, *kinds: str) -> list[dict[str, Any]]:
    """Entries of some kinds that are switched on."""
    return [entry for entry in parse_onboard(dmidecode_text) if entry["kind"] in kinds and entry["enabled"]]
