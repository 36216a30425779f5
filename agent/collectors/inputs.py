"""Keyboards and pointing devices, from the kernel's list of input devices; SMBIOS type 21 where there is none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from agent.collectors.dmidecode import parse_dmidecode, said
from agent.collectors.fields import Subsystem, flag, text
from agent.files import read_text

SUBSYSTEM = Subsystem(
    "inputs",
    "Keyboard and pointing devices",
    many=True,
    tools=("dmidecode",),
    files=("proc/bus/input/devices",),
    fields=(
        text("kind", "keyboard, mouse, touchpad, trackpoint, touchscreen, tablet"),
        text("name", "as the device or its driver says"),
        text("bus", "i8042 (built in, or PS/2), usb, i2c, bluetooth, other"),
        text("path", "device (/dev/input/event3)"),
        flag("built_in", "part of the machine, as far as its bus tells"),
    ),
)
# linux/input.h: bus numbers.
_BUSES = {"0003": "usb", "0005": "bluetooth", "0011": "i8042", "0018": "i2c", "001c": "spi"}
_KEY_A, _KEY_SPACE, _BTN_LEFT, _BTN_TOUCH, _BTN_PEN, _BTN_FINGER = 30, 57, 0x110, 0x14A, 0x140, 0x145
_REL_X, _ABS_X, _PROP_POINTER, _PROP_DIRECT, _PROP_STICK = 0, 0, 0, 1, 5


def collect_inputs(root: Path, dmidecode_text: str = "") -> list[dict[str, Any]]:
    """What one types and points with; power buttons, hot keys and jacks are left out."""
    listed = read_text(root / "proc/bus/input/devices")
    return parse_inputs(listed) if listed else parse_pointing(dmidecode_text)


def parse_inputs(listed: str) -> list[dict[str, Any]]:
    """The devices in /proc/bus/input/devices."""
    found = []
    # The kernel prints its own machine words without leading zeros: a long one anywhere tells their width.
    width = 64 if re.search(r"^B: \w+=.*[0-9a-fA-F]{9}", listed, re.MULTILINE) else 32
    for block in re.split(r"\n\s*\n", listed):
        bus = re.search(r"^I: Bus=([0-9a-fA-F]{4})", block, re.MULTILINE)
        name = re.search(r'^N: Name="(.*)"', block, re.MULTILINE)
        bits = dict(re.findall(r"^B: (\w+)=([0-9a-fA-F ]+)$", block, re.MULTILINE))
        event = re.search(r"\bevent\d+", block)
        kind = input_kind(name.group(1) if name else "", {key: bitmap(value, width) for key, value in bits.items()})
        if bus is None or not kind:
            continue
        where = _BUSES.get(bus.group(1).lower(), "other")
        found.append(
            {
                "kind": kind,
                "name": " ".join((name.group(1) if name else "").split()),
                "bus": where,
                "path": f"/dev/input/{event.group()}" if event else "",
                "built_in": True if where in ("i8042", "i2c", "spi") else None,
            }
        )
    return found


def bitmap(words: str, width: int) -> int:
    """The kernel's bitmaps: words of ``width`` bits in hexadecimal, the highest first."""
    number = 0
    for part in words.split()[:64]:
        number = (number << width) | int(part[:16], 16)
    return number


def input_kind(name: str, bits: dict[str, int]) -> str:
    """What a device is, by what it can do (as udev's input_id does it); "" for buttons, jacks and the like."""

    def can(kind: str, bit: int) -> bool:
        return bool(bits.get(kind, 0) >> bit & 1)

    if can("PROP", _PROP_STICK) or re.search(r"trackpoint|pointing stick|dualpoint stick", name, re.IGNORECASE):
        return "trackpoint"
    if can("ABS", _ABS_X) and can("KEY", _BTN_PEN):
        return "tablet"
    if can("ABS", _ABS_X) and can("KEY", _BTN_FINGER) and not can("PROP", _PROP_DIRECT):
        return "touchpad"
    if can("ABS", _ABS_X) and can("KEY", _BTN_TOUCH) and can("PROP", _PROP_DIRECT):
        return "touchscreen"
    if can("REL", _REL_X) and can("KEY", _BTN_LEFT):
        return "mouse"
    return "keyboard" if can("KEY", _KEY_A) and can("KEY", _KEY_SPACE) else ""


def parse_pointing(dmidecode_text: str) -> list[dict[str, Any]]:
    """Built-in pointing devices as the firmware lists them."""
    kinds = {"Touch Pad": "touchpad", "Track Point": "trackpoint", "Mouse": "mouse", "Touch Screen": "touchscreen"}
    kinds |= {"Glide Point": "touchpad", "Track Ball": "mouse", "Optical Sensor": "mouse"}
    found = []
    for block in parse_dmidecode(dmidecode_text):
        kind = kinds.get(block.values.get("Type", "")) if block.type == 21 else None
        if kind:
            how = said(block.values.get("Interface", ""))
            bus = {"PS/2": "i8042", "USB": "usb", "I2C": "i2c"}.get(how, "other")
            found.append({"kind": kind, "name": "", "bus": bus, "path": "", "built_in": True})
    return found
