"""Runs the drives' tools, writes each call into the evidence, and doesn't believe an exit status alone."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence

from agent.clock import now_text
from agent.collectors.erase_facts.asking import NO_STATUS, no_status, tool_version
from agent.protocol_erase import CommandRecord
from agent.tools import MISSING, TIMED_OUT, Ran, environment

KEEP_CHARACTERS = 16 * 2**10  # of each output
LOOK_SECONDS = 0.5


def run_tool(
    records: list[CommandRecord],
    argv: Sequence[str],
    *,
    seconds: float = 60.0,
    waiting: Callable[[float], None] | None = None,
) -> Ran:
    """Run a tool, at most ``seconds``, and record it. Never raises by itself.

    ``waiting`` is called about twice a second with the seconds gone; what it raises ends the wait and is passed on.
    The tool is killed then, though one that waits for a drive in the kernel goes on until the drive answers.
    """
    record = CommandRecord(
        argv=list(argv),
        tool=argv[0],
        version=tool_version(argv[0]),
        exit_status=None,
        stdout="",
        stderr="",
        started_at=now_text(),
        seconds=0.0,
    )
    # A drive is asked the same thing for hours: of a row of equal questions the first and the last are kept.
    if len(records) >= 2 and all(one["argv"] == record["argv"] for one in records[-2:]):
        del records[-1]
    records.append(record)
    began = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        status: int | None = None
        try:
            status = _run(argv, out.fileno(), err.fileno(), began, seconds, waiting)
        finally:
            record["seconds"] = round(time.monotonic() - began, 3)
            record["stdout"], record["stderr"] = _text(out.fileno()), _text(err.fileno())
            record["exit_status"] = None if status == TIMED_OUT else status
    return Ran(argv[0], status, record["stdout"], record["stderr"])


def _run(
    argv: Sequence[str],
    out: int,
    err: int,
    began: float,
    seconds: float,
    waiting: Callable[[float], None] | None,
) -> int:
    try:
        process = subprocess.Popen(list(argv), stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment())
    except FileNotFoundError:
        return MISSING
    except OSError as problem:
        os.write(err, str(problem).encode())
        return 126
    try:
        while True:
            try:
                return process.wait(LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                gone = time.monotonic() - began
                if gone > seconds:
                    return TIMED_OUT
                if waiting is not None:
                    waiting(gone)
    finally:
        if process.poll() is None:
            process.kill()


def _text(fd: int) -> str:
    data = os.pread(fd, KEEP_CHARACTERS * 4, 0)
    return data.decode("utf-8", "replace")[:KEEP_CHARACTERS]


def lied(ran: Ran) -> bool:
    """Whether a tool's own words contradict its exit status 0.

    hdparm says "bad/missing sense data" when the answer of the drive, or of a bridge, makes no sense: the command was
    not carried out. Seen on QEMU's SATA drives and on USB bridges.
    """
    return no_status(ran)


def _is_lie(line: str) -> bool:
    return any(words in line for words in NO_STATUS)


def accepted(ran: Ran) -> bool:
    """Whether a command can have reached the drive and been taken by it: exit status 0, and no doubt in its words."""
    return ran.ok and not lied(ran)


def why_not(ran: Ran) -> str:
    """Why a command counts as refused, in the tool's own words."""
    if lied(ran):
        said = next(line.strip() for line in (ran.out + "\n" + ran.err).splitlines() if _is_lie(line))
        return f"{ran.command}: {said} (exit status {ran.status})"
    return ran.explain()
