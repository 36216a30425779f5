"""Sound, network, graphics: every card of a class has a driver bound to it, and a network card an interface."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .outcome import Outcome, failed, passed, run

SYS = Path("/sys")


def read(path: Path) -> str:
    """A small file of sysfs, "" where it isn't."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def driver(device: Path) -> str:
    """Name of the driver bound to a device, "" without one."""
    link = device / "driver"
    return link.resolve().name if link.exists() else ""


def pci_devices(classes: list[str], sys: Path = SYS) -> list[Path]:
    """PCI devices whose class begins with one of ``classes`` (hexadecimal: 02 network, 03 display, 04 multimedia)."""
    found = []
    for device in sorted((sys / "bus/pci/devices").glob("*")):
        number = read(device / "class").removeprefix("0x")
        if any(number.startswith(prefix.lower()) for prefix in classes):
            found.append(device)
    return found


def usb_interfaces(classes: list[str], sys: Path = SYS) -> list[Path]:
    """USB interfaces of one of ``classes`` (hexadecimal: 01 audio, 02 communication, e0 wireless)."""
    interfaces = sorted((sys / "bus/usb/devices").glob("*:*"))
    return [path for path in interfaces if read(path / "bInterfaceClass").lower() in [one.lower() for one in classes]]


def has_interface(device: Path) -> bool:
    """Whether a network card shows a network interface; a virtio card has it one level below."""
    return any(device.glob("net/*")) or any(device.glob("*/net/*"))


def describe(device: Path) -> str:
    """A device in words: lspci's where it is installed, else its numbers."""
    if shutil.which("lspci") and (device / "vendor").exists():
        words = run(["lspci", "-s", device.name]).last_line
        if words != "no output":
            return words
    vendor, product = read(device / "vendor"), read(device / "device")
    return f"{device.name} {vendor}:{product}".strip(" :")


def judge(options: Mapping[str, Any], sys: Path = SYS) -> Outcome:
    """Each device of ``pci_classes`` and ``usb_classes`` has a driver; at least ``at_least`` (default 0) are there."""
    cards = pci_devices([str(one) for one in options.get("pci_classes", [])], sys)
    devices = cards + usb_interfaces([str(one) for one in options.get("usb_classes", [])], sys)
    problems = [f"no driver is bound to {describe(device)}" for device in devices if not driver(device)]
    if options.get("interface"):
        problems += [
            f"{describe(card)} has the driver {driver(card)} but no network interface: its firmware may be missing"
            for card in cards
            if driver(card) and not has_interface(card)
        ]
    if problems:
        return failed("; ".join(problems))
    least = int(options.get("at_least", 0))
    if len(devices) < least:
        return failed(f"{len(devices)} devices of this kind were found, at least {least} are needed")
    bound = sorted({driver(device) for device in devices})
    return passed(f"{len(devices)} devices, drivers: {', '.join(bound)}" if devices else "no device of this kind")


def check(options: Mapping[str, Any]) -> Outcome:
    """On this machine."""
    return judge(options)
