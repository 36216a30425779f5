"""Running one test's program: a process in a session of its own, heard line by line, killed whole at its limit."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast, get_args

from agent.hwtests.header import Header
from agent.hwtests.plain import plain, plain_text
from agent.protocol_tests import TestOutcome
from agent.tools import environment

STOP_SECONDS = 3.0  # between SIGTERM and SIGKILL
KILL_SECONDS = 3.0  # after SIGKILL: a read of a dying drive may be stuck in the kernel, where no signal reaches it
LINE_BYTES = 2**20  # a longer line is no answer of ours
OUTCOMES = get_args(TestOutcome)
PACKAGES = Path(__file__).resolve().parents[2]  # where "agent" is imported from


@dataclass
class Ended:
    """What a program said and how its process ended."""

    outcome: TestOutcome
    reason: str = ""
    figures: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    stopped: bool = False  # killed because nobody waits for it any more


class _Heard:
    """What came out of a program so far."""

    def __init__(self, on_progress: Callable[[float], None]) -> None:
        self.on_progress = on_progress
        self.answer: dict[str, Any] | None = None
        self.figures: dict[str, Any] = {}
        self.noise = ""  # the last line that was none of ours
        self._rest = b""
        self._endless = False  # within a line that is too long to be ours

    def take(self, data: bytes) -> None:
        self._rest += data
        *lines, self._rest = self._rest.split(b"\n")
        if self._endless and lines:
            del lines[0]  # its tail
            self._endless = False
        for line in lines:
            self._line(line)
        if len(self._rest) > LINE_BYTES:
            self.noise, self._rest, self._endless = "a line without end", b"", True

    def close(self) -> None:
        if self._rest and not self._endless:
            self._line(self._rest)
            self._rest = b""

    def _line(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").strip()
        try:
            value = plain(json.loads(text))
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            self.noise = text[:200] or self.noise
        elif value.get("outcome") in OUTCOMES:
            self.answer = value
        elif isinstance(value.get("figures"), dict):
            self.figures = value["figures"]
        elif isinstance(value.get("progress"), int | float):
            self.on_progress(float(min(1, max(0, value["progress"]))))
        else:
            self.noise = text[:200]


def run_program(
    header: Header,
    request: dict[str, Any],
    limit_seconds: float,
    *,
    on_progress: Callable[[float], None] = lambda _: None,
    stopping: Callable[[], bool] = lambda: False,
) -> Ended:
    """Run a test to its end, at most ``limit_seconds``. Never raises for what the program or the machine does."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                # -P: the programs' folder must not come before Python's own modules of the same names.
                [sys.executable, "-P", str(header.program)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                env=dict(environment(), PYTHONPATH=str(PACKAGES), PYTHONUNBUFFERED="1"),
            )
        except OSError as problem:
            return Ended("fail", f"The test could not be started: {problem.strerror or problem}.")
        heard = _Heard(on_progress)
        try:
            _ask(process, request)
            why = _listen(process, heard, started + limit_seconds, stopping)
        finally:
            _end_group(process)
            heard.close()
            if process.stdout is not None:
                process.stdout.close()
        seconds = time.monotonic() - started
        errors.seek(0)
        ended = judge_end(
            heard.answer, heard.figures, process.returncode, plain_text(_last_line(errors.read()) or heard.noise)
        )
    if heard.answer is None and why == "limit":
        reason = f"No answer within {limit_seconds:.0f} s: the test was stopped."
        ended = Ended("timed_out", reason, heard.figures)
    elif heard.answer is None and why == "stopping":
        ended = Ended("skipped", "The tests were stopped before its end.", heard.figures, stopped=True)
    ended.seconds = round(seconds, 2)
    return _complete(header, ended)


def judge_end(answer: dict[str, Any] | None, figures: dict[str, Any], status: int | None, last_words: str) -> Ended:
    """The result out of a program's answer, or out of how it died without one. Pure."""
    if answer is not None:
        said = answer.get("figures")
        return Ended(
            cast(TestOutcome, answer["outcome"]),
            str(answer.get("reason") or ""),
            {**figures, **(said if isinstance(said, dict) else {})},
        )
    words = f": {last_words}" if last_words else ""
    if status is None:
        return Ended("fail", "The test hangs in the kernel, where it can't be stopped.", figures)
    if status < 0:
        with contextlib.suppress(ValueError):
            return Ended("fail", f"The test died of {signal.Signals(-status).name}{words}.", figures)
    if status == 0:
        return Ended("fail", f"The test ended without an outcome{words}.", figures)
    return Ended("fail", f"The test ended with exit status {status} and without an outcome{words}.", figures)


def _complete(header: Header, ended: Ended) -> Ended:
    """A result that lacks a figure which its header promises says nothing."""
    missing = [name for name in header.figures if name not in ended.figures]
    if ended.outcome in ("pass", "degraded") and missing:
        return Ended("fail", f"The test did not tell {', '.join(missing)}.", ended.figures, ended.seconds)
    return ended


def _ask(process: subprocess.Popen[bytes], request: dict[str, Any]) -> None:
    assert process.stdin is not None  # noqa: S101 - we made it a pipe
    with contextlib.suppress(OSError):  # it died before it read: how it ended tells
        process.stdin.write(json.dumps(request).encode())
    with contextlib.suppress(OSError):
        process.stdin.close()


def _listen(process: subprocess.Popen[bytes], heard: _Heard, deadline: float, stopping: Callable[[], bool]) -> str:
    """Until the program ends, or why it is not waited for any longer: "limit", "stopping"."""
    assert process.stdout is not None  # noqa: S101 - we made it a pipe
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if selector.select(0.1):
                data = os.read(process.stdout.fileno(), 65536)
                if not data:
                    break
                heard.take(data)
            elif _has_ended(process):
                break  # dead, and something of its own holds the pipe
            if stopping():
                return "stopping"
            if time.monotonic() > deadline:
                return "limit"
    while not _has_ended(process):  # closed its output, and goes on
        if stopping():
            return "stopping"
        if time.monotonic() > deadline:
            return "limit"
        time.sleep(0.05)
    return ""


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Nothing of the test's session goes on: SIGTERM, then SIGKILL to the whole process group."""
    if not _has_ended(process):
        _signal(process.pid, signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        while not _has_ended(process) and time.monotonic() < until:
            time.sleep(0.05)
    _signal(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(KILL_SECONDS)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it is dead. It is not reaped here: until its group is killed, its number must stay its own."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _last_line(data: bytes) -> str:
    lines = [line.strip() for line in data[-4096:].decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1][:300].rstrip(".") if lines else ""
