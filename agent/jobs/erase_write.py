"""The writer: one pass of zeros over a whole drive, with direct I/O, telling every error.

Direct I/O in 4 MiB blocks runs at the speed of ``dd bs=4M oflag=direct``; the page cache would only hide errors
until later. A drive that can't be written is given up soon: it will be destroyed, not certified.
"""

from __future__ import annotations

import errno
import mmap
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agent import VERSION
from agent.clock import now_text

TOOL = "recyclerie direct writer"
BLOCK_BYTES = 4 * 2**20
PIECE_BYTES = 64 * 2**10  # around an error, what can be written still is, in pieces of this size
MAX_ERRORS = 24
MAX_ERROR_SECONDS = 90.0  # time spent in failing writes: a drive may take half a minute for each
GONE = (errno.ENODEV, errno.ENXIO, errno.ENOMEDIUM, errno.EBADF)


@dataclass
class WriterReport:
    """What the writer did. ``bytes_written`` counts what the drive took; offsets are bytes from its start."""

    bytes_expected: int
    bytes_written: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    completed: bool = False  # went to the end of the drive and flushed it, errors or not
    stopped: str = ""  # why it ended before
    started_at: str = ""
    ended_at: str = ""

    def evidence(self) -> dict[str, Any]:
        """The form that travels."""
        return {
            "tool": TOOL,
            "version": VERSION,
            "bytes_written": self.bytes_written,
            "bytes_expected": self.bytes_expected,
            "block_bytes": BLOCK_BYTES,
            "errors": list(self.errors),
            "completed": self.completed,
            "stopped": self.stopped,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
        }


class _GivenUp(Exception):
    """The drive failed too much."""


class ZeroWriter:
    """Writes zeros to an open, checked drive. ``report`` is up to date at any moment."""

    def __init__(self, fd: int, size: int, *, advance: Callable[[int], None], stopping: Callable[[], bool]) -> None:
        self.fd = fd
        self.size = size
        self.advance = advance
        self.stopping = stopping
        self.report = WriterReport(bytes_expected=size)
        self._error_seconds = 0.0
        # An anonymous map is zeros, and begins on a page: what direct I/O needs.
        self._zeros = memoryview(mmap.mmap(-1, BLOCK_BYTES))

    def run(self) -> WriterReport:
        """One pass. Never raises for what the drive does: it is in the report."""
        self.report.started_at = now_text()
        try:
            offset = 0
            while offset < self.size:
                if self.stopping():
                    raise _GivenUp("stopped from outside")
                length = min(BLOCK_BYTES, self.size - offset)
                if not self._write(offset, length):
                    self._write_in_pieces(offset, length)
                offset += length
                self.advance(offset)
            self._flush()
            self.report.completed = True
        except _GivenUp as problem:
            self.report.stopped = str(problem)
        self.report.ended_at = now_text()
        return self.report

    def _write(self, offset: int, length: int, *, record: bool = False) -> bool:
        began = time.monotonic()
        done = 0
        try:
            while done < length:
                count = os.pwrite(self.fd, self._zeros[: length - done], offset + done)
                if count <= 0:
                    raise OSError(errno.EIO, "nothing was written")
                done += count
                self.report.bytes_written += count
        except OSError as problem:
            self._error_seconds += time.monotonic() - began
            # The block is written again in pieces, and counted again there.
            self.report.bytes_written -= 0 if record else done
            if record or problem.errno in GONE:
                self._record(offset + done, length - done, problem)
            if problem.errno in GONE:
                raise _GivenUp(f"the drive is gone ({os.strerror(problem.errno)})") from problem
            return False
        return True

    def _write_in_pieces(self, offset: int, length: int) -> None:
        for start in range(offset, offset + length, PIECE_BYTES):
            if self.stopping():
                raise _GivenUp("stopped from outside")
            self._write(start, min(PIECE_BYTES, offset + length - start), record=True)

    def _record(self, offset: int, length: int, problem: OSError) -> None:
        name = errno.errorcode.get(problem.errno or 0, str(problem.errno))
        self.report.errors.append({"offset": offset, "length": length, "error": name})
        if len(self.report.errors) >= MAX_ERRORS:
            raise _GivenUp(f"given up after {MAX_ERRORS} write errors")
        if self._error_seconds > MAX_ERROR_SECONDS:
            raise _GivenUp(f"given up after {self._error_seconds:.0f} s in failing writes")

    def _flush(self) -> None:
        try:
            os.fdatasync(self.fd)  # also empties the drive's own write cache
        except OSError as problem:
            name = errno.errorcode.get(problem.errno or 0, str(problem.errno))
            self.report.errors.append({"offset": self.size, "length": 0, "error": f"flush: {name}"})
