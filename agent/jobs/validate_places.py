"""Where a sampled read-back reads: pure, and the same for whoever computes it again from the seed.

The drive is cut in equal slices (1000 unless the plan says otherwise). In each slice two stretches are read, each half
of the share, at pseudo-random places that don't overlap (NIST SP 800-88, the "representative sampling" of Clear and
Purge verification); a stretch that passes the slice's end goes on at its start. So every single byte of the drive has
the same probability to be read, the share itself, and nothing larger than a slice is ever missed. The first and the
last 4 KiB are always read.

A sector of old data that was left somewhere is found with the probability ``share``; ``n`` such sectors spread over
the drive with 1 - (1 - share)**n: 99 % once there are 44 of them, for 10 %.
"""

from __future__ import annotations

import hashlib

UNIT = 4096  # places begin at multiples of it: direct I/O needs multiples of the logical block, 512 or 4096


def number(seed: str, key: str, below: int) -> int:
    """A pseudo-random number in 0 … ``below`` - 1: the first 8 bytes of SHA-256("seed|key"), big end first, modulo."""
    digest = hashlib.sha256(f"{seed}|{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % below


def plan_places(size: int, share: float, slices: int, seed: str) -> list[tuple[int, int]]:
    """The stretches to read, as (offset, length) in bytes, in order, none touching the next.

    At least ``share`` (0.0 to 1.0) of every slice, hence of the drive. Raises ValueError for what is no plan.
    """
    if not 0.0 < share <= 1.0:
        raise ValueError(f"the share to read back is {share}, not between 0 and 1")
    if slices < 1 or size < 1:
        raise ValueError(f"{size} bytes can't be cut in {slices} slices")
    units = -(-size // UNIT)
    slices = min(slices, units)
    stretches: list[tuple[int, int]] = [(0, 1), (units - 1, 1)]
    for index in range(slices):
        first = units * index // slices
        count = units * (index + 1) // slices - first
        stretches += [(first + start, length) for start, length in _in_slice(count, share, seed, index)]
    return [(start * UNIT, min(end * UNIT, size) - start * UNIT) for start, end in _merged(stretches)]


def _in_slice(count: int, share: float, seed: str, index: int) -> list[tuple[int, int]]:
    """The stretches in one slice of ``count`` units, in units from the slice's start."""
    length = max(1, -int(-(share * count) // 2))
    if 2 * length >= count:
        return [(0, count)]
    one = number(seed, f"{index}|0", count)
    other = (one + length + number(seed, f"{index}|1", count - 2 * length + 1)) % count
    found = []
    for start in (one, other):
        found.append((start, min(length, count - start)))
        if start + length > count:
            found.append((0, start + length - count))
    return found


def _merged(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """(start, end) in order, with those that overlap or touch made one."""
    merged: list[tuple[int, int]] = []
    for start, length in sorted(stretches):
        end = start + length
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
