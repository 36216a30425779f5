"""What a drive holds before an erase, at many places: a hash of each, to compare afterwards. Never the content."""

from __future__ import annotations

import hashlib
import mmap
import os
import time
from collections.abc import Callable
from typing import Any

from agent.jobs.validate_device import GONE, drop_caches, name_of, open_to_read, read_into
from agent.jobs.validate_marks import MARK_BYTES, is_uniform
from agent.jobs.validate_places import number

KEEP_ERRORS = 24
ERROR_SECONDS = 60.0  # in failing reads: a drive may take half a minute for each


def read_samples(
    path: str, size_bytes: int, seed: str, places: int = 1024, *, stopping: Callable[[], bool] = lambda: False
) -> dict[str, Any]:
    """The evidence's ``samples_before``: one block in each of ``places`` slices, the first and the last one too.

    A block all of whose bytes are the same is ``uniform``: whether it was erased can't be told from it. Never raises
    for what the drive does: what could not be read is in ``errors``, and is not among the places.
    """
    found: dict[str, Any] = {"bytes_each": MARK_BYTES, "places": [], "errors": []}
    try:
        fd, _ = open_to_read(path)
    except OSError as problem:
        found["errors"].append({"offset": 0, "error": name_of(problem)})
        return found
    try:
        drop_caches(fd)
        _read_all(fd, sample_offsets(size_bytes, seed, places), found, stopping)
    finally:
        os.close(fd)
    return found


def sample_offsets(size: int, seed: str, places: int) -> list[int]:
    """Where to look, in bytes. The last block ends with the drive, even where that is no multiple of 4 KiB."""
    blocks = size // MARK_BYTES
    if not blocks:
        return []
    count = max(1, min(places, blocks))
    offsets = {0, size - size % 512 - MARK_BYTES}
    for index in range(count):
        first = blocks * index // count
        width = blocks * (index + 1) // count - first
        offsets.add((first + number(seed, f"sample|{index}", width)) * MARK_BYTES)
    return sorted(offsets)


def _read_all(fd: int, offsets: list[int], found: dict[str, Any], stopping: Callable[[], bool]) -> None:
    lost = 0.0
    with mmap.mmap(-1, MARK_BYTES) as buffer:
        view = memoryview(buffer)
        for at in offsets:
            if stopping():
                found["errors"].append({"offset": at, "error": "stopped from outside"})
                break
            began = time.monotonic()
            try:
                read_into(fd, view, at)
            except OSError as problem:
                lost += time.monotonic() - began
                found["errors"].append({"offset": at, "error": name_of(problem)})
                if problem.errno in GONE or len(found["errors"]) >= KEEP_ERRORS or lost > ERROR_SECONDS:
                    break
                continue
            block = bytes(view)
            found["places"].append(
                {"offset": at, "sha256": hashlib.sha256(block).hexdigest(), "uniform": is_uniform(block)}
            )
        view.release()
