"""Bluetooth: the kernel's adapters (hci0), else USB devices of that class; and whether a switch blocks it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.collectors.fields import Subsystem, flag, text
from agent.collectors.network import bus_of
from agent.collectors.usb import BLUETOOTH, with_interface
from agent.files import read_text

SUBSYSTEM = Subsystem(
    "bluetooth",
    "Bluetooth",
    many=True,
    tools=("lsusb",),
    files=(
        "sys/class/bluetooth/hci*/device/driver",
        "sys/class/bluetooth/hci*/device/subsystem",
        "sys/class/rfkill/*/type",
        "sys/class/rfkill/*/hard",
        "sys/class/rfkill/*/soft",
    ),
    fields=(
        text("interface", "the kernel's name, empty when no driver has taken it"),
        text("name", "as the device says"),
        text("bus", "usb, pci, other"),
        text("driver", "kernel driver"),
        flag("blocked", "switched off by a switch or key of the machine"),
    ),
)


def collect_bluetooth(root: Path, usb: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The adapters."""
    blocked = blocked_by_switch(root, "bluetooth")
    devices = with_interface(usb, BLUETOOTH, r"bluetooth")
    found = []
    for adapter in sorted((root / "sys/class/bluetooth").glob("hci*")):
        if ":" in adapter.name:  # a connection, not an adapter
            continue
        link = adapter / "device/driver"
        name = devices[0]["name"] if devices else ""
        found.append(_adapter(adapter.name, name, bus_of(adapter / "device"), _target(link), blocked))
    return found or [_adapter("", d["name"], "usb", "".join(d["drivers"][:1]), blocked) for d in devices]


def blocked_by_switch(root: Path, kind: str) -> bool | None:
    """Whether rfkill holds this kind of radio off; None when the kernel knows no such switch."""
    states = [
        "1" in (read_text(switch / "hard"), read_text(switch / "soft"))
        for switch in sorted((root / "sys/class/rfkill").glob("*"))
        if read_text(switch / "type") == kind
    ]
    return any(states) if states else None


def _adapter(interface: str, name: str, bus: str, driver: str, blocked: bool | None) -> dict[str, Any]:
    return {"interface": interface, "name": name, "bus": bus, "driver": driver, "blocked": blocked}


def _target(link: Path) -> str:
    return link.resolve().name if link.exists() else ""
