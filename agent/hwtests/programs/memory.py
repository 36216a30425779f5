# /// recyclerie-test
# name = "memory"
# title = "Memory"
# subsystem = "memory"
# runs = "exclusive"
# limit_seconds = 90
# usual_seconds = 5
# length_option = "memory_seconds"
# options = {memory_seconds = 120, memory_mib = 0}
# [figures]
# errors = "words"
# corrected = "errors"
# uncorrected = "errors"
# tested_bytes = "bytes"
# total_bytes = "bytes"
# passes = "passes"
# mib_per_second = "MiB/s"
# ///
"""Patterns written to all memory that is free and read back, by a process for each core; ECC and MCE are watched."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from agent.collectors.memory import parse_meminfo
from agent.files import read_text
from agent.hwtests.forked import listen, start
from agent.hwtests.memory_blocks import (
    BLOCK_BYTES,
    MANY_ERRORS,
    Findings,
    Region,
    one_pass,
)
from agent.hwtests.memory_counters import meanwhile, read_counters
from agent.hwtests.script import Outcome, Request, run_script

MAX_WORKERS = 4  # more only wait for the same memory
ROOM_BYTES = 192 * 2**20  # for the system and the agent while the rest is ours
ROOM_SHARE = 0.05
LEAST_BYTES = 8 * 2**20  # of a worker


def test(request: Request) -> Outcome:
    """Test for ``memory_seconds``, at most ``memory_mib`` where that is not 0."""
    seconds = request.seconds("memory_seconds", 120)
    meminfo = parse_meminfo(read_text(request.root / "proc/meminfo"))
    total, free = meminfo.get("MemTotal", 0), meminfo.get("MemAvailable", 0)
    sizes = shares(total, free, len(os.sched_getaffinity(0)), int(request.seconds("memory_mib", 0)) * 2**20)
    if not sizes:
        return Outcome("skipped", f"Only {free // 2**20} MiB of memory are free: too few to test anything.")
    before = read_counters(request.root)
    started = time.monotonic()
    workers = [
        start(partial(work, size, sum(sizes[:number]) // BLOCK_BYTES, seconds)) for number, size in enumerate(sizes)
    ]
    for _ in listen(workers):
        request.progress((time.monotonic() - started) / max(seconds, 0.1))
    for worker in workers:
        if worker.killed:
            worker.said["ran_out"] = True
    corrected, uncorrected = meanwhile(before, read_counters(request.root))
    said = [worker.said for worker in workers]
    return judge(
        said,
        {
            "errors": sum(one.get("errors", 0) for one in said),
            "corrected": corrected,
            "uncorrected": uncorrected,
            "tested_bytes": sum(one.get("verified", 0) for one in said),
            "total_bytes": total,
            "passes": min(one.get("passes", 0) for one in said),
            "mib_per_second": sum(one.get("mib_per_second", 0) for one in said),
            "processes": len(workers),
            "ecc_watched": before.watched,
        },
    )


def shares(total: int, free: int, cores: int, wanted: int = 0) -> list[int]:
    """How many bytes each worker tests: what is free, less room for the system, in equal blocks. Pure."""
    size = free - max(ROOM_BYTES, int(total * ROOM_SHARE))
    if wanted:
        size = min(size, wanted)
    count = max(1, min(cores, MAX_WORKERS, size // LEAST_BYTES))
    each = size // count // BLOCK_BYTES * BLOCK_BYTES
    return [each] * count if each > 0 else []


def judge(said: list[dict[str, Any]], figures: dict[str, Any]) -> Outcome:
    """What the workers' last words and the counters mean. Pure."""
    first = [error for one in said for error in one.get("first", [])][:8]
    if first:
        figures = {**figures, "first_errors": first}
    errors, tested = figures["errors"], figures["tested_bytes"]
    if errors:
        many = "at least " if errors >= MANY_ERRORS else ""
        where = f", the first at address {first[0]['physical_address']}" if _known(first) else ""
        reason = f"The memory gave back {many}{errors} words wrong{where}: replace the module."
        return Outcome("fail", reason, figures)
    if figures["uncorrected"]:
        reason = f"{figures['uncorrected']} memory errors happened that could not be corrected: replace the module."
        return Outcome("fail", reason, figures)
    if figures["corrected"]:
        return Outcome("degraded", f"{figures['corrected']} memory errors were corrected: a module gets weak.", figures)
    if not tested:
        if any(one.get("ran_out") or one.get("refused") for one in said):
            return Outcome("skipped", "The memory ran out before anything of it was tested.", figures)
        return Outcome("skipped", "The time was too short to compare anything of the memory.", figures)
    return Outcome("pass", "", figures)


def _known(first: list[dict[str, Any]]) -> bool:
    return bool(first) and first[0].get("physical_address") is not None


def work(size: int, first_block: int, seconds: float) -> Iterator[dict[str, Any]]:
    """Test a share until the time is over; what is known so far, once a second and at the end."""
    try:
        region = Region(size)
    except (OSError, MemoryError, ValueError):
        yield {"refused": True}
        return
    found, blocks, passes = Findings(), 0, 0
    # From here on: taking some gigabytes and locking them is slow on some machines, and no part of the test.
    started = told = time.monotonic()

    def said() -> dict[str, Any]:
        return {
            "errors": found.errors,
            "first": found.first,
            "verified": found.verified,
            "passes": passes,
            "mib_per_second": round(blocks * BLOCK_BYTES / 2**20 / max(time.monotonic() - started, 0.1)),
            "locked": region.locked,
        }

    while True:
        for _ in one_pass(region, found, passes, first_block):
            blocks += 1
            now = time.monotonic()
            if now - started > seconds or found.errors >= MANY_ERRORS:
                yield said()
                return
            if now - told > 1:
                told = now
                yield said()
        passes += 1


if __name__ == "__main__":
    run_script(test)
