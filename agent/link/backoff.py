"""How long to wait before the next attempt: decorrelated jitter, so that many machines spread out and stay so."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass
class Backoff:
    """Each wait is drawn between ``first`` and three times the one before, up to ``longest`` seconds.

    What a thousand machines have in common is the moment at which they lost their controller. So the first wait is
    drawn over ``spread`` seconds, and from there each machine goes its own way: the waits depend on what was drawn
    before, not on a count that all machines share.
    """

    first: float = 1.0
    longest: float = 60.0
    spread: float = 0.0  # over how long the first wait is drawn; the controller may ask for more
    last: float | None = None

    def next_delay(self, hint: float | None = None) -> float:
        """Seconds to wait now. ``hint``: the least that the controller asked for; as much again is drawn on top."""
        if self.last is None:
            drawn = random.uniform(0, max(self.first, self.spread))  # noqa: S311 - spreading load, no secret
            self.last = self.first
        else:
            # The ceiling is put before drawing: put after it, two machines in three would wait exactly the longest.
            drawn = random.uniform(self.first, max(min(self.last * 3, self.longest), self.first))  # noqa: S311
            self.last = drawn
        if hint is not None:
            return max(hint * random.uniform(1.0, 2.0), drawn)  # noqa: S311
        # Not quite zero: a refused connection must not become a busy loop.
        return max(drawn, 0.05)

    def reset(self) -> None:
        """After a success."""
        self.last = None
