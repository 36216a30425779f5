"""Cameras: video4linux devices that can be opened; USB video devices that no driver took."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.collectors.fields import Subsystem, flag, text
from agent.collectors.network import bus_of
from agent.collectors.usb import CAMERA, with_interface
from agent.files import read_text

SUBSYSTEM = Subsystem(
    "cameras",
    "Cameras",
    many=True,
    tools=("lsusb",),
    files=(
        "sys/class/video4linux/*/name",
        "sys/class/video4linux/*/index",
        "sys/class/video4linux/*/device/driver",
        "sys/class/video4linux/*/device/subsystem",
    ),
    fields=(
        text("path", "device (/dev/video0), empty when no driver has taken it"),
        text("name", "as the device says"),
        text("bus", "usb, pci, other"),
        text("driver", "kernel driver"),
        flag("built_in", "the firmware says that it can't be unplugged"),
    ),
)


def collect_cameras(root: Path, usb: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry a camera: a camera has several nodes (index 0 is the picture), TV cards have a tuner's."""
    devices = with_interface(usb, CAMERA, r"webcam|camera")
    found = []
    for node in sorted((root / "sys/class/video4linux").glob("video*")):
        if read_text(node / "index", "0") != "0":
            continue
        device = node / "device"
        driver = (device / "driver").resolve().name if (device / "driver").exists() else ""
        place = device.resolve().name.partition(":")[0] if device.exists() else ""
        known: dict[str, Any] = next((d for d in devices if d["path"] == place), {})
        name = read_text(node / "name")
        found.append(
            {
                "path": f"/dev/{node.name}",
                "name": name.partition(": ")[0] if name.partition(": ")[2] in name.partition(": ")[0] else name,
                "bus": bus_of(device),
                "driver": driver,
                "built_in": known.get("built_in"),
            }
        )
    return found or [
        {"path": "", "name": d["name"], "bus": "usb", "driver": "".join(d["drivers"][:1]), "built_in": d["built_in"]}
        for d in devices
    ]
