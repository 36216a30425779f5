"""Larger letters on the PC's own screen: the arithmetic; the kernel's calls need a console."""

from __future__ import annotations

import pytest

from agent.hands_on.console_font import console_number, factor_for, stretch


def dots(font: bytes, width: int, height: int, character: int) -> list[str]:
    columns = (width + 7) // 8
    start = character * 32 * columns
    rows = (font[start + row * columns : start + (row + 1) * columns] for row in range(height))
    return [f"{int.from_bytes(row, 'big'):0{8 * columns}b}"[:width] for row in rows]


FONT = (bytes([0b10000001, 0b01000010] + [0b11000000] * 14).ljust(32, b"\0") + bytes(32)) * 128


def test_twice_as_large() -> None:
    large = stretch(FONT, 8, 16, 256, (2, 1))
    assert len(large) == 256 * 32 * 2
    drawn = dots(large, 16, 32, 2)
    assert drawn[0] == drawn[1] == "1100000000000011"
    assert drawn[2] == drawn[3] == "0011000000001100"
    assert drawn[31] == "1111000000000000"
    assert set("".join(dots(large, 16, 32, 1))) == {"0"}


def test_half_as_large_again() -> None:
    drawn = dots(stretch(FONT, 8, 16, 256, (3, 2)), 12, 24, 0)
    assert drawn[0] == drawn[1] == "110000000001"
    assert drawn[2] == "001000000110"
    assert drawn[23] == "111000000000"


@pytest.mark.parametrize(
    ("columns", "rows", "factor"),
    [
        (240, 67, (2, 1)),  # 1920×1080
        (170, 48, (2, 1)),  # 1366×768
        (160, 64, (2, 1)),  # 1280×1024
        (128, 48, (3, 2)),  # 1024×768
        (100, 37, None),  # 800×600
        (80, 25, None),  # the text mode of any graphics
    ],
)
def test_letters_grow_as_far_as_the_pages_still_fit(columns: int, rows: int, factor: tuple[int, int] | None) -> None:
    assert factor_for(columns, rows, 8, 16) == factor


def test_a_font_that_is_large_already_stays() -> None:
    assert factor_for(240, 67, 16, 32) is None


@pytest.mark.parametrize(("name", "number"), [("/dev/tty2", 2), ("/dev/tty12", 12), ("/dev/pts/3", None), ("", None)])
def test_only_the_pc_s_own_consoles_are_brought_forward(name: str, number: int | None) -> None:
    assert console_number(name) == number
