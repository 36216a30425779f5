"""As much of the RFB protocol as a test needs: look at the screen, send keys and clicks (RFC 6143)."""

from __future__ import annotations

import struct
from typing import Protocol


class Bytes(Protocol):
    """A way to x11vnc."""

    def send(self, data: bytes) -> None: ...
    def read(self, count: int, seconds: float = 10) -> bytes: ...


class Viewer:
    """A viewer that has got through the handshake."""

    def __init__(self, way: Bytes) -> None:
        self.way = way
        self.version = way.read(12)
        way.send(b"RFB 003.008\n")
        kinds = way.read(way.read(1)[0])
        assert 1 in kinds, f"x11vnc asks for a password: {kinds!r}"
        way.send(b"\x01")
        assert way.read(4) == b"\0\0\0\0"
        way.send(b"\x01")  # shared: x11vnc must not listen to this wish
        self.width, self.height = struct.unpack("!HH", way.read(4))
        way.read(16)
        self.name = way.read(struct.unpack("!I", way.read(4))[0]).decode()
        way.send(struct.pack("!BxHi", 2, 1, 0))  # raw pixels only

    def picture(self) -> bytes:
        """The whole screen, as 32-bit pixels."""
        self.way.send(struct.pack("!BBHHHH", 3, 0, 0, 0, self.width, self.height))
        picture = bytearray(self.width * self.height * 4)
        filled = 0
        while filled < self.width * self.height:
            kind = self.way.read(1)[0]
            if kind == 2:  # a bell
                continue
            if kind == 3:  # somebody copied something
                self.way.read(3)
                self.way.read(struct.unpack("!I", self.way.read(4))[0])
                continue
            assert kind == 0, kind
            self.way.read(1)
            for _ in range(struct.unpack("!H", self.way.read(2))[0]):
                x, y, width, height, encoding = struct.unpack("!HHHHi", self.way.read(12))
                assert encoding == 0, encoding
                pixels = self.way.read(width * height * 4)
                for row in range(height):
                    at = ((y + row) * self.width + x) * 4
                    picture[at : at + width * 4] = pixels[row * width * 4 : (row + 1) * width * 4]
                filled += width * height
        return bytes(picture)

    def key(self, keysym: int) -> None:
        """Press and release."""
        self.way.send(struct.pack("!BBxxI", 4, 1, keysym) + struct.pack("!BBxxI", 4, 0, keysym))

    def type(self, text: str) -> None:
        """Latin letters."""
        for letter in text:
            self.key(ord(letter))

    def click(self, x: int, y: int) -> None:
        """A left click."""
        for buttons in (0, 1, 0):
            self.way.send(struct.pack("!BBHH", 5, buttons, x, y))

    def clipboard(self, text: str) -> None:
        """Send text to the clipboard."""
        data = text.encode("latin-1")
        self.way.send(struct.pack("!BxxxI", 6, len(data)) + data)
