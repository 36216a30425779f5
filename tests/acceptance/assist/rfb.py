"""A viewer of few words: the RFB protocol 3.8 (RFC 6143) over a WebSocket, raw pixels, no page around it.

For what a page of ours would never send, and for times measured without a browser.
"""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
Colour = tuple[int, int, int]
# 32 bits a pixel, depth 24, little endian, true colour; blue first in memory.
PIXELS = struct.pack(">BBBBHHHBBBxxx", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
RAW = 0


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run it in a thread of its own: Playwright's loop has this one."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(asyncio.run, work).result()


@dataclass(frozen=True)
class Rectangle:
    """A part of the screen as it came."""

    x: int
    y: int
    width: int
    height: int
    data: bytes

    def pixel(self, x: int, y: int) -> Colour | None:
        """The colour at that place of the screen; None when it isn't in here."""
        column, line = x - self.x, y - self.y
        if not (0 <= column < self.width and 0 <= line < self.height):
            return None
        at = 4 * (line * self.width + column)
        blue, green, red = self.data[at : at + 3]
        return red, green, blue


class Viewer:
    """One connection. ``width`` and ``height`` of the screen in pixels."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._buffer = bytearray()
        self.width = self.height = 0

    async def _read(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._buffer += await self._socket.recv()
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    async def greet(self) -> None:
        """The handshake: no password, the screen shared with nobody, raw pixels."""
        version = await self._read(12)
        assert version.startswith(b"RFB 003."), version
        await self._socket.send(b"RFB 003.008\n")
        kinds = await self._read((await self._read(1))[0])
        assert 1 in kinds, f"no way in without a password: {kinds!r}"
        await self._socket.send(b"\x01")
        assert await self._read(4) == b"\0\0\0\0"
        await self._socket.send(b"\x01")
        self.width, self.height = struct.unpack(">HH", await self._read(4))
        await self._read(16)
        await self._read(struct.unpack(">I", await self._read(4))[0])
        await self._socket.send(b"\0\0\0\0" + PIXELS)
        await self._socket.send(struct.pack(">BxHi", 2, 1, RAW))

    async def ask(self, x: int, y: int, width: int, height: int, *, changes_only: bool) -> None:
        """Ask for a part of the screen."""
        await self._socket.send(struct.pack(">BBHHHH", 3, changes_only, x, y, width, height))

    async def key(self, keysym: int) -> None:
        """Press and release a key, by its X name's number."""
        await self._socket.send(struct.pack(">BBxxI", 4, 1, keysym) + struct.pack(">BBxxI", 4, 0, keysym))

    async def click(self, x: int, y: int) -> None:
        """Left button at that place."""
        for buttons in (0, 1, 0):
            await self._socket.send(struct.pack(">BBHH", 5, buttons, x, y))

    async def cut(self, text: str) -> None:
        """Put a text into the clipboard."""
        data = text.encode("latin-1")
        await self._socket.send(struct.pack(">BxxxI", 6, len(data)) + data)

    async def update(self) -> list[Rectangle]:
        """The next answer to ``ask``; whatever else the server says is read past."""
        while True:
            kind = (await self._read(1))[0]
            if kind == 0:
                (count,) = struct.unpack(">xH", await self._read(3))
                return [await self._rectangle() for _ in range(count)]
            if kind == 1:  # colours of a palette: none here
                await self._read(6 * struct.unpack(">xHH", await self._read(5))[1])
            elif kind == 3:
                await self._read(struct.unpack(">xxxI", await self._read(7))[0])
            else:
                assert kind == 2, f"unknown message {kind}"

    async def _rectangle(self) -> Rectangle:
        x, y, width, height, encoding = struct.unpack(">HHHHi", await self._read(12))
        assert encoding == RAW, encoding
        return Rectangle(x, y, width, height, await self._read(4 * width * height))


@asynccontextmanager
async def viewer(url: str, plug: Any, context: ssl.SSLContext, **headers: str) -> AsyncIterator[Viewer]:
    """A viewer behind ``wss://…`` over the connected socket ``plug``, greeted."""
    from websockets.asyncio.client import connect

    given: dict[str, Any] = {"additional_headers": headers, "compression": None, "max_size": None, "proxy": None}
    async with connect(url, sock=plug, ssl=context, subprotocols=["binary"], **given) as socket:  # type: ignore[list-item]
        found = Viewer(socket)
        await asyncio.wait_for(found.greet(), 90)
        yield found
