"""Writing patterns into memory and comparing them, a block at a time, with the C library's memmove and memcmp.

Plain Python would look at some ten megabytes a second; these calls run at the speed of the memory itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import struct
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

BLOCK_BYTES = 2**20
WORDS = BLOCK_BYTES // 8
PIECE_BYTES = 4096  # where a block differs, it is looked at in pieces of a page
KEPT_ERRORS = 8
MANY_ERRORS = 10_000  # nobody needs a better number
MADV_HUGEPAGE = getattr(mmap, "MADV_HUGEPAGE", 14)

_LIBRARY = ctypes.CDLL(None, use_errno=True)
_memcmp = _LIBRARY.memcmp
_memcmp.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
_mlock = _LIBRARY.mlock
_mlock.argtypes = (ctypes.c_void_p, ctypes.c_size_t)


class Region:
    """A piece of memory of our own, a whole number of blocks, locked where the system allows it."""

    def __init__(self, size_bytes: int) -> None:
        """Take it. Raises OSError or MemoryError when there is not that much."""
        self.blocks = max(1, size_bytes // BLOCK_BYTES)
        self.size_bytes = self.blocks * BLOCK_BYTES
        self._map = mmap.mmap(-1, self.size_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        with contextlib.suppress(OSError, ValueError):
            self._map.madvise(MADV_HUGEPAGE)
        self._bytes = (ctypes.c_char * self.size_bytes).from_buffer(self._map)
        self.address = ctypes.addressof(self._bytes)
        self.locked = _mlock(self.address, self.size_bytes) == 0

    def block(self, index: int) -> int:
        """Address of a block."""
        return self.address + index * BLOCK_BYTES

    def view(self) -> memoryview:
        """The bytes themselves."""
        return memoryview(self._bytes).cast("B")


class Pattern:
    """What each block is to hold. ``expected(index)`` is the address of a block's right content."""

    name = "pattern"

    def expected(self, index: int) -> int:
        raise NotImplementedError


class Fixed(Pattern):
    """The same words in each block."""

    def __init__(self, name: str, words: Callable[[int], int]) -> None:
        self.name = name
        self._words = array("Q", (words(number) for number in range(WORDS)))
        self._address = self._words.buffer_info()[0]

    def expected(self, index: int) -> int:
        return self._address


class AddressInAddress(Pattern):
    """Each word holds its own number: two addresses that reach the same cell show at once."""

    name = "address in address"

    def __init__(self, first_block: int) -> None:
        self.first = first_block  # of this worker, so that no two workers write the same numbers
        self._words = array("Q", range(WORDS))
        self._upper = memoryview(self._words).cast("B").cast("I")[1::2]

    def expected(self, index: int) -> int:
        # The lower half of a word counts within the block, the upper half is the block's number.
        self._upper[:] = memoryview(array("I", [self.first + index]) * WORDS)
        return self._words.buffer_info()[0]


class Random(Pattern):
    """Random bytes, each block from another place of them."""

    name = "random"
    SPREAD_BYTES = 64 * 1024

    def __init__(self) -> None:
        self._bytes = ctypes.create_string_buffer(os.urandom(BLOCK_BYTES + self.SPREAD_BYTES))
        self._address = ctypes.addressof(self._bytes)

    def expected(self, index: int) -> int:
        return self._address + index * 8 % self.SPREAD_BYTES


@dataclass
class Findings:
    """Words that held something else than what was written."""

    errors: int = 0
    first: list[dict[str, object]] = field(default_factory=list)  # address (physical, where known), wrote, read
    verified: int = 0  # bytes of the region that were compared at least once

    def add(self, region: Region, pattern: Pattern, index: int, expected: int) -> None:
        """Look at a block that differs, word by word."""
        wrote = ctypes.string_at(expected, BLOCK_BYTES)
        read = ctypes.string_at(region.block(index), BLOCK_BYTES)
        for start in range(0, BLOCK_BYTES, PIECE_BYTES):
            piece = slice(start, start + PIECE_BYTES)
            if wrote[piece] == read[piece]:
                continue
            for number, (right, found) in enumerate(
                zip(struct.iter_unpack("Q", wrote[piece]), struct.iter_unpack("Q", read[piece]), strict=True)
            ):
                if right != found:
                    self._one(region, pattern, index * BLOCK_BYTES + start + number * 8, right[0], found[0])
                    if self.errors >= MANY_ERRORS:
                        return
        if wrote == read:
            # Right at the second look: the first one read something else all the same.
            self._one(region, pattern, index * BLOCK_BYTES, None, None)

    def _one(self, region: Region, pattern: Pattern, offset: int, wrote: int | None, read: int | None) -> None:
        self.errors += 1
        if len(self.first) < KEPT_ERRORS:
            place = physical_address(region.address + offset)
            self.first.append(
                {
                    "pattern": pattern.name,
                    "physical_address": f"{place:#x}" if place is not None else None,
                    "wrote": f"{wrote:016x}" if wrote is not None else None,
                    "read": f"{read:016x}" if read is not None else None,
                }
            )


def write(region: Region, pattern: Pattern) -> Iterator[None]:
    """Fill the region, a block at each step."""
    for index in range(region.blocks):
        ctypes.memmove(region.block(index), pattern.expected(index), BLOCK_BYTES)
        yield


def verify(
    region: Region, pattern: Pattern, found: Findings, *, then: Pattern | None = None, down: bool = False
) -> Iterator[None]:
    """Compare the region, a block at each step; ``then`` is written behind, ``down`` goes from the end."""
    seen = 0
    for index in reversed(range(region.blocks)) if down else range(region.blocks):
        expected = pattern.expected(index)
        if _memcmp(region.block(index), expected, BLOCK_BYTES):
            found.add(region, pattern, index, expected)
        if then is not None:
            ctypes.memmove(region.block(index), then.expected(index), BLOCK_BYTES)
        seen += BLOCK_BYTES
        found.verified = max(found.verified, seen)
        yield


def one_pass(region: Region, found: Findings, number: int, first_block: int = 0) -> Iterator[None]:
    """All patterns over the whole region, a block at each step: address, three inversions, random."""
    address: Pattern = AddressInAddress(first_block)
    yield from write(region, address)
    yield from verify(region, address, found)
    for pattern, inverse in inversions(number):
        yield from write(region, pattern)
        yield from verify(region, pattern, found, then=inverse)
        yield from verify(region, inverse, found, down=True)
    random = Random()
    yield from write(region, random)
    yield from verify(region, random, found)


def inversions(number: int) -> list[tuple[Pattern, Pattern]]:
    """Pairs of a pattern and its inverse; the walking bit begins elsewhere in each pass."""
    full = 2**64 - 1

    def walking(word: int) -> int:
        return 1 << (word + number) % 64

    return [
        (Fixed("zeros", lambda _: 0), Fixed("ones", lambda _: full)),
        (Fixed("0x55", lambda _: full // 3), Fixed("0xaa", lambda _: full // 3 * 2)),
        (Fixed("walking ones", walking), Fixed("walking zeros", lambda word: full ^ walking(word))),
    ]


def physical_address(address: int) -> int | None:
    """Where a byte of ours is on the modules (/proc/self/pagemap, for the administrator only); None when unknown."""
    page = mmap.PAGESIZE
    try:
        with open("/proc/self/pagemap", "rb") as table:  # noqa: PTH123 - unbuffered seeks in a special file
            table.seek(address // page * 8)
            entry = int.from_bytes(table.read(8), "little")
    except OSError:
        return None
    frame = entry & (2**55 - 1)
    return frame * page + address % page if entry >> 63 and frame else None
