"""The drives' self-tests: smartctl's answers, and what they mean.

Recorded: ``loop`` by smartctl 7.4 (Debian 13). Real ATA answers are read from the shared dumps (smartctl 7.0, 7.1).
The others are written after smartmontools 7.4's source (ataprint.cpp, nvmeprint.cpp, scsiprint.cpp), because no drive
here fails its test on demand.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from agent.hwtests.programs import drive_self_test
from agent.hwtests.programs.drive_self_test import judge, parse, said, started
from agent.hwtests.script import Request, Stopped
from agent.tools import MISSING, TIMED_OUT, Ran

SHARED = Path(os.environ.get("RECYCLERIE_SHARED", Path(__file__).resolve().parents[5] / "shared"))
LOOP = """{"json_format_version": [1, 0], "smartctl": {"version": [7, 4], "pre_release": false,
  "svn_revision": "5530", "argv": ["smartctl", "-j", "-i", "-c", "-l", "selftest", "/dev/loop1"],
  "messages": [{"string": "/dev/loop1: Unable to detect device type", "severity": "error"}], "exit_status": 1}}"""


def ata(value: int, words: str = "", **more: Any) -> dict[str, Any]:
    status: dict[str, Any] = {"value": value, "string": words} | more.pop("status", {})
    data = {"self_test": {"status": status, "polling_minutes": {"short": 2, "extended": 60}}}
    able = {"capabilities": {"self_tests_supported": more.pop("able", True)}}
    return {"device": {"protocol": "ATA"}, "ata_smart_data": data | able} | more


def nvme(operation: int, code: int | None = None, words: str = "", **more: Any) -> dict[str, Any]:
    log: dict[str, Any] = {"current_self_test_operation": {"value": operation, "string": ""}} | more
    if code is not None:
        entry = {"self_test_code": {"value": 1}, "self_test_result": {"value": code, "string": words}, "lba": 77}
        log["table"] = [entry, {"self_test_result": {"value": 7}}]
    return {
        "device": {"protocol": "NVMe"}, "nvme_optional_admin_commands": {"self_test": True}, "nvme_self_test_log": log,
    }  # fmt: skip


def scsi(code: int, words: str, **more: Any) -> dict[str, Any]:
    first = {"code": {"value": 1, "string": "Background short"}, "result": {"value": code, "string": words}} | more
    return {"device": {"protocol": "SCSI"}, "scsi_self_test_0": first}


NO_NVME_TEST = {"device": {"protocol": "NVMe"}, "nvme_optional_admin_commands": {"self_test": False}}
LOG = {"ata_smart_self_test_log": {"standard": {"table": [{"lba": 123456}]}}}


@pytest.mark.parametrize(
    ("report", "protocol", "running", "done", "passed", "lba"),
    [
        (ata(0, "completed without error"), "ATA", False, None, True, None),
        (ata(249, "in progress", status={"remaining_percent": 90}), "ATA", True, 0.1, None, None),
        (ata(240, "in progress"), "ATA", True, None, None, None),
        (ata(121, "completed with a read failure", **LOG), "ATA", False, None, False, 123456),
        (ata(48, "fatal error"), "ATA", False, None, False, None),
        (ata(25, "was aborted by the host"), "ATA", False, None, None, None),
        (ata(0, able=False), "", False, None, None, None),
        (nvme(0, 0, "Completed without error"), "NVMe", False, None, True, None),
        (nvme(1, 0, "", current_self_test_completion_percent=40), "NVMe", True, 0.4, True, None),
        (nvme(0, 7, "Completed: segment failed"), "NVMe", False, None, False, 77),
        (nvme(0, 1, "Aborted: Self-test command"), "NVMe", False, None, None, None),
        (nvme(0), "NVMe", False, None, None, None),
        (NO_NVME_TEST, "", False, None, None, None),
        (scsi(0, "Completed"), "SCSI", False, None, True, None),
        (scsi(15, "Self-test in progress ..."), "SCSI", True, None, None, None),
        (scsi(7, "Completed, segment failed", lba_first_failure={"value": 9}), "SCSI", False, None, False, 9),
        (scsi(1, "Aborted (by user command)"), "SCSI", False, None, None, None),
        ({"device": {"protocol": "SCSI"}}, "SCSI", False, None, None, None),
    ],
)  # fmt: skip
def test_what_smartctl_says(
    report: dict[str, Any], protocol: str, running: bool, done: float | None, passed: bool | None, lba: int | None
) -> None:
    state = parse(json.dumps(report))
    assert (state.protocol, state.running, state.passed, state.lba) == (protocol, running, passed, lba)
    assert state.done == pytest.approx(done)


def test_a_device_without_smart_says_why() -> None:
    state = parse(LOOP)
    assert (state.protocol, state.why_not) == (
        "",
        "The drive can't be asked: /dev/loop1: Unable to detect device type.",
    )


@pytest.mark.parametrize("text", ["", "[]", "null", "[" * 5000, '{"device": 5}', '{"device": {"protocol": "ATA"}}'])
def test_no_answer_is_no_exception(text: str) -> None:
    assert parse(text).protocol == ""
    assert parse(text).why_not


def test_answers_of_any_shape_are_no_exception() -> None:
    """A value at a time is put out of its place."""
    generator = random.Random(4)
    wrong: list[Any] = [None, 1, -1, 2.5, "x", [], [1], {}, {"value": "y"}, True]

    def spoiled(value: Any, depth: int = 0) -> Any:
        if generator.random() < 0.2 and depth:
            return generator.choice(wrong)
        if isinstance(value, dict):
            return {key: spoiled(inner, depth + 1) for key, inner in value.items()}
        return [spoiled(inner, depth + 1) for inner in value] if isinstance(value, list) else value

    reports = [ata(121, "x", **LOG), nvme(0, 7), scsi(7, "x", lba_first_failure={"value": 9})]
    for _ in range(2000):
        state = parse(json.dumps(spoiled(generator.choice(reports))))
        if state.protocol:
            judge(state, state.announced_seconds)


def test_every_recorded_drive_is_read() -> None:
    folder = SHARED / "hardware" / "smartctl-json"
    if not folder.is_dir():
        pytest.skip(f"the recorded drives are not here: {folder}")
    files = sorted(folder.rglob("*.json"))
    states = {path.name: parse(path.read_text(errors="replace")) for path in files}
    assert len(states) > 50
    whole = [states["smart-fail2.json"], states["smart-ata2.json"]]
    assert [(state.protocol, state.running, state.passed) for state in whole] == [("ATA", False, True)] * 2
    assert [state.announced_seconds for state in whole] == [60.0, 120.0]
    assert all(state.why_not or state.protocol for state in states.values())


@pytest.mark.parametrize(
    ("report", "outcome", "words"),
    [
        (ata(0, "completed without error"), "pass", ""),
        (ata(121, "completed with a read failure", **LOG), "fail", "a fault at LBA 123456: completed with a read"),
        (ata(25, "was aborted by the host"), "skipped", "was aborted by the host"),
        (nvme(0), "skipped", "it says nothing"),
    ],
)
def test_the_drives_own_word(report: dict[str, Any], outcome: str, words: str) -> None:
    judged = judge(parse(json.dumps(report)), 120)
    assert judged.outcome == outcome
    assert words in judged.reason
    assert judged.figures["seconds_announced"] == 120


@pytest.mark.parametrize(
    ("status", "good"),
    [(0, True), (4, False), (2, False), (1, False), (64, True), (0b11001000, True), (MISSING, False), (-9, False)],
)
def test_whether_it_was_started(status: int, good: bool) -> None:
    """Bits 3 and up of the exit status are what the drive had before."""
    assert started(Ran("smartctl", status, "", "")) is good


def test_why_it_was_not_started_in_smartctls_words() -> None:
    assert "Unable to detect device type" in said(Ran("smartctl", 1, LOOP, ""))
    assert said(Ran("smartctl", 2, "", "no")) == "smartctl: exit status 2: no"


class Bench:
    """A drive that answers in turn, and the commands that it got."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *reports: dict[str, Any] | type[BaseException]) -> None:
        self.reports = list(reports)
        self.commands: list[str] = []
        monkeypatch.setattr(drive_self_test, "run", self.run)
        monkeypatch.setattr(drive_self_test, "POLL_SECONDS", 0.0)
        self.start_status = 0

    def run(self, arguments: list[str], **_: Any) -> Ran:
        self.commands.append(" ".join(arguments[1:]))
        if "-t" in arguments:
            return Ran("smartctl", self.start_status, "{}", "")
        if "-X" in arguments:
            return Ran("smartctl", 0, "", "")
        report = self.reports.pop(0)
        if isinstance(report, type):
            raise report
        return Ran("smartctl", 0, json.dumps(report), "")


def test_it_is_started_waited_for_and_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    running = ata(249, "in progress", status={"remaining_percent": 50})
    bench = Bench(monkeypatch, ata(0), running, running, ata(0, "completed without error"))
    outcome = drive_self_test.test(Request({"path": "/dev/sdq"}, {}, {}))
    assert outcome.outcome == "pass"
    assert bench.commands[1] == "-j -t short /dev/sdq"
    assert len(bench.commands) == 5


def test_one_that_runs_already_is_only_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, ata(249), ata(112, "read failure"))
    assert drive_self_test.test(Request({"path": "/dev/sdq"}, {}, {})).outcome == "fail"
    assert not any("-t" in command.split() for command in bench.commands)


def test_it_is_taken_back_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch, ata(0), Stopped)
    with pytest.raises(Stopped):
        drive_self_test.test(Request({"path": "/dev/sdq"}, {}, {}))
    assert bench.commands[-1] == "-X /dev/sdq"


@pytest.mark.parametrize(
    ("start_status", "reports", "outcome", "words"),
    [
        (4, [ata(0)], "skipped", "could not be started"),
        (TIMED_OUT, [ata(0)], "fail", "did not answer"),
        (0, [ata(0), json.loads(LOOP)], "fail", "stopped answering"),
        (0, [json.loads(LOOP)], "skipped", "Unable to detect device type"),
    ],
)
def test_drives_that_do_not_take_part(
    monkeypatch: pytest.MonkeyPatch, start_status: int, reports: list[Any], outcome: str, words: str
) -> None:
    Bench(monkeypatch, *reports).start_status = start_status
    found = drive_self_test.test(Request({"path": "/dev/sdq"}, {}, {}))
    assert (found.outcome, words in found.reason) == (outcome, True), found.reason


def test_it_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(monkeypatch)
    assert drive_self_test.test(Request({"path": "/dev/sdq"}, {"self_test": False}, {})).outcome == "skipped"
    assert bench.commands == []
