"""One overwrite and one full validation of a device by the agent's own code, in a process of its own.

    python -m tests.bench.erase_pass /dev/loop5 7:5

Prints JSON: seconds of each part, CPU seconds, peak memory, and what the evidence would hold. Started by
:mod:`tests.bench.erase_ways`, which has checked the device.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import time
from pathlib import Path
from typing import Any

from agent.jobs.erase_write import ZeroWriter
from agent.jobs.validate_read import Validator


def run(node: str, number: str) -> dict[str, Any]:
    """Write, then read back, as the erase job does."""
    before, began = _cpu(), time.monotonic()
    fd = os.open(node, os.O_RDWR | os.O_DIRECT | os.O_EXCL)
    try:
        size = os.lseek(fd, 0, os.SEEK_END)
        report = ZeroWriter(fd, size, advance=lambda _: None, stopping=lambda: False).run()
    finally:
        os.close(fd)
    written = time.monotonic()
    found = Validator(node, size, expected_number=number).run()
    ended = time.monotonic()
    complete = report.completed and found["completed"] and not (report.errors or found["errors"])
    return {
        "write_seconds": written - began,
        "read_seconds": ended - written,
        "cpu_seconds": _cpu() - before,
        "peak_bytes": peak_bytes(Path("/proc/self/status").read_text()),
        "right": complete and not found["nonzero_reads"] and found["bytes_read"] == report.bytes_written == size,
    }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_bytes(status: str) -> int:
    """The most memory that a process has had resident, from its /proc/PID/status."""
    match = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(match[1]) * 1024 if match else 0


if __name__ == "__main__":
    print(json.dumps(run(*sys.argv[1:3])))
