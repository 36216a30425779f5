"""How many requests one address may make in a minute."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque

from controller.errors import TooMany
from controller.i18n import N_

WINDOW_SECONDS = 60.0
MAX_ADDRESSES = 10_000


class RateLimit:
    """A sliding window per key, in this process's memory, bounded in keys."""

    def __init__(self, per_minute: int) -> None:
        """Allow ``per_minute`` calls for each key."""
        self.per_minute = per_minute
        self._lock = threading.Lock()
        self._calls: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, key: str) -> None:
        """Count one call.

        Raises:
            TooMany: the key has used up its minute.
        """
        now = time.monotonic()
        with self._lock:
            calls = self._calls.setdefault(key, deque())
            self._calls.move_to_end(key)
            while calls and calls[0] <= now - WINDOW_SECONDS:
                calls.popleft()
            if len(calls) >= self.per_minute:
                raise TooMany(N_("Too many attempts from this address."), N_("Wait a minute, then try again."))
            calls.append(now)
            while len(self._calls) > MAX_ADDRESSES:
                self._calls.popitem(last=False)
