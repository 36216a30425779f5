"""Canaries: blocks that we write before a drive erases itself, to see afterwards that they are gone.

The rule of their content is public, so that anyone with the evidence can compute it; the validator does so with code
of its own. A canary block is the first 4096 bytes of SHA-256(key | "|" | offset | "|" | i), i = 0, 1, 2, … joined,
where key is ``marker_key`` and numbers are decimal.
"""

from __future__ import annotations

import errno
import hashlib
import mmap
import os
import secrets
from collections.abc import Sequence
from typing import Any

BLOCK_BYTES = 4096
KEEP_ERRORS = 24


def write_canaries(fd: int, size: int, logical_block: int, count: int) -> dict[str, Any]:
    """Write ``count`` canaries, the first and the last block of the drive among them, and flush them to the drive.

    ``fd`` is open for direct I/O. Never raises for what the drive does: ``places`` are those that were written,
    ``written`` tells whether they are all that were wanted.
    """
    key = secrets.token_bytes(16)
    wanted = canary_places(size, logical_block, count)
    told: dict[str, Any] = {
        "marker_key": key.hex(),
        "bytes_each": BLOCK_BYTES,
        "places": [],
        "errors": [],
        "written": False,
    }
    with mmap.mmap(-1, BLOCK_BYTES) as buffer:  # begins on a page: what direct I/O needs
        for at in wanted:
            buffer[:] = canary(key, at)
            try:
                if os.pwrite(fd, buffer, at) != BLOCK_BYTES:
                    raise OSError(errno.EIO, "short write")
            except OSError as problem:
                told["errors"].append({"offset": at, "error": _name(problem)})
                if len(told["errors"]) >= KEEP_ERRORS:
                    break
            else:
                told["places"].append(at)
    try:
        os.fdatasync(fd)
    except OSError as problem:
        told["errors"].append({"offset": 0, "error": f"flush: {_name(problem)}"})
    told["written"] = bool(wanted) and told["places"] == wanted and not told["errors"]
    return told


def canary_places(size: int, logical_block: int, count: int) -> list[int]:
    """Offsets in bytes: the first block, the last one, the others anywhere in equal slices between."""
    last = (size - BLOCK_BYTES) // logical_block * logical_block
    if count < 1 or last < 0:
        return []
    places = {0, last}
    slices = max(0, min(count, size // BLOCK_BYTES) - 2)
    for number in range(slices):
        first, end = last * number // slices, last * (number + 1) // slices
        places.add((first + secrets.randbelow(max(1, end - first))) // BLOCK_BYTES * BLOCK_BYTES)
    return _apart(sorted(places), last)


def _apart(places: Sequence[int], last: int) -> list[int]:
    """Without those that would overlap another: the last block need not lie on a multiple of 4096."""
    return [at for at in places if at == last or at + BLOCK_BYTES <= last]


def canary(key: bytes, offset: int) -> bytes:
    """The block that is written at ``offset``."""
    content = bytearray()
    number = 0
    while len(content) < BLOCK_BYTES:
        content += hashlib.sha256(b"|".join((key, b"%d" % offset, b"%d" % number))).digest()
        number += 1
    return bytes(content[:BLOCK_BYTES])


def _name(problem: OSError) -> str:
    return errno.errorcode.get(problem.errno or 0, str(problem.errno))
