"""Sound: cards from lspci and USB, their codecs from ALSA (the chip that the jacks hang on)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.collectors.fields import Field, Subsystem, text
from agent.collectors.onboard import named_onboard
from agent.collectors.pci import SOUND, PciDevice, full_slot
from agent.collectors.usb import SOUND as USB_SOUND
from agent.files import read_text

SUBSYSTEM = Subsystem(
    "sound",
    "Sound",
    many=True,
    tools=("lspci", "dmidecode"),
    files=("proc/asound/cards", "proc/asound/card*/codec*", "sys/class/sound/card*/device"),
    fields=(
        text("name", "maker and model", mandatory=True),
        text("driver", "kernel driver, empty when none took it"),
        text("bus", "pci, usb, board"),
        text("slot", "PCI address, or place on USB"),
        Field("codecs", "list", "names of the codecs behind it (Realtek ALC269VC)"),
    ),
)


def collect_sound(
    root: Path, cards: Sequence[PciDevice], usb: Sequence[dict[str, Any]], *, dmidecode_text: str = ""
) -> list[dict[str, Any]]:
    """One entry a card."""
    codecs = _codecs(root)
    found = [
        _entry(card.name, card.driver, "pci", card.slot, codecs.get(full_slot(card.slot), []))
        for card in cards
        if card.kind in SOUND
    ]
    if not cards:
        found = [_entry(one["name"], "", "board", one["slot"], []) for one in named_onboard(dmidecode_text, "Sound")]
    for device in usb:
        if any(interface.startswith(USB_SOUND) for interface in device["interfaces"]):
            found.append(_entry(device["name"], "".join(device["drivers"][:1]), "usb", device["path"], []))
    return found


def _codecs(root: Path) -> dict[str, list[str]]:
    """PCI address → codecs."""
    found: dict[str, list[str]] = {}
    for card in sorted((root / "proc/asound").glob("card[0-9]*")):
        device = root / "sys/class/sound" / card.name / "device"
        slot = device.resolve().name if device.exists() else ""
        for codec in sorted(card.glob("codec*")):
            name = re.match(r"Codec: (.+)", read_text(codec))
            if name:
                found.setdefault(slot, []).append(name.group(1).strip())
    return found


def _entry(name: str, driver: str, bus: str, slot: str, codecs: list[str]) -> dict[str, Any]:
    return {"name": name, "driver": driver, "bus": bus, "slot": slot, "codecs": codecs}
