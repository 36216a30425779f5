"""The validator: reads a drive back and says what it found. All of it, or places all over it (see validate_places).

Shares no code with the writers, on purpose: it opens the drive itself, finds the size in its own way, empties the
caches, computes itself what a canary would look like, and believes nothing that the eraser said. It and its helpers
(``validate_*``) import only the standard library and one another.

``expect`` says what an erased drive looks like: ``zeros`` (overwritten), or ``changed`` (the drive erased itself, and
may return anything but what was there): canaries gone, blocks of ``samples_before`` other than they were.
"""

from __future__ import annotations

import mmap
import os
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Literal

from agent.jobs.validate_device import GONE, drop_caches, name_of, number_of, open_to_read, read_into, size_of
from agent.jobs.validate_marks import MARK_BYTES, Marks
from agent.jobs.validate_places import plan_places

TOOL = "recyclerie read-back validator"
VERSION = "2"
READ_BYTES = 4 * 2**20
SECTOR = 512
# Around a read error everything else is still read, in smaller and smaller pieces.
RETRY_BYTES = (128 * 2**10, 4096)
KEEP_FINDINGS = 20
KEEP_ERRORS = 24
ERROR_SECONDS = 90.0
ANYTHING = re.compile(rb"[^\0]")


class Validator:
    """One reading of one drive. ``findings`` is up to date at any moment."""

    def __init__(
        self,
        path: str,
        expected_bytes: int,
        *,
        expected_number: str,
        mode: Literal["full", "sampled"] = "full",
        expect: Literal["zeros", "changed"] = "zeros",
        share: float = 0.1,
        slices: int = 1000,
        seed: str = "",
        canaries: dict[str, Any] | None = None,
        samples_before: dict[str, Any] | None = None,
        advance: Callable[[int], None] = lambda _: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """Raises ValueError for an order that can't be carried out (unknown mode, no seed, share, canaries' form)."""
        if mode not in ("full", "sampled") or expect not in ("zeros", "changed"):
            raise ValueError(f"this validator knows no reading {mode!r} that expects {expect!r}")
        if mode == "sampled" and not seed:
            raise ValueError("a sampled reading needs a seed")
        self.path = path
        self.expected_bytes = expected_bytes
        self.expected_number = expected_number
        self.expect = expect
        self.advance = advance
        self.stopping = stopping
        self._marks = Marks(canaries, samples_before, expected_bytes)
        self._places = plan_places(expected_bytes, share, slices, seed) if mode == "sampled" else [(0, expected_bytes)]
        self.findings: dict[str, Any] = {
            "tool": TOOL,
            "version": VERSION,
            "mode": mode,
            "expect": expect,
            "bytes_read": 0,
            "bytes_expected": sum(length for _, length in self._places),
            "share": 1.0 if mode == "full" else share,
            "slices": 1 if mode == "full" else slices,
            "seed": "" if mode == "full" else seed,
            "places": len(self._places),
            "first_lba_read": False,
            "last_lba_read": False,
            "nonzero": [],
            "nonzero_reads": 0,  # how many reads held anything but zeros, where zeros are expected
            "unchanged": [],
            "samples_checked": 0,
            "samples_expected": len(self._marks.samples),
            "canaries_found": [],
            "canaries_checked": 0,
            "canaries_expected": len(self._marks.canaries),
            "errors": [],
            "direct": True,
            "caches_dropped": False,
            "started_at": "",
            "ended_at": "",
            "completed": False,
            "stopped": "",
        }
        self._buffers = [memoryview(mmap.mmap(-1, READ_BYTES)) for _ in range(2)]
        # bytearray compares with any buffer by memcmp; memoryviews compare item by item, 100 times slower.
        self._zeros = bytearray(READ_BYTES)
        self._lost_seconds = 0.0
        self._passed = 0  # bytes gone over, read or not

    def run(self) -> dict[str, Any]:
        """Read. Never raises for what the drive does: it is in the findings."""
        self.findings["started_at"] = _now()
        try:
            fd, self.findings["direct"] = open_to_read(self.path)
        except OSError as problem:
            self._stop(f"{self.path} can't be opened: {problem.strerror}")
        else:
            try:
                self._read_everything(fd)
            finally:
                os.close(fd)
        self.findings["ended_at"] = _now()
        return self.findings

    def _read_everything(self, fd: int) -> None:
        number, size = number_of(fd), size_of(fd)
        if number != self.expected_number or size != self.expected_bytes:
            self._stop(f"{self.path} is another device now: {number}, {size} bytes")
            return
        self.findings["caches_dropped"] = drop_caches(fd)
        # Two threads: while one waits for the drive, the other looks at what came before. Else a drive as fast as
        # the memory would stand still meanwhile.
        with ThreadPoolExecutor(1, "read-back") as reader:
            self._read_places(fd, reader)
        if not self.findings["stopped"]:
            self._look_at_marks(fd)
        self.findings["completed"] = not self.findings["stopped"]

    def _read_places(self, fd: int, reader: ThreadPoolExecutor) -> None:
        pieces = list_pieces(self._places)
        piece = next(pieces, None)
        if piece is None:
            return
        turn = 0
        coming = reader.submit(self._read, fd, self._buffers[turn], *piece)
        while piece is not None:
            problem = coming.result()
            view, (at, count), piece = self._buffers[turn], piece, next(pieces, None)
            if self.stopping():
                self._stop("stopped from outside")
                return
            turn = 1 - turn
            if problem is None:
                if piece is not None:
                    coming = reader.submit(self._read, fd, self._buffers[turn], *piece)
                self._take(view, at, count)
            else:
                self._read_around(fd, view, at, count, RETRY_BYTES)
                if self.findings["stopped"]:
                    return
                if piece is not None:
                    coming = reader.submit(self._read, fd, self._buffers[turn], *piece)
            self._passed += count
            self.advance(self._passed)

    def _read(self, fd: int, view: memoryview, at: int, count: int) -> OSError | None:
        """Read one piece completely; what the drive answered instead."""
        began = time.monotonic()
        try:
            read_into(fd, view[:count], at)
        except OSError as problem:
            self._lost_seconds += time.monotonic() - began
            return problem
        return None

    def _read_around(self, fd: int, view: memoryview, at: int, count: int, steps: tuple[int, ...]) -> None:
        """Read what can be read of a piece that failed, and note what can't."""
        step = steps[0]
        for start in range(at, at + count, step):
            if self.stopping():
                self._stop("stopped from outside")
            if self.findings["stopped"]:
                return
            length = min(step, at + count - start)
            problem = self._read(fd, view, start, length)
            if problem is None:
                self._take(view, start, length)
            elif len(steps) > 1 and problem.errno not in GONE and self._lost_seconds <= ERROR_SECONDS:
                self._read_around(fd, view, start, length, steps[1:])
            else:
                self._note(start, problem)

    def _take(self, view: memoryview, at: int, count: int) -> None:
        """A piece was read: count it and look at it."""
        self.findings["bytes_read"] += count
        if at == 0:
            self.findings["first_lba_read"] = True
        if at + count == self.expected_bytes:
            self.findings["last_lba_read"] = True
        if self.expect == "zeros":
            self._look_for_data(view, at, count)

    def _look_for_data(self, view: memoryview, at: int, count: int) -> None:
        if (self._zeros == view) if count == READ_BYTES else (bytearray(count) == view[:count]):
            return
        self.findings["nonzero_reads"] += 1
        kept: list[dict[str, int]] = self.findings["nonzero"]
        start = 0
        while len(kept) < KEEP_FINDINGS:
            match = ANYTHING.search(view, start, count)
            if match is None:
                return
            kept.append({"offset": at + match.start()})
            start = (match.start() // SECTOR + 1) * SECTOR  # one finding a sector says enough

    def _look_at_marks(self, fd: int) -> None:
        """Read every canary's and sample's place again, each by itself."""
        canaries, view = set(self._marks.canaries), self._buffers[0]
        for at in self._marks.places:
            if self.stopping():
                self._stop("stopped from outside")
            if self.findings["stopped"]:
                return
            problem = self._read(fd, view, at, MARK_BYTES)
            if problem is not None:
                self._note(at, problem)
                continue
            block = bytes(view[:MARK_BYTES])
            if at in canaries:
                self.findings["canaries_checked"] += 1
                if self._marks.canary_left(at, block):
                    self._keep("canaries_found", at)
            if at in self._marks.samples:
                self.findings["samples_checked"] += 1
                if self._marks.unchanged(at, block):
                    self._keep("unchanged", {"offset": at})

    def _keep(self, what: str, finding: int | dict[str, int]) -> None:
        if len(self.findings[what]) < KEEP_FINDINGS:
            self.findings[what].append(finding)

    def _note(self, at: int, problem: OSError) -> None:
        errors: list[dict[str, Any]] = self.findings["errors"]
        errors.append({"offset": at, "error": name_of(problem)})
        if problem.errno in GONE:
            self._stop("the drive is gone")
        elif len(errors) >= KEEP_ERRORS:
            self._stop(f"given up after {KEEP_ERRORS} read errors")
        elif self._lost_seconds > ERROR_SECONDS:
            self._stop(f"given up after {self._lost_seconds:.0f} s in failing reads")

    def _stop(self, why: str) -> None:
        self.findings["stopped"] = why


def list_pieces(places: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The reads that cover the places, 4 MiB at most each."""
    for start, length in places:
        for at in range(start, start + length, READ_BYTES):
            yield at, min(READ_BYTES, start + length - at)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
