"""System V shared memory that a killed x11vnc left: nobody else takes it away, and there are only so many segments.

Its pictures go to the X server through some forty of them. Ended by SIGTERM it removes them itself.
"""

from __future__ import annotations

import ctypes
from collections.abc import Collection
from pathlib import Path

IPC_RMID = 0
SEGMENTS = Path("/proc/sysvipc/shm")  # proc(5): key shmid perms size cpid lpid nattch …


def segments_of(creators: Collection[int]) -> list[int]:
    """The ids of the segments that these processes made."""
    try:
        lines = SEGMENTS.read_text().splitlines()[1:]
    except OSError:
        return []
    return [int(fields[1]) for fields in map(str.split, lines) if int(fields[4]) in creators]


def remove_segments(creators: Collection[int]) -> int:
    """Mark what these processes made for removal: gone once nobody uses it. How many there were.

    For processes that have ended, and were ours.
    """
    found = segments_of(creators)
    if found:
        libc = ctypes.CDLL(None, use_errno=True)
        for segment in found:
            libc.shmctl(segment, IPC_RMID, None)  # one that has gone meanwhile is no fault
    return len(found)
