"""A page's WebSocket that stays open while there is nothing to show yet."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from fastapi import WebSocket

from controller.assist.carry import BrowserSide


class HeldSide(BrowserSide):
    """A page's WebSocket that is read once for as long as it lasts: also while there is no screen yet."""

    def __init__(self, socket: WebSocket) -> None:
        """``socket`` is accepted."""
        super().__init__(socket)
        self._pending: asyncio.Task[bytes] | None = None
        self.gone = False

    def listen(self) -> asyncio.Task[bytes]:
        """The next message, asked for once."""
        if self._pending is None:
            self._pending = asyncio.create_task(super().read())
        return self._pending

    async def read(self) -> bytes:
        """See Side. A page that has gone ends the stream."""
        task = self.listen()
        data = await asyncio.shield(task)
        self._pending = None
        if not data:
            self.gone = True
        return data

    async def end(self) -> None:
        """The machine has ended its side: the page is told by ``Screens``, with a code."""

    async def close(self, reason: str) -> None:
        """See ``end``."""

    async def finish(self) -> None:
        """Read no more."""
        if self._pending is not None:
            self._pending.cancel()
            await asyncio.gather(self._pending, return_exceptions=True)


async def close(socket: WebSocket, code: int, reason: str) -> None:
    """Close with a code; a page that has gone is no error."""
    with suppress(RuntimeError):
        await socket.close(code, reason)
