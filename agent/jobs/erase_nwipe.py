"""The other writer: nwipe 0.38, the field's reference, where a policy asks for it. Our reader still validates."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.clock import now_text
from agent.collectors.drives import sectors_written
from agent.jobs.target_gate import Target
from agent.tools import run

POLL_SECONDS = 1.0


def nwipe_command(path: str, report_dir: Path, log_file: Path) -> list[str]:
    """The unattended call. The device is always named: without one nwipe takes every disk it sees."""
    if not path.startswith("/dev/"):
        raise ValueError(f"not a device: {path!r}")
    return [
        "nwipe", "--autonuke", "--nogui", "--nowait", "--noblank", "-m", "zero", "--verify=last",
        f"--PDFreportpath={report_dir}", f"--logfile={log_file}", path,
    ]  # fmt: skip


def run_nwipe(
    target: Target, folder: Path, advance: Callable[[int], None], stopping: Callable[[], bool]
) -> dict[str, Any]:
    """Run nwipe on one drive; returns the writer's part of the evidence. Never raises."""
    report_dir = folder / "nwipe"
    report_dir.mkdir(exist_ok=True)
    log_file = folder / "nwipe.log"
    writer = _writer(target)
    before = sectors_written(Path("/"), target.path) or 0
    try:
        with (folder / "nwipe.out").open("wb") as out:
            process = subprocess.Popen(
                nwipe_command(target.path, report_dir, log_file),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
            _wait(process, target, before, advance, stopping, writer)
    except OSError as problem:
        writer["stopped"] = f"nwipe could not be started: {problem.strerror}"
    writer["ended_at"] = now_text()
    text = "".join(f.read_text(errors="replace") for f in (log_file, folder / "nwipe.out") if f.exists())
    return judge_log(writer, text, target.path)


def judge_log(writer: dict[str, Any], text: str, path: str) -> dict[str, Any]:
    """Complete the writer's evidence from nwipe's log. Its exit status alone proves nothing."""
    name = path.removeprefix("/dev/")
    written = re.findall(rf"(\d+) bytes written to {re.escape(path)}\b", text)
    writer["bytes_written"] = sum(int(number) for number in written[:1])
    version = re.search(r"banner\s*=\s*nwipe (\S+)", text)
    writer["version"] = version.group(1) if version else ""
    row = re.search(rf"^\W*{re.escape(name)} \|\s*(\d+) \|\s*(\d+) \|\s*(\d+)", text, re.MULTILINE)
    if row is None:
        writer["stopped"] = writer["stopped"] or "nwipe's log has no error summary for this drive"
        return writer
    kinds = ("pass errors", "verification errors", "flush errors")
    for kind, number in zip(kinds, row.groups(), strict=True):
        if int(number):
            writer["errors"].append({"offset": 0, "error": f"nwipe: {number} {kind}"})
    erased = re.search(rf"^\W*{re.escape(name)} \|\s*Erased\b", text, re.MULTILINE)
    writer["completed"] = bool(erased) and not writer["stopped"]
    if not writer["completed"]:
        writer["stopped"] = writer["stopped"] or "nwipe does not call this drive erased"
    return writer


def _writer(target: Target) -> dict[str, Any]:
    return {
        "tool": "nwipe",
        "version": "",
        "bytes_written": 0,
        "bytes_expected": target.size_bytes,
        "errors": [],
        "completed": False,
        "stopped": "",
        "started_at": now_text(),
        "ended_at": "",
    }


def _wait(
    process: subprocess.Popen[bytes],
    target: Target,
    before: int,
    advance: Callable[[int], None],
    stopping: Callable[[], bool],
    writer: dict[str, Any],
) -> None:
    while process.poll() is None:
        if stopping():
            # nwipe asks before it quits on SIGTERM in some versions: SIGKILL, the drive is not erased anyway.
            process.kill()
            writer["stopped"] = "stopped from outside"
            process.wait(10)
            return
        now = sectors_written(Path("/"), target.path)
        if now is not None:
            advance(min(target.size_bytes, max(0, now - before)))
        time.sleep(POLL_SECONDS)
    if process.returncode != 0:
        writer["errors"].append({"offset": 0, "error": f"nwipe: exit status {process.returncode}"})


def nwipe_version() -> str:
    """The installed version, "" without nwipe."""
    ran = run(["nwipe", "--version"], seconds=10)
    match = re.search(r"(\d+\.\d+\S*)", ran.out + ran.err)
    return match.group(1) if ran.ok and match else ""
