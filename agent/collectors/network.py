"""Network cards: permanent addresses, and whether a card is part of the machine or hangs on USB."""

from __future__ import annotations

import array
import fcntl
import re
import socket
import struct
from pathlib import Path
from typing import Any

from agent.collectors.fields import Subsystem, count, flag, text
from agent.files import read_int, read_text
from agent.protocol import Nic
from agent.sources import Run
from agent.tools import run as run_tool

_SIOCETHTOOL = 0x8946  # linux/sockios.h
_ETHTOOL_GPERMADDR = 0x20  # linux/ethtool.h
_ARPHRD_ETHER = 1

SUBSYSTEM = Subsystem(
    "network",
    "Network interfaces",
    many=True,
    tools=("net",),
    files=(
        *(
            f"sys/class/net/*/{name}"
            for name in "address addr_assign_type type speed carrier wireless phy80211".split()
        ),
        "sys/class/net/*/device/driver",
        "sys/class/net/*/device/subsystem",
    ),
    fields=(
        text("name", "the kernel's name"),
        text("mac", "its permanent address, lower case"),
        text("bus", "pci, usb (a dock's or an adapter's), virtio, other"),
        text("driver", "kernel driver"),
        flag("wireless", "Wi-Fi"),
        flag("link", "a cable or a network is there"),
        count("speed_mbps", "speed of the link", unit="Mb/s"),
        text("model", "name of the card"),
    ),
)


def collect_network(
    root: Path, problems: list[str], *, rig: dict[str, Any] | None = None, run: Run = run_tool
) -> list[Nic]:
    """The machine's real network cards; bridges, tunnels, veth and the like have no device and are left out."""
    if rig is not None and rig.get("nics") is not None:
        return [_rig_nic(nic) for nic in rig["nics"]]
    cards = []
    for interface in sorted((root / "sys/class/net").glob("*")):
        # In a played PC (a container) the only interface is one end of a veth pair: it plays the card.
        if not (interface / "device").exists() and not (rig is not None and interface.name != "lo"):
            continue
        if read_int(interface / "type") != _ARPHRD_ETHER:
            continue
        cards.append(_card(root, interface, problems, run))
    return cards


def _card(root: Path, interface: Path, problems: list[str], run: Run) -> Nic:
    device = interface / "device"
    address = read_text(interface / "address").lower()
    permanent = _permanent(root, interface, run)
    if not permanent and read_int(interface / "addr_assign_type") not in (0, None):
        problems.append(f"network card {interface.name}: its permanent address can't be read")
    # Reading "speed" of a card that is down is an I/O error, and -1 means unknown.
    speed = read_int(interface / "speed")
    return Nic(
        name=interface.name,
        mac=permanent or address,
        bus=bus_of(device),
        driver=_link_name(device / "driver"),
        wireless=(interface / "wireless").exists() or (interface / "phy80211").exists(),
        link=read_text(interface / "carrier") == "1",
        speed_mbps=speed if speed and speed > 0 else None,
    )


def bus_of(device: Path) -> str:
    """pci, usb, virtio or other: decided over the whole path, since a USB card sits on a PCI controller."""
    try:
        real = device.resolve(strict=True)
    except (OSError, RuntimeError):
        return "other"
    subsystem = _link_name(real / "subsystem")
    if any(part.startswith("usb") and part[3:].isdigit() for part in real.parts) or subsystem == "usb":
        return "usb"
    return subsystem if subsystem in ("pci", "virtio") else "other"


def _permanent(root: Path, interface: Path, run: Run) -> str:
    """The address burnt into the card; a capture has the answer in the words of ``ethtool -P``."""
    if root == Path("/"):
        return permanent_address(interface.name)
    if run is run_tool:
        return ""
    match = re.search(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", run(["ethtool", "-P", interface.name]).out.lower())
    return match.group() if match else ""


def permanent_address(name: str) -> str:
    """The address burnt into the card, lower case; "" where the driver doesn't say (ethtool -P)."""
    buffer = array.array("B", struct.pack("II32s", _ETHTOOL_GPERMADDR, 32, b""))
    request = struct.pack("16sP8x", name.encode()[:15], buffer.buffer_info()[0])
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            fcntl.ioctl(sock, _SIOCETHTOOL, request)
    except OSError:
        return ""
    size = struct.unpack("I", buffer[4:8].tobytes())[0]
    address = buffer[8 : 8 + size].tobytes()
    return ":".join(f"{byte:02x}" for byte in address) if size == 6 and any(address) else ""


def _link_name(link: Path) -> str:
    try:
        return link.resolve(strict=True).name
    except (OSError, RuntimeError):
        return ""


def _rig_nic(nic: dict[str, Any]) -> Nic:
    return Nic(
        name=str(nic.get("name", "")),
        mac=str(nic.get("mac", "")).lower(),
        bus=str(nic.get("bus", "pci")),
        driver=str(nic.get("driver", "")),
        wireless=bool(nic.get("wireless", False)),
        link=bool(nic.get("link", True)),
        speed_mbps=nic.get("speed_mbps"),
    )
