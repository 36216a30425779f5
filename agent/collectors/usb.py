"""USB: what is plugged in or built in, from sysfs; from lsusb's text where only that was recorded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from agent.collectors.fields import Subsystem, count, flag, text
from agent.files import read_int, read_text

SUBSYSTEM = Subsystem(
    "usb",
    "USB devices",
    many=True,
    tools=("lsusb",),
    files=tuple(
        f"sys/bus/usb/devices/*/{name}"
        for name in (
            "idVendor idProduct manufacturer product serial speed removable bDeviceClass maxchild busnum driver "
            "bInterfaceClass bInterfaceSubClass bInterfaceProtocol"
        ).split()
    ),
    fields=(
        text("path", "place on the bus (1-4.2)"),
        text("vendor_id", "four hexadecimal digits"),
        text("product_id", "four hexadecimal digits"),
        text("manufacturer", "as the device says"),
        text("name", "as the device says"),
        text("serial", "serial number"),
        count("speed_mbps", "speed that was agreed", unit="Mb/s"),
        flag("built_in", "the firmware says that it can't be unplugged"),
        text("interfaces", "classes of its interfaces (usb.org), list of CCSSPP in hexadecimal"),
        text("drivers", "kernel drivers, list"),
    ),
)
BUSES = Subsystem(
    "usb_buses",
    "USB buses",
    many=True,
    files=("sys/bus/usb/devices/usb*/speed", "sys/bus/usb/devices/usb*/maxchild"),
    fields=(
        text("path", "the bus (usb1)"),
        count("speed_mbps", "highest speed: 12, 480 (USB 2), 5000 (USB 3), 10000, 20000", unit="Mb/s"),
        count("ports", "ports of its root hub, not all of them at the outside"),
    ),
)
CAMERA, BLUETOOTH, SMART_CARD, SOUND, HUB = "0e", "e00101", "0b", "01", "09"
_LSUSB = re.compile(r"^Bus (\d{3}) Device (\d{3}): ID ([0-9a-f]{4}):([0-9a-f]{4}) ?(.*)$", re.MULTILINE)


def collect_usb(root: Path, lsusb_text: str = "") -> list[dict[str, Any]]:
    """All devices but hubs. Interfaces ("1-4:1.0") are folded into their device."""
    folder = root / "sys/bus/usb/devices"
    devices = [_device(folder, entry) for entry in sorted(folder.glob("*-*")) if ":" not in entry.name]
    return [d for d in devices if d["vendor_id"] and set(d["interfaces"]) != {f"{HUB}0000"}] or parse_lsusb(lsusb_text)


def _device(folder: Path, entry: Path) -> dict[str, Any]:
    interfaces, drivers = [], []
    for interface in sorted(folder.glob(f"{entry.name}:*")):
        numbers = (read_text(interface / f"bInterface{part}") for part in ("Class", "SubClass", "Protocol"))
        interfaces.append("".join(numbers))
        link = interface / "driver"
        drivers += [link.resolve().name] if link.exists() else []
    if read_text(entry / "bDeviceClass") == HUB:
        interfaces = [f"{HUB}0000"]
    removable = read_text(entry / "removable")
    return {
        "path": entry.name,
        "vendor_id": read_text(entry / "idVendor"),
        "product_id": read_text(entry / "idProduct"),
        "manufacturer": " ".join(read_text(entry / "manufacturer").split()),
        "name": " ".join(read_text(entry / "product").split()),
        "serial": read_text(entry / "serial"),
        "speed_mbps": read_speed(entry),
        "built_in": {"fixed": True, "removable": False}.get(removable),
        "interfaces": list(dict.fromkeys(interfaces)),
        "drivers": list(dict.fromkeys(drivers)),
    }


def collect_usb_buses(root: Path) -> list[dict[str, Any]]:
    """The root hubs: how fast the machine's USB is."""
    return [
        {"path": hub.name, "speed_mbps": read_speed(hub), "ports": read_int(hub / "maxchild")}
        for hub in sorted((root / "sys/bus/usb/devices").glob("usb*"))
    ]


def read_speed(entry: Path) -> int | None:
    """Megabits a second; the slowest devices say "1.5"."""
    match = re.match(r"\d{1,6}", read_text(entry / "speed"))
    return int(match.group()) if match else None


def parse_lsusb(said: str) -> list[dict[str, Any]]:
    """The devices in lsusb's short text, without root hubs; names are those of usb.ids."""
    found = []
    for bus, number, vendor, product, name in _LSUSB.findall(said):
        if vendor == "1d6b":  # Linux Foundation: root hubs
            continue
        found.append(
            {
                "path": f"{int(bus)}:{int(number)}",
                "vendor_id": vendor,
                "product_id": product,
                "manufacturer": "",
                "name": name.strip(),
                "serial": "",
                "speed_mbps": None,
                "built_in": None,
                "interfaces": [],
                "drivers": [],
            }
        )
    return found


def with_interface(devices: list[dict[str, Any]], prefix: str, words: str) -> list[dict[str, Any]]:
    """Devices that have an interface of a class; by their name where their interfaces are not known."""
    return [
        device
        for device in devices
        if any(interface.startswith(prefix) for interface in device["interfaces"])
        or (not device["interfaces"] and re.search(words, device["name"], re.IGNORECASE))
    ]
