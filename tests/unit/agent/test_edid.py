"""EDID: a table of screens, made here byte by byte, with the lies that real ones tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.collectors.edid import parse_edid
from agent.collectors.screens import SUBSYSTEM, collect_screens
from agent.sources.dumps import edids_in


def timing(across: int, down: int, mm: tuple[int, int], *, clock_khz: int = 148_500, interlaced: bool = False) -> bytes:
    """A detailed timing descriptor with blanking of 280 and 45."""
    h, v = 280, 45
    picture = [across & 255, h & 255, (across >> 8) << 4 | h >> 8, down & 255, v & 255, (down >> 8) << 4 | v >> 8]
    size = [mm[0] & 255, mm[1] & 255, (mm[0] >> 8) << 4 | mm[1] >> 8]
    numbers = [*picture, 0, 0, 0, 0, *size, 0, 0, 0x80 if interlaced else 0x18]
    return (clock_khz // 10).to_bytes(2, "little") + bytes(numbers)


def words(tag: int, text: str) -> bytes:
    """A descriptor with text."""
    return b"\0\0\0" + bytes([tag, 0]) + (text + "\n").encode().ljust(13)[:13]


def edid(
    *blocks: bytes,
    maker: str = "DEL",
    cm: tuple[int, int] = (52, 29),
    week: int = 12,
    year: int = 2015,
    number: int = 0,
    good: bool = True,
) -> bytes:
    """An EDID 1.3 with up to four descriptors."""
    letters = [ord(letter) - 64 for letter in maker]
    code = letters[0] << 10 | letters[1] << 5 | letters[2]
    raw = bytearray(bytes.fromhex("00ffffffffffff00") + code.to_bytes(2, "big") + (0x4066).to_bytes(2, "little"))
    raw += number.to_bytes(4, "little") + bytes([week, year - 1990, 1, 3, 0x80, *cm, 120, 0x2A])
    raw = raw.ljust(54, b"\0") + b"".join(block for block in blocks).ljust(72, b"\0")
    raw += b"\0"
    raw += bytes([(-sum(raw)) % 256 if good else (1 - sum(raw)) % 256])
    assert len(raw) == 128
    return bytes(raw)


FULL_HD = timing(1920, 1080, (521, 293))
CASES: list[tuple[str, bytes, dict[str, Any]]] = [
    (
        "a desk screen",
        edid(FULL_HD, words(0xFC, "DELL U2415"), words(0xFF, "7MT0157A")),
        {"name": "DELL U2415", "manufacturer": "DEL", "serial": "7MT0157A", "year": 2015, "week": 12, "width_mm": 521,
         "height_mm": 293, "diagonal_inches": 23.5, "width_px": 1920, "height_px": 1080, "edid_valid": True},
    ),
    (
        "a laptop's panel: no name, its model in the free texts",
        edid(timing(1366, 768, (344, 194)), words(0xFE, "AUO"), words(0xFE, "B156XTN02.1"), maker="AUO", cm=(34, 19)),
        {"name": "B156XTN02.1", "manufacturer": "AUO", "serial": "", "diagonal_inches": 15.5, "width_px": 1366},
    ),
    ("a number for a serial number", edid(FULL_HD, number=305419896), {"serial": "305419896"}),
    ("numbers that all share", edid(FULL_HD, number=0x01010101), {"serial": ""}),
    ("a projector has no size", edid(timing(1280, 800, (0, 0)), cm=(0, 0)), {"diagonal_inches": None}),
    ("1.4: one zero is an aspect ratio", edid(timing(1920, 1080, (0, 0)), cm=(79, 0)), {"width_mm": None}),
    ("a television's 16 × 9 cm", edid(timing(1920, 1080, (160, 90)), cm=(16, 9)), {"diagonal_inches": None}),
    ("a television's 160 × 90 cm", edid(timing(1920, 1080, (1600, 900)), cm=(160, 90)), {"diagonal_inches": None}),
    ("mm that contradict cm", edid(timing(1920, 1080, (1210, 680)), cm=(52, 29)), {"width_mm": 520, "height_mm": 290}),
    ("mm alone", edid(timing(1920, 1080, (477, 268)), cm=(0, 0)), {"width_mm": 477, "diagonal_inches": 21.5}),
    ("cm alone", edid(words(0xFC, "OLD"), cm=(34, 27)), {"width_mm": 340, "diagonal_inches": 17.1, "width_px": None}),
    ("a year without a week", edid(FULL_HD, week=0), {"week": None, "year": 2015}),
    ("the year of the model", edid(FULL_HD, week=255, year=2018), {"week": None, "year": 2018}),
    ("a year before EDID", edid(FULL_HD, year=1990), {"week": None, "year": None}),
    ("a year far away", edid(FULL_HD, year=2240), {"year": None}),
    ("interlaced", edid(timing(1920, 540, (521, 293), interlaced=True)), {"height_px": 1080}),
    ("a wrong checksum", edid(FULL_HD, words(0xFC, "X"), good=False), {"edid_valid": False, "name": "X"}),
    ("a maker that is no letters", b"\0\xff\xff\xff\xff\xff\xff\0" + bytes(120), {"manufacturer": "", "year": None}),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_screens(raw: bytes, expected: dict[str, Any]) -> None:
    found = parse_edid(raw)
    assert found is not None
    assert {key: found[key] for key in expected} == expected
    declared = {field.name for field in SUBSYSTEM.fields} - {"connector", "internal"}
    assert set(found) == declared


@pytest.mark.parametrize("raw", [b"", b"\0" * 128, edid(FULL_HD)[:127], b"\1" + edid(FULL_HD)[1:]])
def test_no_edid(raw: bytes) -> None:
    assert parse_edid(raw) is None


def test_refresh_rate() -> None:
    found = parse_edid(edid(timing(1920, 1080, (521, 293), clock_khz=148_500)))
    assert found is not None
    assert found["refresh_hz"] == 60.0


@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_raise(tail: bytes, header: bool) -> None:
    parse_edid((b"\0\xff\xff\xff\xff\xff\xff\0" if header else b"") + tail)


def test_hexadecimal_forms() -> None:
    raw = edid(FULL_HD, words(0xFC, "HEX"))
    lines = "\n".join("\t\t" + raw[at : at + 16].hex() for at in range(0, 128, 16))
    spaced = "\n".join(raw[at : at + 16].hex(" ") for at in range(0, 128, 16))
    assert edids_in(f"DP-1 connected\n\tEDID:\n{lines}\n\tscaling mode: None\n") == [raw]
    assert edids_in(f"EDID (hex):\n{spaced}\n\n{spaced}\n") == [raw]
    assert edids_in("00ffffffffffff00 cut") == []


def connector(root: Path, name: str, status: str, raw: bytes = b"", modes: str = "") -> None:
    folder = root / "sys/class/drm" / name
    folder.mkdir(parents=True)
    (folder / "status").write_text(status + "\n")
    (folder / "edid").write_bytes(raw)
    (folder / "modes").write_text(modes)


def test_connectors(tmp_path: Path) -> None:
    connector(tmp_path, "card0-eDP-1", "connected", edid(FULL_HD, words(0xFC, "PANEL")))
    connector(tmp_path, "card0-HDMI-A-1", "disconnected")
    connector(tmp_path, "card0-VGA-1", "connected", b"", "1280x1024\n1024x768\n")
    problems: list[str] = []
    panel, vga = collect_screens(tmp_path, problems)
    assert (panel["connector"], panel["internal"], panel["name"]) == ("eDP-1", True, "PANEL")
    assert (vga["connector"], vga["internal"], vga["width_px"], vga["name"]) == ("VGA-1", False, 1280, "")
    assert len(problems) == 1
    assert "VGA-1" in problems[0]
