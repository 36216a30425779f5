"""A screen that takes its time: it answers like x11vnc (RFC 6143), and draws its first picture once it is told to."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from pathlib import Path

WIDTH, HEIGHT = 64, 48
# ServerInit: 32 bits a pixel, 24 of them used, little-endian, true colour, 8 bits each at 16, 8, 0.
FORMAT = struct.pack("!BBBBHHHBBBxxx", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
PICTURE = (
    struct.pack("!BxH", 0, 1) + struct.pack("!HHHHi", 0, 0, WIDTH, HEIGHT, 0) + b"\x30\x60\x90\x00" * WIDTH * HEIGHT
)


class SlowScreen:
    """For one viewer, at a Unix socket."""

    def __init__(self, path: Path) -> None:
        self.draw = threading.Event()
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(str(path))
        self._listening.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """It is gone when this returns."""
        self.draw.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(10)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            plug, _ = self._listening.accept()
            with plug:
                plug.sendall(b"RFB 003.008\n")
                plug.recv(12, socket.MSG_WAITALL)
                plug.sendall(b"\x01\x01")  # one way to sign in: none
                plug.recv(1, socket.MSG_WAITALL)
                plug.sendall(b"\0\0\0\0")
                plug.recv(1, socket.MSG_WAITALL)
                plug.sendall(struct.pack("!HH", WIDTH, HEIGHT) + FORMAT + struct.pack("!I", 4) + b"slow")
                self.draw.wait()
                plug.sendall(PICTURE)
                while plug.recv(4096):
                    pass  # what the viewer wants further
