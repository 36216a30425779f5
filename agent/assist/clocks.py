"""The clock that only this machine sets: seconds since it was switched on, sleep included."""

from __future__ import annotations

import time
from pathlib import Path

from agent.files import read_text


def since_boot() -> float:
    """Seconds since the machine was switched on."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    """The kernel's name of this boot."""
    return read_text(Path("/proc/sys/kernel/random/boot_id"))
