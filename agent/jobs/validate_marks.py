"""Marked places: canaries that must be gone, and blocks that must have changed. Written by others; only read here.

A canary's content follows a public rule, so that whoever has the evidence can compute it: the first 4096 bytes of
SHA-256(key | "|" | offset | "|" | i) for i = 0, 1, 2 …, one after the other, where key is the evidence's
``marker_key`` (hexadecimal) as bytes, and offset and i are decimal digits.
"""

from __future__ import annotations

import hashlib
from typing import Any

MARK_BYTES = 4096
SECTOR = 512
DIGEST_BYTES = 32


class Marks:
    """The places of one erase's evidence. Raises ValueError when they can't be understood: nothing is then proven."""

    def __init__(self, canaries: dict[str, Any] | None, samples: dict[str, Any] | None, size: int) -> None:
        try:
            self._key = bytes.fromhex(str(canaries["marker_key"])) if canaries else b""
            self.canaries = sorted({_place(at, size) for at in canaries["places"]}) if canaries else []
            self.samples = {
                _place(place["offset"], size): str(place["sha256"])
                for place in (samples["places"] if samples else [])
                if not place["uniform"]
            }
            if canaries and (not self._key or canaries.get("bytes_each", MARK_BYTES) != MARK_BYTES):
                raise ValueError("the canaries have no key, or another size")
            if samples and samples.get("bytes_each", MARK_BYTES) != MARK_BYTES:
                raise ValueError("the samples have another size")
        except (LookupError, TypeError) as problem:
            raise ValueError(f"the canaries or samples are in no known form ({problem!r})") from problem

    @property
    def places(self) -> list[int]:
        """All offsets to look at, in order, each once."""
        return sorted({*self.canaries, *self.samples})

    def canary_left(self, at: int, block: bytes) -> bool:
        """Whether a block still holds its canary, or any sector of it."""
        wanted = canary_block(self._key, at)
        return any(block[i : i + SECTOR] == wanted[i : i + SECTOR] for i in range(0, MARK_BYTES, SECTOR))

    def unchanged(self, at: int, block: bytes) -> bool:
        """Whether a block is, byte for byte, what it was before the erase."""
        return hashlib.sha256(block).hexdigest() == self.samples[at]


def canary_block(key: bytes, offset: int) -> bytes:
    """What was written at ``offset``."""
    parts = (
        hashlib.sha256(key + b"|" + str(offset).encode() + b"|" + str(i).encode()).digest()
        for i in range(MARK_BYTES // DIGEST_BYTES)
    )
    return b"".join(parts)


def is_uniform(block: bytes) -> bool:
    """Whether all bytes of a block are the same: nothing can be told from such a block."""
    return block.count(block[:1]) == len(block)


def _place(at: Any, size: int) -> int:
    if not isinstance(at, int) or isinstance(at, bool) or at < 0 or at % SECTOR or at + MARK_BYTES > size:
        raise ValueError(f"{at!r} is no place on a drive of {size} bytes")
    return at
