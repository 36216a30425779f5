"""Load for every core, with arithmetic whose results are known: a core that computes wrong shows.

Each round hashes, compresses and unpacks, and multiplies large numbers: integer units, caches and branches, as real
programs use them. What is right was computed once elsewhere and stands here.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import time
import zlib
from collections.abc import Iterator
from functools import partial
from typing import Any

from agent.hwtests.forked import Worker, start

DATA = b"".join(hashlib.sha256(b"recyclerie %d" % number).digest() for number in range(8192))  # 256 KiB
HASH = "caf496c124380f47c24f91f815065cef"
POWER = 17613363900063268348
ROOTS = 2001000.0  # 1 + 2 + … + 2000
MERSENNE = 2**2203 - 1  # a prime


def hashes() -> str:
    """SHA-256, SHA-512 and BLAKE2 of the data, one into the other."""
    value = b""
    for name in ("sha256", "sha512", "blake2b", "sha1", "md5"):
        value = hashlib.new(name, DATA + value, usedforsecurity=False).digest()
    return value.hex()


def unpacks() -> bool:
    """Whether compressed data comes back as it was. Half of it repeats, so that there is something to find."""
    data = DATA[: 64 * 1024] * 2
    return zlib.decompress(zlib.compress(data, 6)) == data


def powers() -> int:
    """3^((p+1)/4) mod p for a prime p, by its lowest 64 bits: thousands of multiplications of large numbers."""
    return pow(3, (MERSENNE + 1) // 4, MERSENNE) & (2**64 - 1)


def floats() -> float:
    """A sum of square roots of squares, which are exact in IEEE 754."""
    return math.fsum(math.sqrt(float(number * number)) for number in range(1, 2001))


def wrong() -> list[str]:
    """One round: the names of what came out wrong."""
    said = []
    if hashes() != HASH:
        said.append("hashing")
    if not unpacks():
        said.append("compression")
    if powers() != POWER:
        said.append("multiplication")
    if floats() != ROOTS:
        said.append("square roots")
    return said


def burn(seconds: float) -> list[Worker]:
    """A worker on each core that we may use, for so long. Each says ``cpu``, ``rounds``, ``wrong``."""
    return [start(partial(_burn_one, cpu, seconds)) for cpu in sorted(os.sched_getaffinity(0))]


def _burn_one(cpu: int, seconds: float) -> Iterator[dict[str, Any]]:
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, {cpu})
    until = told = time.monotonic()
    until += seconds
    rounds, faults = 0, list[str]()
    while rounds == 0 or time.monotonic() < until:
        faults += wrong()
        rounds += 1
        if time.monotonic() - told > 1:
            told = time.monotonic()
            yield {"cpu": cpu, "rounds": rounds, "wrong": len(faults), "kinds": sorted(set(faults))}
    yield {"cpu": cpu, "rounds": rounds, "wrong": len(faults), "kinds": sorted(set(faults))}
