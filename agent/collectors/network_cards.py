"""Network cards by name: also those that no driver took (Wi-Fi without its firmware), which have no interface."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.collectors.fields import Subsystem, text
from agent.collectors.onboard import named_onboard
from agent.collectors.pci import PciDevice, full_slot
from agent.protocol import Nic

SUBSYSTEM = Subsystem(
    "network_cards",
    "Network cards by name",
    many=True,
    tools=("lspci", "lsusb", "dmidecode"),
    files=("sys/class/net/*/device", "sys/bus/pci/devices/*/class"),
    fields=(
        text("kind", "wired, wireless"),
        text("name", "maker and model", mandatory=True),
        text("bus", "pci, usb, board"),
        text("driver", "kernel driver, empty when none took it: then it does not work"),
        text("slot", "PCI address, or place on USB"),
        text("interface", "the kernel's name, empty when there is none"),
    ),
)
KINDS = ("Ethernet controller", "Network controller")
_RADIO = re.compile(r"wireless|wi-?fi|wlan|802\.11|centrino|AirPort", re.IGNORECASE)
_NET = re.compile(r"^([a-z][a-z0-9]{1,14}) ((?:[0-9a-f]{2}:){5}[0-9a-f]{2})(?: (\d{1,6}))?$", re.MULTILINE)


def collect_network_cards(
    root: Path, cards: Sequence[PciDevice], usb: Sequence[dict[str, Any]], *, dmidecode_text: str = ""
) -> list[dict[str, Any]]:
    """PCI cards, USB adapters that have an interface, and what the firmware lists where there is no lspci."""
    places = interfaces_by_device(root)
    found = []
    for card in cards:
        if card.kind in KINDS:
            # Class 0280 "Network controller" is what Wi-Fi cards are; Ethernet ones are never called so.
            kind = "wireless" if card.kind == KINDS[1] or _RADIO.search(card.name) else "wired"
            interface = places.get(full_slot(card.slot), "")
            found.append(_entry(kind, card.name, "pci", card.driver, card.slot, interface))
    for device in usb:
        # The interface hangs on the USB device's own interface: "1-2:1.0".
        name = next((name for place, name in places.items() if place.startswith(f"{device['path']}:")), "")
        radio = bool(_RADIO.search(device["name"]))
        if name or (radio and "bluetooth" not in device["name"].lower()):
            radio = (root / "sys/class/net" / name / "wireless").exists() if name else radio
            driver = "".join(device["drivers"][:1])
            kind = "wireless" if radio else "wired"
            found.append(_entry(kind, device["name"], "usb", driver, device["path"], name))
    if not cards:
        for one in named_onboard(dmidecode_text, "Ethernet", "Wireless LAN"):
            kind = "wireless" if one["kind"] == "Wireless LAN" or _RADIO.search(one["name"]) else "wired"
            found.append(_entry(kind, one["name"], "board", "", one["slot"], ""))
    return found


def interfaces_by_device(root: Path) -> dict[str, str]:
    """The place of a device ("0000:00:1f.6", "1-2:1.0") → the interface that it makes."""
    return {
        (interface / "device").resolve().name: interface.name
        for interface in sorted((root / "sys/class/net").glob("*"))
        if (interface / "device").exists()
    }


def add_models(nics: Sequence[Nic], cards: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The interfaces with the name of the card that makes each."""
    names = {card["interface"]: card["name"] for card in cards if card["interface"]}
    return [{**nic, "model": names.get(nic["name"], "")} for nic in nics]


def parse_net(said: str) -> list[Nic]:
    """Interfaces in the list "name address speed" that a hobbyists' tool keeps."""
    found = []
    for name, address, speed in _NET.findall(said):
        # systemd's names tell: wlp…, wlx…; …u… for a place on USB.
        bus = "usb" if re.fullmatch(r"(?:en|wl)(?:x[0-9a-f]{12}|p\d+s\d+(?:f\d+)?u\d+.*)", name) else "pci"
        found.append(
            Nic(
                name=name,
                mac=address,
                bus=bus,
                driver="",
                wireless=name.startswith("wl"),
                link=bool(speed),
                speed_mbps=int(speed) if speed else None,
            )
        )
    return found


def _entry(kind: str, name: str, bus: str, driver: str, slot: str, interface: str) -> dict[str, Any]:
    return {"kind": kind, "name": name, "bus": bus, "driver": driver, "slot": slot, "interface": interface}
