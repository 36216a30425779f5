"""Graphics cards: from lspci, with their memory where a driver says it and what glxinfo recorded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.collectors.fields import Subsystem, count, text
from agent.collectors.onboard import named_onboard
from agent.collectors.pci import GRAPHICS, PciDevice, full_slot
from agent.files import read_int

SUBSYSTEM = Subsystem(
    "graphics",
    "Graphics",
    many=True,
    tools=("lspci", "dmidecode", "glxinfo"),
    files=(
        *(f"sys/bus/pci/devices/*/{name}" for name in ("class", "vendor", "device", "driver", "revision")),
        "sys/bus/pci/devices/*/mem_info_vram_total",
    ),
    fields=(
        text("name", "maker and model", mandatory=True),
        text("driver", "kernel driver, empty when none took it"),
        text("slot", "PCI address"),
        text("subsystem", "maker and model of the card, where it differs from the chip"),
        count("memory_bytes", "its own memory", unit="bytes"),
        text("renderer", "what draws, as OpenGL says (recorded only)"),
        text("opengl", "version of OpenGL (recorded only)"),
    ),
)


def collect_graphics(
    root: Path, cards: Sequence[PciDevice], *, dmidecode_text: str = "", glxinfo_text: str = ""
) -> list[dict[str, Any]]:
    """One entry a card; a second function of the same card (old Intel and ATI chips) is left out."""
    found = []
    devices = [card for card in cards if card.kind in GRAPHICS]
    for card in devices:
        first = f"{card.slot[:-1]}0"
        if card.kind == "Display controller" and card.slot != first and any(d.slot == first for d in devices):
            continue
        folder = root / "sys/bus/pci/devices" / full_slot(card.slot)
        entry = _entry(card.name, card.driver, card.slot, card.subsystem)
        found.append(entry | {"memory_bytes": read_int(folder / "mem_info_vram_total")})
    if not cards:
        named = named_onboard(dmidecode_text, "Video")
        found = [_entry(one["name"], "", one["slot"], "") for one in named]
    _add_opengl(found, parse_glxinfo(glxinfo_text))
    return found


def parse_glxinfo(said: str) -> dict[str, Any]:
    """Renderer, OpenGL version and memory in glxinfo's text."""

    def find(pattern: str) -> str:
        match = re.search(pattern, said, re.MULTILINE)
        return match.group(1).strip() if match else ""

    # "Video memory" of integrated graphics is what it may take of the machine's own.
    unified = find(r"^\s*Unified memory: (\w+)") == "yes"
    mib = find(r"^\s*(?:Dedicated video|Video) memory: (\d{1,7}) ?MB")
    return {
        "renderer": find(r"^OpenGL renderer string: (.*)$"),
        "opengl": find(r"^OpenGL (?:core profile )?version string: (\d+\.\d+)"),
        "memory_bytes": int(mib) * 2**20 if mib and not unified else None,
    }


def _add_opengl(found: list[dict[str, Any]], said: dict[str, Any]) -> None:
    if not found or not said["renderer"]:
        return
    makers = {"intel": "intel", "nvidia": "nvidia|geforce|quadro|nv[0-9a-f]{2}", "amd|ati": "amd|radeon|ati "}
    drawn = [
        card
        for card in found
        if any(
            re.search(maker, card["name"], re.IGNORECASE) and re.search(words, said["renderer"], re.IGNORECASE)
            for maker, words in makers.items()
        )
    ]
    card = (drawn or found)[0]
    card |= {key: value for key, value in said.items() if value is not None}


def _entry(name: str, driver: str, slot: str, subsystem: str) -> dict[str, Any]:
    return {
        "name": name,
        "driver": driver,
        "slot": slot,
        "subsystem": subsystem,
        "memory_bytes": None,
        "renderer": "",
        "opengl": "",
    }
