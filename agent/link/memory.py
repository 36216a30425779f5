"""The C library's memory while streams are open: it keeps what is freed, instead of giving it back each time.

Every frame of a fast stream needs a few pieces of memory of half a megabyte for a moment. Given back and taken again,
page by page, they cost more than everything else together. When the last stream is over, all of it is given back.
"""

from __future__ import annotations

import contextlib
import ctypes

# mallopt(3). What is kept at most lies far below what the streams themselves may hold.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT_BYTES = 4 * 1024 * 1024
FROM_SYSTEM_BYTES = 2 * 1024 * 1024  # larger pieces than this come from the system each by itself


def keep_freed() -> None:
    """From now on. Other C libraries than glibc are left as they are."""
    with contextlib.suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        library.mallopt(M_MMAP_THRESHOLD, FROM_SYSTEM_BYTES)
        library.mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)


def give_back() -> None:
    """What is free now."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
