"""Which USB sockets of the PC have something plugged in, from sysfs.

A blue socket is two ports to the kernel, one on a USB 2 bus and one on a USB 3 bus; "peer" says which belong
together (Documentation/ABI/testing/sysfs-bus-usb).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from agent.collectors.usb import HUB, collect_usb

DEVICES = "sys/bus/usb/devices"


@dataclass(frozen=True)
class Plugged:
    """Something in a socket."""

    socket: str  # the socket's own name, the same for both of its ports
    device: str  # as it says
    speed_mbps: int | None


def plugged(root: Path = Path("/")) -> list[Plugged]:
    """Everything that isn't built in, hubs left out."""
    found = []
    for device in collect_usb(root):
        if device["built_in"] or all(kind.startswith(HUB) for kind in device["interfaces"] or [HUB]):
            continue
        found.append(Plugged(socket_of(root, device["path"]), device["name"], device["speed_mbps"]))
    return found


def socket_of(root: Path, path: str) -> str:
    """The socket of a device (1-4.2): the smaller name of its port and of the port's peer."""
    match = re.fullmatch(r"(\d+)-(?:(.+)\.)?(\d+)", path)
    if match is None:
        return path
    bus, hub, port = match.groups()
    above, name = (f"{bus}-{hub}", f"{bus}-{hub}") if hub else (f"usb{bus}", f"{bus}-0")
    place = root / DEVICES / above / f"{name}:1.0" / f"{above}-port{port}"
    peer = place / "peer"
    if not peer.exists():
        return path
    other = re.fullmatch(r"(?:usb(\d+)|(\d+-.+))-port(\d+)", peer.resolve().name)
    if other is None:
        return path
    root_bus, other_hub, other_port = other.groups()
    partner = f"{root_bus}-{other_port}" if root_bus else f"{other_hub}.{other_port}"
    return min(path, partner)
