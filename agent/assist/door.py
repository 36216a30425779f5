"""The way of one stream to the screen: the session can shut it from this side."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

from agent.services.base import Door

if TYPE_CHECKING:
    from agent.assist.session import Session


class ScreenDoor(Door):
    """One open way to x11vnc. The session knows it, and lets no other one in meanwhile."""

    def __init__(self, session: Session) -> None:
        super().__init__(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), final=True)  # until x11vnc is reached
        self.session = session
        self.said = self._last_words

    def _last_words(self) -> str:
        server = self.session.server
        return server.words.last() if server is not None else ""

    def shut(self) -> None:
        """Nothing comes out of it any more, whatever the other end does."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """The stream is over: another one may come."""
        if self.session.door is self:
            self.session.door = None
        super().close()
