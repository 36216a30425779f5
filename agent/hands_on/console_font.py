"""The PC's own screen: bringing our console to the front, and letters twice as large where there is room for them.

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
# Below this many columns or rows, doubled letters would leave too little room.
ROOM = (160, 48)


def double(font: bytes, width: int, characters: int) -> bytes:
    """A console font of twice the size, each dot four. ``font``: 32 rows of whole bytes for each character."""
    columns = (width + 7) // 8
    wide = (2 * width + 7) // 8
    found = bytearray()
    for start in range(0, characters * ROWS * columns, ROWS * columns):
        for row in range(ROWS // 2):
            dots = int.from_bytes(font[start + row * columns : start + (row + 1) * columns], "big")
            spread = 0
            for place in range(8 * columns):
                if dots >> place & 1:
                    spread |= 3 << 2 * place
            found += (spread >> 8 * (2 * columns - wide)).to_bytes(wide, "big") * 2
    return bytes(found)


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
    """Double this console's letters where there is room and the hardware can; as they were afterwards."""
    before = None
    with contextlib.suppress(OSError):
        size = os.get_terminal_size(fd)
        if size.columns >= ROOM[0] and size.lines >= ROOM[1]:
            before = _get(fd)
            width, height, characters, data = before
            if 2 * width <= MAX_WIDTH and 2 * height <= MAX_HEIGHT:
                _set(fd, 2 * width, 2 * height, characters, double(data, width, characters))
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
