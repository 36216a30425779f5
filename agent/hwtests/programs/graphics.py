# /// recyclerie-test
# name = "graphics"
# title = "Graphics"
# subsystem = "graphics"
# runs = "parallel"
# targets = "graphics"
# limit_seconds = 20
# usual_seconds = 1
# [figures]
# driver = "name"
# ///
"""Has a driver taken the card, does it hold a picture that was drawn into its memory, and what hangs on it?"""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import struct
from pathlib import Path
from typing import Any

from agent.files import read_text
from agent.hwtests.script import Outcome, Request, run_script
from agent.tools import run

# drm/drm.h, drm/drm_mode.h on 64-bit machines.
GET_CAP, CREATE_DUMB, MAP_DUMB, DESTROY_DUMB = 0xC010640C, 0xC02064B2, 0xC01064B3, 0xC00464B4
CAP_DUMB_BUFFER = 1
WIDTH, HEIGHT = 1024, 768


def test(request: Request) -> Outcome:
    """One card on the PCI bus."""
    slot, driver = str(request.target["slot"]), str(request.target["driver"])
    figures: dict[str, Any] = {
        "driver": driver,
        "card": name_of(slot) or f"{request.target['vendor']}:{request.target['device']}",
        "connectors": [],
        "screens": 0,
        "drawn_bytes": 0,
    }
    cards = sorted((request.root / "sys/bus/pci/devices" / slot / "drm").glob("card*"))
    if not cards:
        return judge(figures, "")
    connectors = {
        path.name.partition("-")[2]: read_text(path / "status") for path in cards[0].glob(f"{cards[0].name}-*")
    }
    figures["connectors"] = [{"name": name, "status": status} for name, status in sorted(connectors.items())]
    figures["screens"] = list(connectors.values()).count("connected")
    try:
        figures["drawn_bytes"] = draw(request.root / "dev/dri" / cards[0].name)
    except OSError as problem:
        return judge(figures, f"{cards[0].name}: {problem.strerror}")
    return judge(figures, "")


def judge(figures: dict[str, Any], why: str) -> Outcome:
    """``why`` nothing could be drawn, where a driver has the card. Pure."""
    card = figures["card"]
    if not figures["driver"]:
        reason = f"No driver has taken {card}: the picture comes from the firmware, slow and without other sizes."
        return Outcome("degraded", reason, figures)
    if why:
        return Outcome("fail", f"{card} holds no picture ({figures['driver']}): {why}.", figures)
    if not figures["drawn_bytes"]:
        reason = (
            f"The driver {figures['driver']} has taken {card} and offers nothing to draw on: its firmware may lack."
        )
        return Outcome("degraded", reason, figures)
    return Outcome("pass", "", figures)


def draw(path: Path) -> int:
    """Draw a pattern into a buffer of the card and read it back; the bytes of it. Raises OSError."""
    fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        able = bytearray(struct.pack("QQ", CAP_DUMB_BUFFER, 0))
        fcntl.ioctl(fd, GET_CAP, able)
        if not struct.unpack("QQ", able)[1]:
            return 0
        made = bytearray(struct.pack("IIIIIIQ", HEIGHT, WIDTH, 32, 0, 0, 0, 0))
        fcntl.ioctl(fd, CREATE_DUMB, made)
        handle, pitch, size = struct.unpack("IIIIIIQ", made)[4:]
        try:
            place = bytearray(struct.pack("IIQ", handle, 0, 0))
            fcntl.ioctl(fd, MAP_DUMB, place)
            with mmap.mmap(fd, size, offset=struct.unpack("IIQ", place)[2]) as memory:
                return fill_and_compare(memory, pitch, size)
        finally:
            fcntl.ioctl(fd, DESTROY_DUMB, struct.pack("I", handle))
    finally:
        os.close(fd)


def fill_and_compare(memory: mmap.mmap, pitch: int, size: int) -> int:
    """Stripes that differ from line to line, then their inverse. Raises OSError when they come back otherwise."""
    for flip in (0x00, 0xFF):
        lines = [bytes((number * 37 + column) % 256 ^ flip for column in range(256)) for number in range(256)]
        for number in range(size // pitch):
            memory[number * pitch : (number + 1) * pitch] = (lines[number % 256] * (pitch // 256 + 1))[:pitch]
        for number in range(size // pitch):
            if memory[number * pitch : (number + 1) * pitch] != (lines[number % 256] * (pitch // 256 + 1))[:pitch]:
                raise OSError(errno.EIO, f"line {number} came back otherwise than it was drawn")
    return size


def name_of(slot: str) -> str:
    """Maker and model, as lspci knows them."""
    ran = run(["lspci", "-D", "-s", slot], seconds=10)
    return ran.out.strip().partition(": ")[2].partition(" (rev")[0] if ran.ok else ""


if __name__ == "__main__":
    run_script(test)
