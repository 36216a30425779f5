"""Ports and slots: SMBIOS types 8 (connectors) and 9 (slots), and the connectors that the graphics driver has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from agent.collectors.dmidecode import parse_dmidecode, said
from agent.collectors.fields import Subsystem, flag, text

SUBSYSTEM = Subsystem(
    "ports",
    "USB and other ports",
    many=True,
    tools=("dmidecode",),
    files=("sys/class/drm/card*-*/status",),
    fields=(
        text(
            "kind",
            "usb, video, audio, network, serial, parallel, ps2, sata, ide, firewire, modem, midi, cardbus, floppy, "
            "power, other",
        ),
        text("label", "the name printed beside it, or on the board"),
        text("connector", "its form (RJ-45, DB-15 female, HDMI-A)"),
        flag("internal", "on the board, not at the outside"),
        text("source", "firmware (which is often wrong) or kernel"),
    ),
)
SLOTS = Subsystem(
    "slots",
    "Slots for cards",
    many=True,
    tools=("dmidecode",),
    fields=(
        text("name", "its name on the board"),
        text("type", "its form (x16 PCI Express)"),
        flag("in_use", "a card is in it"),
        text("length", "short, long"),
        text("bus_address", "PCI address"),
    ),
)
# What the firmware says of a connector, first match: its type, its form, its names.
_KINDS: tuple[tuple[str, str], ...] = (
    ("usb", r"\busb|access bus|type.?c\b"),
    ("network", r"network|rj-45|\blan\b|ethernet"),
    ("modem", r"modem|rj-11"),
    ("firewire", r"1394|firewire"),
    ("video", r"video|vga|\bdvi|hdmi|display ?port|\bdp\d?\b|db-15 female|thunderbolt|s-video|\btv"),
    ("audio", r"audio|mini jack|headphone|microphone|\bmic\b|line.?(in|out)|spdif|s/pdif|sound"),
    ("ps2", r"ps/2|keyboard port|mouse port"),
    ("serial", r"serial port|\bcom ?\d?\b|db-9"),
    ("parallel", r"parallel|\blpt|db-25|centronics"),
    ("sata", r"e?sata|sas"),
    ("ide", r"\bide\b"),
    ("floppy", r"floppy"),
    ("midi", r"midi|joystick|game"),
    ("cardbus", r"cardbus|pcmcia|express ?card"),
    ("power", r"\bfan\b|power|\bpwr|atx"),
)


def collect_ports(root: Path, dmidecode_text: str) -> list[dict[str, Any]]:
    """What the firmware lists, then the video connectors that the kernel knows."""
    found = parse_ports(dmidecode_text)
    for folder in sorted((root / "sys/class/drm").glob("card*-*")):
        name = folder.name.partition("-")[2]
        form = re.sub(r"-\d+$", "", name)
        if form not in ("eDP", "LVDS", "DSI", "Virtual", "Writeback", "Unknown"):
            found.append({"kind": "video", "label": name, "connector": form, "internal": False, "source": "kernel"})
    return found


def parse_ports(dmidecode_text: str) -> list[dict[str, Any]]:
    """The connectors in dmidecode's output."""
    found = []
    for block in parse_dmidecode(dmidecode_text):
        if block.type != 8:
            continue
        values = block.values
        outside = said(values.get("External Connector Type", ""))
        inside = said(values.get("Internal Connector Type", ""))
        name = said(values.get("External Reference Designator", ""))
        inner = said(values.get("Internal Reference Designator", ""))
        kind = said(values.get("Port Type", ""))
        if not (name or inner or outside or inside or kind):
            continue  # an empty row
        forms = [form for form in (outside, inside) if form and form != "Other"]
        found.append(
            {
                "kind": port_kind(kind if kind != "Other" else "", *forms[:1], name, inner),
                "label": name or inner,
                "connector": forms[0] if forms else "",
                # Boards say "None" outside for headers, and name an outside one for most real ports.
                "internal": not outside and not name,
                "source": "firmware",
            }
        )
    return found


def port_kind(*words: str) -> str:
    """One of the kinds; the earlier words count more."""
    for word in words:
        for kind, pattern in _KINDS:
            if word and re.search(pattern, word, re.IGNORECASE):
                return kind
    return "other"


def parse_slots(dmidecode_text: str) -> list[dict[str, Any]]:
    """The slots for cards in dmidecode's output."""
    usage = {"Available": False, "In Use": True}
    return [
        {
            "name": said(block.values.get("Designation", "")),
            "type": said(block.values.get("Type", "")),
            "in_use": usage.get(block.values.get("Current Usage", "")),
            "length": said(block.values.get("Length", "")).lower(),
            "bus_address": said(block.values.get("Bus Address", "")),
        }
        for block in parse_dmidecode(dmidecode_text)
        if block.type == 9
    ]
