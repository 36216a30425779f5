"""How long to wait before the next attempt: exponential, with full jitter."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass
class Backoff:
    """Waits between 0 and a ceiling that doubles with each failure, up to ``longest`` seconds.

    Full jitter (not a fixed delay) keeps fifty PCs, cut off by one switch, from coming back in one second.
    """

    first: float = 1.0
    longest: float = 60.0
    failures: int = 0

    def next_delay(self) -> float:
        """Seconds to wait now; counts one more failure."""
        ceiling = min(self.longest, self.first * 2.0 ** min(self.failures, 32))
        self.failures += 1
        # Not quite zero: a refused connection must not become a busy loop.
        return max(0.05, random.uniform(0, ceiling))  # noqa: S311 - spreading load, no secret

    def reset(self) -> None:
        """After a success."""
        self.failures = 0
