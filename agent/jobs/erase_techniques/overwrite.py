"""overwrite-zero: one pass of zeros over every addressable block, by our direct writer or by nwipe."""

from __future__ import annotations

import contextlib
import logging
import os

from agent.collectors.block import reread_partitions
from agent.jobs.erase_nwipe import run_nwipe
from agent.jobs.erase_techniques.bench import Bench, Failed, Lost, Stopped
from agent.jobs.erase_write import ZeroWriter
from agent.protocol_erase import Attempt

log = logging.getLogger("agent.erase")


def overwrite_zero(bench: Bench, attempt: Attempt) -> None:
    """Write zeros from the first to the last byte. Raises Failed, Lost or Stopped."""
    bench.progress.begin("write", f"{bench.path}: zeros", watched=True)
    if bench.plan["writer"] == "nwipe":
        _nwipe(bench, attempt)
    else:
        _direct(bench, attempt)
    written = attempt["writer"] or {}
    attempt["accepted"] = bool(written["bytes_written"])
    log.info(
        "wrote %d of %d bytes, %d errors%s",
        written["bytes_written"],
        written["bytes_expected"],
        len(written["errors"]),
        f": {written['stopped']}" if written["stopped"] else "",
    )
    if "gone" in written["stopped"]:
        raise Lost(written["stopped"])
    if bench.stopping() and not written["completed"]:
        raise Stopped(written["stopped"] or "stopped from outside")
    if not written["completed"]:
        raise Failed(f"the write did not come to its end: {written['stopped'] or 'no reason known'}")
    if written["errors"]:
        raise Failed(f"{len(written['errors'])} write errors, the first at byte {written['errors'][0]['offset']}")


def _direct(bench: Bench, attempt: Attempt) -> None:
    writer = ZeroWriter(bench.fd, bench.target.size_bytes, advance=bench.progress.advance, stopping=bench.stopping)
    bench.writer_so_far = writer.report.evidence  # a write may hang for ever: what was done is known all the same
    writer.run()
    attempt["writer"] = writer.report.evidence()
    with contextlib.suppress(OSError):
        reread_partitions(bench.fd)  # the old partitions are gone: their nodes shall go too


def _nwipe(bench: Bench, attempt: Attempt) -> None:
    os.close(bench.fd)  # nwipe opens the drive alone, too
    bench.fd = -1
    attempt["writer"] = run_nwipe(bench.target, bench.folder, bench.progress.advance, bench.stopping)
