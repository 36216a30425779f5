"""The PC's own screen: bringing our console to the front, and larger letters where there is room for them.

By the kernel's calls alone (linux/vt.h, linux/kd.h): the live image carries no fonts, and needs none for this.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import struct
from collections.abc import Iterator

VT_ACTIVATE, VT_WAITACTIVE = 0x5606, 0x5607
KDFONTOP = 0x4B72
_SET, _GET = 0, 1
_OPERATION = struct.Struct("IIIIIP")  # op, flags, width, height, number of characters, address of the data
ROWS = 32  # bytes that the kernel keeps for each character and each eight dots of its width
MAX_WIDTH, MAX_HEIGHT = 32, 32
FACTORS = ((2, 1), (3, 2))  # of the letters' size, the largest first
LEAST = (80, 24)  # columns and rows that must be left


def stretch(font: bytes, width: int, height: int, characters: int, factor: tuple[int, int]) -> bytes:
    """A console font ``factor`` times as large. ``font``: 32 rows of whole bytes for each character (linux/kd.h)."""
    times, parts = factor
    columns, wide = (width + 7) // 8, width * times // parts
    bytes_wide = (wide + 7) // 8
    spread = [tuple(place for place in range(wide) if place * parts // times == dot) for dot in range(width)]
    found = bytearray()
    for start in range(0, characters * ROWS * columns, ROWS * columns):
        rows = []
        for row in range(height):
            dots = int.from_bytes(font[start + row * columns : start + (row + 1) * columns], "big")
            ink = 0
            for dot in range(width):
                if dots >> (8 * columns - 1 - dot) & 1:
                    for place in spread[dot]:
                        ink |= 1 << (8 * bytes_wide - 1 - place)
            rows.append(ink.to_bytes(bytes_wide, "big"))
        taller = [rows[row * parts // times] for row in range(height * times // parts)]
        found += b"".join(taller).ljust(ROWS * bytes_wide, b"\0")
    return bytes(found)


def factor_for(columns: int, rows: int, width: int, height: int) -> tuple[int, int] | None:
    """How much larger the letters of a console may become; None when they must stay as they are."""
    for times, parts in FACTORS:
        fits = columns * parts // times >= LEAST[0] and rows * parts // times >= LEAST[1]
        if fits and width * times // parts <= MAX_WIDTH and height * times // parts <= MAX_HEIGHT:
            return times, parts
    return None


def console_number(name: str) -> int | None:
    """2 for /dev/tty2; None for a terminal that is no console of this PC."""
    match = re.fullmatch(r"/dev/tty([1-9]\d?)", name)
    return int(match.group(1)) if match else None


def come_forward(number: int) -> None:
    """Show console ``number``; does nothing where that isn't allowed."""
    with contextlib.suppress(OSError):
        fd = os.open("/dev/tty0", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            fcntl.ioctl(fd, VT_ACTIVATE, number)
            fcntl.ioctl(fd, VT_WAITACTIVE, number)
        finally:
            os.close(fd)


@contextlib.contextmanager
def large_letters(fd: int) -> Iterator[None]:
    """This console's letters larger where there is room and the hardware can; as they were afterwards."""
    before = None
    with contextlib.suppress(OSError):
        size = os.get_terminal_size(fd)
        width, height, characters, data = _get(fd)
        factor = factor_for(size.columns, size.lines, width, height)
        if factor:
            before = (width, height, characters, data)
            larger = stretch(data, width, height, characters, factor)
            _set(fd, width * factor[0] // factor[1], height * factor[0] // factor[1], characters, larger)
    try:
        yield
    finally:
        if before is not None:
            with contextlib.suppress(OSError):
                _set(fd, *before)


def _get(fd: int) -> tuple[int, int, int, bytes]:
    return _operate(fd, _GET, MAX_WIDTH, MAX_HEIGHT, 512, bytearray(512 * ROWS * MAX_WIDTH // 8))


def _set(fd: int, width: int, height: int, characters: int, data: bytes) -> None:
    _operate(fd, _SET, width, height, characters, bytearray(data))


def _operate(
    fd: int, operation: int, width: int, height: int, characters: int, data: bytearray
) -> tuple[int, int, int, bytes]:
    import ctypes

    store = (ctypes.c_char * len(data)).from_buffer(data)
    request = bytearray(_OPERATION.pack(operation, 0, width, height, characters, ctypes.addressof(store)))
    fcntl.ioctl(fd, KDFONTOP, request)
    _, _, width, height, characters, _ = _OPERATION.unpack(request)
    return width, height, characters, bytes(data)
