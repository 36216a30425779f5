"""How much of a stream goes into one frame: what the link takes in a moment, so that a message never waits for long.

Large frames cost less (each is a wakeup or two at either end, and a trip through TLS); on a slow uplink whatever is
sent meanwhile waits behind the frame that is under way. Part of the rules in ``agent.protocol_mux``.
"""

from __future__ import annotations

from agent.protocol_streams import CHUNK_BYTES, LARGE_CHUNK_BYTES

SMALLEST_BYTES = 8 * 1024
SLOW_SECONDS = 0.1  # a frame that took so long was too large
GOAL_SECONDS = 0.05  # what the next one should take then
QUICK_SECONDS = 0.01  # one that took less may have been larger
QUICK_FRAMES = 4  # so many of them, one after the other: the kernel takes the first ones on any link


class Pace:
    """The size of the next frames of one link. ``sent`` is told of each."""

    def __init__(self) -> None:
        self.size = CHUNK_BYTES
        self._quick = 0

    def sent(self, length: int, seconds: float) -> None:
        """A frame of ``length`` bytes was taken after ``seconds``."""
        if seconds > SLOW_SECONDS:
            self._quick = 0
            self.size = max(SMALLEST_BYTES, min(self.size, int(length * GOAL_SECONDS / seconds)))
        elif seconds > QUICK_SECONDS:
            self._quick = 0
        elif length >= self.size:
            self._quick += 1
            if self._quick >= QUICK_FRAMES:
                self._quick = 0
                self.size = min(LARGE_CHUNK_BYTES, self.size * 2)
