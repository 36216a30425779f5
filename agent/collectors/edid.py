"""EDID: what a screen says of itself, 128 bytes and extensions (VESA E-EDID 1.3 and 1.4).

Sizes lie: projectors say 0, televisions put their aspect ratio (16 × 9 "cm", 160 × 90 "mm") where the size goes.
"""

from __future__ import annotations

import math
from typing import Any

HEADER = bytes.fromhex("00ffffffffffff00")
BLOCK = 128
# Widths and heights that are an aspect ratio and no size (as the drivers of X.org and Linux have it).
_RATIOS = {(16, 9), (16, 10), (4, 3), (5, 4), (160, 90), (160, 100), (1600, 900), (1600, 1000), (40, 30)}
_DESCRIPTORS = (54, 72, 90, 108)


def parse_edid(raw: bytes) -> dict[str, Any] | None:
    """A screen's facts; None when this is no EDID. What can't be true is None; ``edid_valid`` tells a bad checksum."""
    if len(raw) < BLOCK or raw[:8] != HEADER:
        return None
    timing = next((t for t in (_timing(raw[at : at + 18]) for at in _DESCRIPTORS) if t is not None), None)
    width, height = _size(raw, timing)
    names, texts, serials = (_strings(raw, tag) for tag in (0xFC, 0xFE, 0xFF))
    number = int.from_bytes(raw[12:16], "little")
    week, year = raw[16], 1990 + raw[17]
    known = 1994 <= year <= 2060  # EDID was made in 1994
    return {
        "name": (names or texts[-1:] or [""])[0],
        "manufacturer": _maker(raw),
        "product_code": int.from_bytes(raw[10:12], "little"),
        "serial": serials[0] if serials else str(number) if number not in (0, 0x01010101, 0xFFFFFFFF) else "",
        "week": week if known and 1 <= week <= 53 else None,
        "year": year if known else None,
        "digital": bool(raw[20] & 0x80),
        "width_mm": width,
        "height_mm": height,
        "diagonal_inches": round(math.hypot(width, height) / 25.4, 1) if width and height else None,
        "width_px": timing["width_px"] if timing else None,
        "height_px": timing["height_px"] if timing else None,
        "refresh_hz": timing["refresh_hz"] if timing else None,
        "edid_version": f"{raw[18]}.{raw[19]}",
        "edid_valid": sum(raw[:BLOCK]) % 256 == 0,
    }


def _maker(raw: bytes) -> str:
    """Three letters of five bits (PNP ID): "SAM", "DEL"; "" when they are none."""
    value = int.from_bytes(raw[8:10], "big")
    letters = [(value >> shift) & 31 for shift in (10, 5, 0)]
    return "".join(chr(64 + letter) for letter in letters) if all(1 <= letter <= 26 for letter in letters) else ""


def _timing(block: bytes) -> dict[str, Any] | None:
    """A detailed timing descriptor: the first is the screen's own resolution."""
    clock = int.from_bytes(block[0:2], "little") * 10_000
    if not clock:
        return None
    width, height = block[2] | (block[4] & 0xF0) << 4, block[5] | (block[7] & 0xF0) << 4
    total = (width + (block[3] | (block[4] & 0x0F) << 8)) * (height + (block[6] | (block[7] & 0x0F) << 8))
    if not width or not height:
        return None
    interlaced = bool(block[17] & 0x80)
    return {
        "width_px": width,
        "height_px": height * 2 if interlaced else height,
        "refresh_hz": round(clock / total, 1) if total else None,
        "width_mm": block[12] | (block[14] & 0xF0) << 4,
        "height_mm": block[13] | (block[14] & 0x0F) << 8,
    }


def _size(raw: bytes, timing: dict[str, Any] | None) -> tuple[int | None, int | None]:
    """Width and height in mm: the exact ones of the timing where they agree with the centimetres, or stand alone."""
    across, down = raw[21] * 10, raw[22] * 10
    if not across or not down or (raw[21], raw[22]) in _RATIOS:  # one of them 0: an aspect ratio (1.4), or unknown
        across = down = 0
    if timing is not None and timing["width_mm"] and timing["height_mm"]:
        size = timing["width_mm"], timing["height_mm"]
        near = not across or (abs(size[0] - across) <= 10 + across / 20 and abs(size[1] - down) <= 10 + down / 20)
        if near and size not in _RATIOS and 4 <= math.hypot(*size) / 25.4 <= 120:
            return size
    return (across, down) if across else (None, None)


def _strings(raw: bytes, tag: int) -> list[str]:
    found = []
    for at in _DESCRIPTORS:
        block = raw[at : at + 18]
        if block[:3] == b"\0\0\0" and block[3] == tag:
            words = block[5:].split(b"\n")[0].decode("cp437", "replace")
            text = " ".join("".join(c for c in words if c.isprintable()).split())
            if text:
                found.append(text)
    return found
