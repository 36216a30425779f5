"""What is on a virtual screen, read from the X server's own memory: nothing that is tested is asked about itself.

``Xvfb -fbdir`` maps its picture into a file in the format of xwd (X11/XWDFile.h).
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

from PIL import Image

Colour = tuple[int, int, int]
HEADER = struct.Struct(">25I")
COLOUR_BYTES = 12  # XWDColor


class Framebuffer:
    """The picture in ``folder``; ``width`` and ``height`` in pixels."""

    def __init__(self, folder: Path) -> None:
        with (folder / "Xvfb_screen0").open("rb") as file:
            self._memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        fields = HEADER.unpack_from(self._memory)
        self.width, self.height, bits, self._line = fields[4], fields[5], fields[11], fields[12]
        assert bits == 32, f"a screen of {bits} bits a pixel"
        self._start = fields[0] + fields[19] * COLOUR_BYTES

    def pixel(self, x: int, y: int) -> Colour:
        """Red, green, blue of one pixel."""
        at = self._start + y * self._line + 4 * x
        blue, green, red = self._memory[at : at + 3]
        return red, green, blue

    def image(self) -> Image.Image:
        """The whole picture as it is now."""
        raw = self._memory[self._start : self._start + self.height * self._line]
        return Image.frombytes("RGB", (self.width, self.height), raw, "raw", "BGRX", self._line)

    def close(self) -> None:
        """Let the file go."""
        self._memory.close()
