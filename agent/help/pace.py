"""How often something may be done: a few times in some minutes, whoever asks."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable


class Pace:
    """At most ``most`` times in ``seconds``."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.most, self.seconds, self._clock = most, seconds, clock
        self._times: deque[float] = deque()

    def take(self) -> bool:
        """Once more; False when it is too often, and doesn't count then."""
        now = self._clock()
        while self._times and self._times[0] <= now - self.seconds:
            self._times.popleft()
        if len(self._times) >= self.most:
            return False
        self._times.append(now)
        return True
