# /// recyclerie-test
# name = "drive-self-test"
# title = "The drive's own short self-test"
# subsystem = "drive"
# runs = "parallel"
# targets = "drives"
# limit_seconds = 660
# usual_seconds = 130
# options = {self_test = true}
# needs = ["tool:smartctl", "root"]
# [figures]
# seconds_announced = "s"
# ///
"""Starts the short self-test that the drive has built in, waits for its end, and tells what it says."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from agent.hwtests.script import Outcome, Request, Stopped, run_script
from agent.tools import MISSING, TIMED_OUT, Ran, run

POLL_SECONDS = 3.0
SHORT_SECONDS = 120.0  # ATA and NVMe: a short self-test takes two minutes or less
ASK_SECONDS = 30.0
# Result codes (ACS-3 table 57 by the status' upper half; NVMe 1.4 figure 200; SPC-4 table 358).
FAULTS = {"ATA": range(3, 9), "NVMe": range(5, 8), "SCSI": range(3, 8)}


@dataclass(frozen=True)
class State:
    """What a drive says of its self-test. ``passed``: None where it says nothing of that."""

    protocol: str  # ATA, NVMe, SCSI, or "" where it can't do any
    running: bool = False
    done: float | None = None  # share, 0 to 1
    passed: bool | None = None
    words: str = ""
    lba: int | None = None
    announced_seconds: float = SHORT_SECONDS
    why_not: str = ""  # why it can do none


def test(request: Request) -> Outcome:
    """Run it, or wait for the one that runs already."""
    path = str(request.target["path"])
    if request.options.get("self_test") is False:
        return Outcome("skipped", "The drives' self-tests are switched off in the settings.")
    before = ask(path)
    if not before.protocol:
        return Outcome("skipped", before.why_not)
    if not before.running:
        ran = run(["smartctl", "-j", "-t", "short", path], seconds=ASK_SECONDS)
        if ran.status == TIMED_OUT:
            return Outcome("fail", "The drive did not answer when its self-test was started.")
        if not started(ran):
            return Outcome("skipped", f"The self-test could not be started: {said(ran)}.")
    try:
        return wait(path, request, before)
    except Stopped:
        if not before.running:
            run(["smartctl", "-X", path], seconds=2)  # the drive goes back to its work
        raise


def wait(path: str, request: Request, before: State) -> Outcome:
    """Until the drive says that it is done."""
    begun = time.monotonic()
    while True:
        time.sleep(POLL_SECONDS)
        state = ask(path)
        over = time.monotonic() - begun
        if not state.protocol:
            return Outcome("fail", f"The drive stopped answering during its self-test: {state.why_not}")
        if not state.running:
            return judge(state, before.announced_seconds)
        request.progress(state.done if state.done is not None else over / max(before.announced_seconds, 1.0))


def judge(state: State, announced: float) -> Outcome:
    """The drive's own word. Pure."""
    figures: dict[str, Any] = {"seconds_announced": announced, "protocol": state.protocol, "said": state.words}
    if state.lba is not None:
        figures["lba"] = state.lba
    if state.passed is False:
        where = f" at LBA {state.lba}" if state.lba is not None else ""
        return Outcome("fail", f"The drive's own test found a fault{where}: {state.words}. Replace it.", figures)
    if state.passed is None:
        words = state.words or "it says nothing"
        return Outcome("skipped", f"The drive's own test did not come to its end: {words}.", figures)
    return Outcome("pass", "", figures)


def ask(path: str) -> State:
    """What smartctl says of the drive now."""
    ran = run(["smartctl", "-j", "-i", "-c", "-l", "selftest", path], seconds=ASK_SECONDS)
    if ran.status in (MISSING, TIMED_OUT):
        return State("", why_not=f"{ran.explain()}.")
    return parse(ran.out)


def parse(text: str) -> State:
    """A state out of ``smartctl -j -i -c -l selftest`` (7.x; NVMe since 7.4). Pure, for any text."""
    try:
        report = json.loads(text)
    except (ValueError, RecursionError):
        report = None
    if not isinstance(report, dict):
        return State("", why_not="The drive can't be asked: smartctl's answer is not JSON.")
    protocol = _text(_part(report, "device"), "protocol")
    reader = {"ATA": _ata, "NVMe": _nvme, "SCSI": _scsi}.get(protocol)
    if reader is None:
        words = messages(report) or "it is not known what kind of drive it is"
        return State("", why_not=f"The drive can't be asked: {words}.")
    return reader(report)


def _ata(report: dict[str, Any]) -> State:
    data = _part(report, "ata_smart_data")
    able = _part(data, "capabilities").get("self_tests_supported")
    status = _part(_part(data, "self_test"), "status")
    if not data or able is False:
        words = messages(report)
        return State("", why_not=f"The drive has no self-test{': ' + words if words else ''}.")
    minutes = _number(_part(_part(data, "self_test"), "polling_minutes").get("short"))
    value = _number(status.get("value"))
    code = value >> 4 if value is not None else None
    remaining = _number(status.get("remaining_percent"))
    log = _part(report, "ata_smart_self_test_log")
    first = _first(_part(log, "standard").get("table") or _part(log, "extended").get("table"))
    return State(
        "ATA",
        running=code == 15,
        done=1 - remaining / 100 if remaining is not None else None,
        passed=_passed(code, "ATA"),
        words=_text(status, "string"),
        lba=_number(first.get("lba")) if code in FAULTS["ATA"] else None,
        announced_seconds=60.0 * minutes if minutes else SHORT_SECONDS,
    )


def _nvme(report: dict[str, Any]) -> State:
    able = _part(report, "nvme_optional_admin_commands").get("self_test")
    log = report.get("nvme_self_test_log")
    if able is False or not isinstance(log, dict):
        words = messages(report)
        return State("", why_not=f"The drive has no self-test{': ' + words if words else ''}.")
    operation = log.get("current_self_test_operation")
    under_way = _number(operation.get("value") if isinstance(operation, dict) else operation)
    percent = log.get("current_self_test_completion_percent")
    percent = _number(percent.get("value") if isinstance(percent, dict) else percent)
    first = _first(log.get("table"))
    result = _part(first, "self_test_result")
    code = _number(result.get("value"))
    return State(
        "NVMe",
        running=bool(under_way),
        done=percent / 100 if percent is not None else None,
        passed=_passed(code, "NVMe"),
        words=_text(result, "string"),
        lba=_number(first.get("lba")) if code in FAULTS["NVMe"] else None,
    )


def _scsi(report: dict[str, Any]) -> State:
    first = _part(report, "scsi_self_test_0")
    result = _part(first, "result")
    code = _number(result.get("value"))
    words = _text(result, "string")
    running = bool(first.get("self_test_in_progress")) or code == 15 or "in progress" in words.lower()
    lba = _part(first, "lba_first_failure").get("value")
    return State(
        "SCSI",
        running=running,
        passed=_passed(code, "SCSI"),
        words=words,
        lba=_number(lba) if code in FAULTS["SCSI"] else None,
    )


def _passed(code: int | None, protocol: str) -> bool | None:
    if code == 0:
        return True
    return False if code in FAULTS[protocol] else None


def started(ran: Ran) -> bool:
    """Whether ``smartctl -t`` could do what it was asked (bits 0 to 2 of its exit status; the rest is old news)."""
    return ran.status >= 0 and ran.status not in (MISSING, 126) and not ran.status & 0b111


def said(ran: Ran) -> str:
    """Why it could not, in its own words."""
    try:
        report = json.loads(ran.out)
    except (ValueError, RecursionError):
        report = {}
    return (messages(report) if isinstance(report, dict) else "") or ran.explain()


def messages(report: dict[str, Any]) -> str:
    """smartctl's own words on what went wrong."""
    listed = _part(report, "smartctl").get("messages")
    words = [_text(one, "string") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return "; ".join(word.strip().rstrip(".") for word in words if word.strip())[:200]


def _part(value: Any, key: str) -> dict[str, Any]:
    inner = value.get(key) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def _first(table: Any) -> dict[str, Any]:
    return table[0] if isinstance(table, list) and table and isinstance(table[0], dict) else {}


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: dict[str, Any], key: str) -> str:
    found = value.get(key)
    return " ".join(found.split()) if isinstance(found, str) else ""


if __name__ == "__main__":
    run_script(test)
