"""Screens: connectors of the graphics cards (sysfs drm) and the EDID of what hangs on them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from agent.collectors.edid import parse_edid
from agent.collectors.fields import Subsystem, count, flag, text
from agent.files import read_text

SUBSYSTEM = Subsystem(
    "screens",
    "Screens",
    many=True,
    needs="sys/class/drm",
    files=("sys/class/drm/card*-*/status", "sys/class/drm/card*-*/edid", "sys/class/drm/card*-*/modes"),
    fields=(
        text("connector", "the card's connector (eDP-1, HDMI-A-1)"),
        flag("internal", "part of the machine (eDP, LVDS, DSI)"),
        text("name", "the screen's own name, or its panel's"),
        text("manufacturer", "three letters (PNP ID)"),
        count("product_code", "the maker's number of the model"),
        text("serial", "serial number"),
        count("week", "week in which it was made"),
        count("year", "year in which it was made, or of its model", unit="year"),
        flag("digital", "digital input"),
        count("width_mm", "width of the picture", unit="mm"),
        count("height_mm", "height of the picture", unit="mm"),
        count("diagonal_inches", "diagonal", unit="in"),
        count("width_px", "own resolution, across", unit="px"),
        count("height_px", "own resolution, down", unit="px"),
        count("refresh_hz", "pictures a second at its own resolution", unit="Hz"),
        text("edid_version", "version of its EDID"),
        flag("edid_valid", "the EDID's checksum is right"),
    ),
)
INTERNAL = ("eDP", "LVDS", "DSI", "DPI")


def collect_screens(root: Path, problems: list[str]) -> list[dict[str, Any]]:
    """The screens that are plugged in (or built in)."""
    found = []
    for folder in sorted((root / "sys/class/drm").glob("card*-*")):
        if read_text(folder / "status") != "connected":
            continue
        connector = folder.name.partition("-")[2]
        screen = screen_facts(_bytes(folder / "edid"))
        if screen["edid_valid"] is None:
            problems.append(f"the screen on {connector} does not say what it is (no EDID)")
        elif not screen["edid_valid"]:
            problems.append(f"the screen on {connector}: its EDID has a wrong checksum, its facts may be wrong")
        if not screen["width_px"]:
            mode = re.match(r"(\d{3,5})x(\d{3,5})", read_text(folder / "modes"))
            if mode:  # the kernel lists the preferred one first
                screen["width_px"], screen["height_px"] = int(mode.group(1)), int(mode.group(2))
        found.append({"connector": connector, "internal": connector.startswith(INTERNAL), **screen})
    return sorted(found, key=lambda screen: not screen["internal"])  # the machine's own first


def screen_facts(raw: bytes) -> dict[str, Any]:
    """Facts out of an EDID, all of them empty when it is none."""
    facts = parse_edid(raw)
    if facts is not None:
        return facts
    names = [field.name for field in SUBSYSTEM.fields if field.name not in ("connector", "internal")]
    return {name: "" if name in ("name", "manufacturer", "serial", "edid_version") else None for name in names}


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
