"""A number that grows with each change, so that a page can tell whether it missed one while it was being opened."""

from __future__ import annotations

import itertools
import time

from controller.bus import Change, bus

# A restarted controller counts from another start, so an old page never mistakes its number for a current one.
_start = int(time.time())
_counter = itertools.count(1)
_latest = 0


def _count(_change: Change) -> None:
    global _latest
    _latest = next(_counter)


bus.on_change(_count)


def revision() -> str:
    """The newest change's number, as text."""
    return f"{_start}-{_latest}"
