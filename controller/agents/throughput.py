"""Zeros for machines to measure their network with: from one constant buffer, a few machines at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable

from controller.errors import TooMany
from controller.i18n import N_

MAX_BYTES = 256 * 2**20
AT_ONCE = 2
# A reader that vanished before its first byte never gives its turn back: then it ends by itself. 100 Mb/s take 22 s.
TURN_SECONDS = 60.0
PIECE = memoryview(bytes(256 * 1024))


class Turns:
    """Who measures now; one turn a machine."""

    def __init__(self, at_once: int = AT_ONCE, seconds: float = TURN_SECONDS) -> None:
        """``at_once`` machines, each for ``seconds`` at most."""
        self._at_once, self._seconds = at_once, seconds
        self._lock = threading.Lock()
        self._until: dict[int, float] = {}

    def take(self, machine_id: int) -> None:
        """Begin.

        Raises:
            TooMany: others measure, and each would only measure the other.
        """
        now = time.monotonic()
        with self._lock:
            self._until = {key: until for key, until in self._until.items() if until > now}
            if machine_id in self._until or len(self._until) >= self._at_once:
                raise TooMany(N_("Other machines are measuring the network."), N_("Try again in a few seconds."))
            self._until[machine_id] = now + self._seconds

    def give_back(self, machine_id: int) -> None:
        """End."""
        with self._lock:
            self._until.pop(machine_id, None)


async def zeros(size: int, done: Callable[[], None]) -> AsyncIterator[memoryview]:
    """``size`` bytes, all zero; ``done`` is called at their end, or when the reader leaves."""
    try:
        left = size
        while left > 0:
            yield PIECE[: min(left, len(PIECE))]
            left -= len(PIECE)
    finally:
        done()
