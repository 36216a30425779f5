"""Reading a drive to see how well it reads: places, speeds, and what can't be read. Opens it to read, never else."""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from agent.collectors.block import geometry

REQUEST_BYTES = 2**20
PIECE_BYTES = 8 * REQUEST_BYTES  # what is read at one place: long enough to tell the speed, short enough for many
MAX_ZONES = 100
GONE = (errno.ENODEV, errno.ENXIO, errno.ENOMEDIUM, errno.ESHUTDOWN)
SEARCH_BYTES = (64 * 1024, 4096)  # steps in which the first unreadable block of a request is looked for
MAX_PLACES = 16  # unreadable requests; each costs a dying drive up to a minute
SLOW_READ_SECONDS = 2.0  # 1 MiB takes a good disk 10 ms; one that reads a sector again and again, seconds


class DriveGone(Exception):
    """The drive left, or is another one now."""


@dataclass
class Zone:
    """One part of the drive. Rates in MiB/s, one for each piece that was read."""

    start: int
    end: int
    rates: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float | None:
        """The middle one, the better one of two: a single hiccup of the system is no slow zone."""
        return sorted(self.rates)[len(self.rates) // 2] if self.rates else None


@dataclass
class Reading:
    """What was read so far."""

    zones: list[Zone]
    size_bytes: int
    logical_block: int
    read_bytes: int = 0
    slow_reads: int = 0
    slowest_seconds: float = 0.0
    bad: list[dict[str, Any]] = field(default_factory=list)  # lba, error


class Drive:
    """A block device, opened for reading only, past the page cache where the driver can."""

    def __init__(self, path: str, number: str = "") -> None:
        """``number``: its device number when it was listed. Raises OSError, DriveGone when another has its name now."""
        flags = os.O_RDONLY | os.O_CLOEXEC
        try:
            self.fd = os.open(path, flags | os.O_DIRECT)
            self.direct = True
        except OSError as problem:
            if problem.errno != errno.EINVAL:
                raise
            self.fd, self.direct = os.open(path, flags), False
        try:
            seen = geometry(self.fd)
            if number and seen.number != number:
                raise DriveGone(f"{path} is another drive now")
        except BaseException:
            os.close(self.fd)
            raise
        self.size_bytes, self.logical_block = seen.size_bytes, seen.logical_block_bytes or 512
        self._buffer = mmap.mmap(-1, REQUEST_BYTES)  # begins on a page: what direct I/O needs
        self._view = memoryview(self._buffer)

    def read(self, offset: int, length: int) -> float:
        """Read; the seconds that it took. Raises OSError."""
        if not self.direct:
            with contextlib.suppress(OSError):
                os.posix_fadvise(self.fd, offset, length, os.POSIX_FADV_DONTNEED)
        started = time.perf_counter()
        done = 0
        while done < length:
            count = os.preadv(self.fd, [self._view[: length - done]], offset + done)
            if count <= 0:
                raise OSError(errno.EIO, "short read")
            done += count
        return time.perf_counter() - started

    def close(self) -> None:
        os.close(self.fd)


Read = Callable[[int, int], float]


def make_zones(size: int) -> list[Zone]:
    """At most 100 parts of equal size, each at least a piece long; a tiny drive is one."""
    count = max(1, min(MAX_ZONES, size // PIECE_BYTES))
    each = size // count // REQUEST_BYTES * REQUEST_BYTES or size
    ends = [each * number for number in range(1, count)] + [size]
    return [Zone(end - each if end != size else each * (count - 1), end) for end in ends]


def sampled_places(zones: list[Zone]) -> Iterator[tuple[Zone, int]]:
    """Round by round one piece of each zone, from the drive's begin to its end; no piece twice."""
    counts = [max(1, (zone.end - zone.start) // PIECE_BYTES) for zone in zones]
    for number in range(max(counts)):
        for zone, count in zip(zones, counts, strict=True):
            if number < count:
                # The golden ratio spreads the first rounds over the zone; then what is left, in order.
                yield zone, zone.start + _spread(number, count) * PIECE_BYTES


def _spread(number: int, count: int) -> int:
    step = next(step for step in range(max(1, int(count * 0.618)), count + 2) if _coprime(step, count))
    return number * step % count


def _coprime(one: int, other: int) -> bool:
    while other:
        one, other = other, one % other
    return one == 1


def all_places(zones: list[Zone]) -> Iterator[tuple[Zone, int]]:
    """Every piece, from the begin to the end."""
    for zone in zones:
        for offset in range(zone.start, zone.end, PIECE_BYTES):
            yield zone, offset


def read_piece(read: Read, reading: Reading, zone: Zone, offset: int) -> None:
    """Read one piece and keep what it tells. Raises DriveGone."""
    end = min(offset + PIECE_BYTES, zone.end) // reading.logical_block * reading.logical_block
    seconds = measured = 0.0
    for at in range(offset, end, REQUEST_BYTES):
        length = min(REQUEST_BYTES, end - at)
        try:
            took = read(at, length)
        except OSError as problem:
            if problem.errno in GONE:
                raise DriveGone("the drive disappeared") from problem
            reading.bad.append(_locate(read, reading, at, length, problem))
            if len(reading.bad) >= MAX_PLACES:
                return
            continue
        reading.read_bytes += length
        reading.slowest_seconds = max(reading.slowest_seconds, took)
        reading.slow_reads += took > SLOW_READ_SECONDS
        if at > offset or end - offset <= REQUEST_BYTES:  # the first one also holds the way to the place
            seconds, measured = seconds + took, measured + length
    if seconds > 0:
        zone.rates.append(measured / 2**20 / seconds)


def _locate(read: Read, reading: Reading, offset: int, length: int, problem: OSError) -> dict[str, Any]:
    """The first block of a request that can't be read, by its LBA; the request's own where it reads well this time."""
    for step in SEARCH_BYTES:
        step = max(step, reading.logical_block)
        for at in range(offset, offset + length, step):
            try:
                read(at, min(step, offset + length - at))
            except OSError as again:
                if again.errno in GONE:
                    raise DriveGone("the drive disappeared") from again
                offset, length = at, min(step, offset + length - at)
                break
        else:
            break
    name = errno.errorcode.get(problem.errno or 0, str(problem.errno))
    return {"lba": offset // reading.logical_block, "error": name}
