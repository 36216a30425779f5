"""The validator: reads a whole drive back and looks for anything but zeros.

Shares no code with the writer, on purpose: it opens the drive itself, finds the size in its own way, empties
the caches, and believes nothing that the writer said. Imports only the standard library.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import mmap
import os
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

TOOL = "recyclerie read-back validator"
VERSION = "1"
READ_BYTES = 4 * 2**20
SECTOR = 512
PAGE = 4096
RETRY_BYTES = 128 * 2**10  # around a read error, everything else is still read, in pieces of this size
KEEP_NONZERO = 20
KEEP_ERRORS = 24
ERROR_SECONDS = 90.0
DROP_BUFFERS = 0x1261  # BLKFLSBUF, linux/fs.h
ANYTHING = re.compile(rb"[^\0]")


class Validator:
    """One full read of one drive. ``findings`` is up to date at any moment."""

    def __init__(
        self,
        path: str,
        expected_bytes: int,
        *,
        expected_number: str,
        advance: Callable[[int], None] = lambda _: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self.path = path
        self.expected_bytes = expected_bytes
        self.expected_number = expected_number
        self.advance = advance
        self.stopping = stopping
        self.findings: dict[str, Any] = {
            "tool": TOOL,
            "version": VERSION,
            "mode": "full",
            "bytes_read": 0,
            "bytes_expected": expected_bytes,
            "nonzero": [],
            "nonzero_reads": 0,  # how many reads held anything but zeros
            "errors": [],
            "completed": False,
            "stopped": "",
            "direct": True,
            "started_at": "",
            "ended_at": "",
        }
        self._buffer = mmap.mmap(-1, READ_BYTES)
        self._view = memoryview(self._buffer)
        # bytearray compares with any buffer by memcmp; memoryviews compare item by item, 100 times slower.
        self._zeros = bytearray(READ_BYTES)
        self._lost_seconds = 0.0

    def run(self) -> dict[str, Any]:
        """Read everything. Never raises for what the drive does: it is in the findings."""
        self.findings["started_at"] = _now()
        try:
            fd = self._open()
        except OSError as problem:
            self._stop(f"{self.path} can't be opened: {problem.strerror}")
        else:
            try:
                self._read_all(fd)
            finally:
                os.close(fd)
        self.findings["ended_at"] = _now()
        return self.findings

    def _open(self) -> int:
        flags = os.O_RDONLY | os.O_CLOEXEC
        try:
            return os.open(self.path, flags | os.O_DIRECT)
        except OSError as problem:
            if problem.errno != errno.EINVAL:
                raise
        self.findings["direct"] = False
        return os.open(self.path, flags)

    def _read_all(self, fd: int) -> None:
        status = os.fstat(fd)
        number = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
        size = os.lseek(fd, 0, os.SEEK_END)
        if number != self.expected_number or size != self.expected_bytes:
            self._stop(f"{self.path} is another device now: {number}, {size} bytes")
            return
        with contextlib.suppress(OSError):
            fcntl.ioctl(fd, DROP_BUFFERS)
        with contextlib.suppress(OSError):
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        at = 0
        while at < size:
            if self.stopping():
                self._stop("stopped from outside")
                return
            count = min(READ_BYTES, size - at)
            if not self._read(fd, at, count, note=False):
                for piece in range(at, at + count, RETRY_BYTES):
                    self._read(fd, piece, min(RETRY_BYTES, at + count - piece), note=True)
                    if self.findings["stopped"]:
                        return
            at += count
            self.advance(at)
        self.findings["completed"] = True

    def _read(self, fd: int, at: int, count: int, *, note: bool) -> bool:
        """Read one range completely and look at it; False when the drive gave an error."""
        began = time.monotonic()
        # A mark in every page of the buffer: a read that reports success and transfers nothing must not find
        # the zeros of the read before.
        pages = range(0, count, PAGE)
        self._buffer[0:count:PAGE] = b"\xa5" * len(pages)
        got = 0
        while got < count:
            try:
                step = os.preadv(fd, [self._view[got:count]], at + got)
                if step == 0:
                    raise OSError(errno.EIO, "end of the device before its size")
            except OSError as problem:
                self._lost_seconds += time.monotonic() - began
                if note:
                    self._note(at + got, problem)
                return False
            got += step
            # A short read can leave direct I/O unaligned: read the rest from the last whole sector on.
            if got < count and got % SECTOR:
                got -= got % SECTOR
        self.findings["bytes_read"] += count
        self._look(at, count)
        return True

    def _look(self, at: int, count: int) -> None:
        whole = count == READ_BYTES
        if (self._zeros == self._view) if whole else (bytearray(count) == self._view[:count]):
            return
        self.findings["nonzero_reads"] += 1
        kept: list[dict[str, int]] = self.findings["nonzero"]
        start = 0
        while len(kept) < KEEP_NONZERO:
            match = ANYTHING.search(self._buffer, start, count)
            if match is None:
                return
            kept.append({"offset": at + match.start()})
            start = (match.start() // SECTOR + 1) * SECTOR  # one finding a sector says enough

    def _note(self, at: int, problem: OSError) -> None:
        name = errno.errorcode.get(problem.errno or 0, str(problem.errno))
        errors: list[dict[str, Any]] = self.findings["errors"]
        errors.append({"offset": at, "error": name})
        if problem.errno in (errno.ENODEV, errno.ENXIO, errno.ENOMEDIUM):
            self._stop("the drive is gone")
        elif len(errors) >= KEEP_ERRORS:
            self._stop(f"given up after {KEEP_ERRORS} read errors")
        elif self._lost_seconds > ERROR_SECONDS:
            self._stop(f"given up after {self._lost_seconds:.0f} s in failing reads")

    def _stop(self, why: str) -> None:
        self.findings["stopped"] = why


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
