"""Whether anything happened in some folders, for the price of one ``stat`` each: for who looks again and again."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

# Two changes within one tick of the kernel's clock have the same time: a folder counts as quiet a little later.
FRESH_NS = 2_000_000_000


class Glance:
    """Remembers the times of folders. Files are replaced in them (``agent.files``), so their times change with them."""

    def __init__(self) -> None:
        self._seen: tuple[int, ...] | None = None

    def changed(self, folders: Iterable[Path]) -> bool:
        """Whether something may have come, gone or been replaced in one of them since the last call."""
        times = tuple(_time(folder) for folder in folders)
        fresh = any(abs(time.time_ns() - at) < FRESH_NS for at in times)
        same, self._seen = times == self._seen, times
        return fresh or not same


def _time(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return -1
