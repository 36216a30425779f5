"""Which sessions somebody looks at, and for how long nobody has. Kept in memory, used from one event loop.

After a restart nobody looks yet, and everybody has the whole time to come back: a session that was seen for the first
time counts from then. That can't make it last: the agent ends it when its time is over.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection


class Presence:
    """Pages that show a screen, by their session's name."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock``: seconds that only go forward."""
        self._clock = clock
        self._here: Counter[str] = Counter()
        self._since: dict[str, float] = {}

    def came(self, name: str) -> None:
        """A page opened its stream."""
        self._here[name] += 1

    def went(self, name: str) -> None:
        """It ended; the same page, or another one, may still have one."""
        self._here[name] -= 1
        if not self._here[name]:
            del self._here[name]
            self._since[name] = self._clock()

    def away(self, names: Collection[str]) -> dict[str, float]:
        """For how many seconds nobody has looked, for each of these sessions; others are forgotten."""
        now = self._clock()
        self._since = {name: self._since.get(name, now) for name in names if not self._here[name]}
        return {name: now - since for name, since in self._since.items()}
