"""A line between agent and controller that can be slow, stumble, go silent without a word, or be cut."""

from __future__ import annotations

import contextlib
import random
import select
import socket
import threading
import time

PIECE = 4096
SEGMENT = 1448  # bytes, as on Ethernet
QUEUE = 16 * 1024


def _shorten(plug: socket.socket) -> None:
    """Give it a short queue; before it connects.

    With the segments of 64 KB that loopback has otherwise, Linux 6.18 sometimes opens such a window by a timer only,
    again and again: 32 KB every 200 ms, on a line that is meant to be quick.
    """
    plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, QUEUE)
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, QUEUE)


class Forwarder:
    """Forwards connections to ``port`` of loopback, each with two threads of its own. ``rate``: bytes a second, up."""

    def __init__(self, port: int, *, rate: int = 0, stumbles: float = 0.0) -> None:
        self.target, self.rate, self.stumbles = port, rate, stumbles
        self.silent = False  # nothing is carried any more, and nobody is told: the peer vanished without a FIN
        self.up = self.down = 0  # bytes carried
        self._plugs: list[socket.socket] = []
        self._over = False
        self._listening = socket.create_server(("127.0.0.1", 0))
        # What lies in the kernel can't be overtaken: a slow line has a short queue.
        self.short = bool(rate or stumbles)
        if self.short:
            _shorten(self._listening)  # and so what it accepts
        self._chance = random.Random(1)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listening.getsockname()[1])

    def _accept(self) -> None:
        while not self._over:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):
                far = socket.socket()
                if self.short:
                    _shorten(far)
                far.connect(("127.0.0.1", self.target))
                self._plugs += [near, far]
                threading.Thread(target=self._carry, args=(near, far, True), daemon=True).start()
                threading.Thread(target=self._carry, args=(far, near, False), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, up: bool) -> None:
        with contextlib.suppress(OSError, ValueError):
            while not self._over:
                if self.silent:
                    time.sleep(0.05)
                    continue
                if not select.select([source], [], [], 0.2)[0]:
                    continue
                data = source.recv(PIECE)
                if not data:
                    break
                if up and self.rate:
                    time.sleep(len(data) / self.rate)
                if self.stumbles and self._chance.random() < self.stumbles:
                    time.sleep(self._chance.uniform(0.1, 0.4))  # what a lost packet looks like from above
                while self.silent and not self._over:
                    time.sleep(0.05)
                sink.sendall(data)
                if up:
                    self.up += len(data)
                else:
                    self.down += len(data)
        for plug in (source, sink):
            with contextlib.suppress(OSError):
                plug.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Cut everything."""
        self._over = True
        self._listening.close()
        for plug in self._plugs:
            with contextlib.suppress(OSError):
                plug.close()
