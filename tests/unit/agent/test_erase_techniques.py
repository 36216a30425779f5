"""What the erase techniques make of the tools' words, and the parts of the executor that need no drive."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from agent.errors import AgentError
from agent.jobs import canaries, validate_marks
from agent.jobs.canaries import canary, canary_places
from agent.jobs.erase_before import interruptions_before
from agent.jobs.erase_evidence import check_plan
from agent.jobs.erase_hidden import areas_left, native_of
from agent.jobs.erase_preparations.ground import PreparationFailed
from agent.jobs.erase_preparations.holders import holding, refuse_used
from agent.jobs.erase_run import may_go_on
from agent.jobs.erase_techniques.attempt import TECHNIQUES, new_attempt
from agent.jobs.erase_techniques.bench import Stopped
from agent.jobs.erase_techniques.commands import accepted, run_tool, why_not
from agent.jobs.erase_techniques.nvme_state import parse_sanitize_log, succeeded
from agent.jobs.erase_techniques.scsi_sanitize import parse_sense
from agent.jobs.erase_techniques.watch import NoAnswer, limit_seconds
from agent.jobs.machine_sleep import Floor, sleepers
from agent.jobs.target_gate import Target, allowed_sizes, judge, refusals, spec_key
from agent.protocol_erase import CommandRecord
from agent.protocol_erase import Technique as TechniqueName
from agent.tools import Ran
from tests.integration.agent.played import erase_plan

MIB = 2**20


def test_every_technique_of_the_vocabulary_is_known() -> None:
    assert set(TECHNIQUES) == set(TechniqueName.__args__)  # type: ignore[attr-defined]
    check_plan(erase_plan(*TECHNIQUES))


@pytest.mark.parametrize(
    "change",
    [
        {"techniques": []},
        {"writer": "dd"},
        {"preparations": ["reboot"]},
        {"validation": {"mode": "none"}},
        {"canaries": -1},
    ],
)
def test_a_plan_that_is_not_understood_to_the_letter(change: dict[str, Any]) -> None:
    with pytest.raises(AgentError, match="does not know the erase plan"):
        check_plan(erase_plan() | change)


def test_blkdiscard_is_no_technique() -> None:
    with pytest.raises(AgentError):
        check_plan(erase_plan("blkdiscard"))


@pytest.mark.parametrize(
    ("ran", "good", "said"),
    [
        (Ran("hdparm", 0, "Operation started in background\n", ""), True, ""),
        (Ran("hdparm", 0, "", "SG_IO: bad/missing sense data, sb[]:  70 00 05\n"), False, "bad/missing sense data"),
        (Ran("hdparm", 0, "SG_IO: questionable sense data, results may be incorrect\n", ""), False, "questionable"),
        (Ran("hdparm", 5, "", "SANITIZE failed: Input/output error\n"), False, "exit status 5"),
        (Ran("nvme", 127, "", ""), False, "not installed"),
    ],
)
def test_exit_status_0_is_not_believed_alone(ran: Ran, good: bool, said: str) -> None:
    assert accepted(ran) is good
    assert said in why_not(ran)


def test_commands_are_recorded_and_bounded(tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\nhead -c 100000 /dev/zero | tr '\\0' x; echo no >&2; exit 3\n")
    tool.chmod(0o755)
    records: list[CommandRecord] = []
    ran = run_tool(records, [str(tool), "a", "b"])
    assert ran.status == records[0]["exit_status"] == 3
    assert records[0]["argv"] == [str(tool), "a", "b"]
    assert len(records[0]["stdout"]) == 16 * 2**10
    assert records[0]["stderr"] == "no\n"


def test_equal_questions_fill_no_evidence() -> None:
    """A sanitize may be asked for its progress for a day: the first and the last answer are kept."""
    records: list[CommandRecord] = []
    for argv in (["true", "start"], *([["true", "status"]] * 6), ["true", "end"]):
        run_tool(records, argv)
    assert [record["argv"][1] for record in records] == ["start", "status", "status", "end"]


def test_a_command_that_never_ends(tmp_path: Path) -> None:
    records: list[CommandRecord] = []
    began = time.monotonic()
    assert run_tool(records, ["sleep", "60"], seconds=0.2).status == 124
    assert records[0]["exit_status"] is None

    def stop(gone: float) -> None:
        raise Stopped("stopped from outside")

    with pytest.raises(Stopped):
        run_tool(records, ["sleep", "60"], waiting=stop)
    assert records[1]["exit_status"] is None
    assert time.monotonic() - began < 60  # neither of them was waited for to its end


@pytest.mark.parametrize(
    ("sstat", "state", "good"),
    [("0", "idle", False), ("0x1", "idle", True), ("0x101", "idle", True), ("0x2", "running", False),
     ("0x3", "failed", False), ("0x4", "idle", True)],
)  # fmt: skip
def test_nvme_sanitize_log(sstat: str, state: str, good: bool) -> None:
    text = (
        "Sanitize Progress                      (SPROG) :  23297 (35.548401%)\n"
        f"Sanitize Status                        (SSTAT) :  {sstat}\n"
        "Sanitize Command Dword 10 Information (SCDW10) :  0x2\n"
    )
    status = parse_sanitize_log(text)
    assert (status.state, succeeded(status), status.log["scdw10"]) == (state, good, 2)
    assert status.progress == pytest.approx(0.3555, abs=0.001)
    with pytest.raises(NoAnswer):
        parse_sanitize_log("")


@pytest.mark.parametrize(
    ("text", "state", "progress"),
    [
        (
            "Fixed format, current; Sense key: No Sense\nAdditional sense: No additional sense information\n",
            "idle",
            None,
        ),
        (
            "Fixed format, current; Sense key: Not Ready\n"
            "Additional sense: Logical unit not ready, sanitize in progress\n  Progress indication: 12.50%\n",
            "running",
            0.125,
        ),
        ("Fixed format, current; Sense key: Medium Error\nAdditional sense: Sanitize command failed\n", "failed", None),
    ],
)
def test_scsi_sense(text: str, state: str, progress: float | None) -> None:
    status = parse_sense(text)
    assert (status.state, status.progress) == (state, progress)
    assert bool(status.log["sense"]) == (state != "idle")


def test_a_drive_that_is_busy_locked_or_gone_gets_no_other_technique() -> None:
    attempt = new_attempt("ata-security-erase")
    for outcome, on in [("refused", True), ("failed", True), ("stalled", False), ("lost", False), ("stopped", False)]:
        assert may_go_on(attempt | {"outcome": outcome}) is on  # type: ignore[arg-type]
    assert not may_go_on(attempt | {"outcome": "failed", "log_after": {"password_left": "it is"}})


def test_time_limits() -> None:
    assert limit_seconds(2.0) == 1800.0
    assert limit_seconds(7200.0) == 28800.0


# -- canaries ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [8192, 4096 * 3, 9 * MIB + 512 * 3, 64 * MIB])
@pytest.mark.parametrize("block", [512, 4096])
def test_canary_places(size: int, block: int) -> None:
    places = canary_places(size // block * block, block, 16)
    last = (size // block * block - 4096) // block * block
    assert places[0] == 0
    assert places[-1] == last
    assert all(b - a >= 4096 for a, b in itertools.pairwise(places))
    assert all(at % block == 0 for at in places)
    assert canary_places(size, block, 0) == []


def test_writer_and_validator_agree_on_the_public_rule() -> None:
    """Two implementations on purpose: ours writes, the validator's computes for itself."""
    key = bytes(range(16))
    for at in (0, 4096, 9 * MIB + 512):
        assert canary(key, at) == validate_marks.canary_block(key, at)
    assert "canaries" not in Path(validate_marks.__file__).read_text().split('"""')[2].split("import")[0]
    assert "validate_" not in Path(canaries.__file__).read_text()


def test_canaries_that_can_not_be_written_are_told(tmp_path: Path) -> None:
    file = tmp_path / "drive"
    file.write_bytes(bytes(MIB))
    fd = os.open(file, os.O_RDONLY)
    try:
        told = canaries.write_canaries(fd, MIB, 512, 4)
    finally:
        os.close(fd)
    assert (told["written"], told["places"]) == (False, [])
    assert told["errors"][0]["error"] == "EBADF"


# -- the gate and a drive that grows -------------------------------------------------------------------------------

DRIVE = {"path": "/dev/sda", "serial": "WCC4N0000001", "wwn": "", "model": "M", "size_bytes": 1000, "in_use": []}
KEY = {"serial": "WCC4N0000001", "wwn": "", "model": "M", "size_bytes": 1000}


def spec(*preparations: str, **key: Any) -> dict[str, Any]:
    return {"chassis": {}, "drive": KEY | key, "plan": {"preparations": list(preparations)}}


@pytest.mark.parametrize(
    ("wanted", "drive", "good"),
    [
        (spec(), {}, True),
        (spec("remove-hpa", native_bytes=1200), {}, True),
        (spec("remove-hpa", native_bytes=1200), {"size_bytes": 1200}, True),
        (spec("remove-dco", native_bytes=1200), {"size_bytes": 1200}, True),
        (spec("remove-ama", native_bytes=1200), {"size_bytes": 1200}, True),
        (spec("remove-hpa", native_bytes=1200), {"size_bytes": 1100}, False),
        (spec("remove-hpa", native_bytes=1200), {"size_bytes": 1300}, False),
        (spec("remove-hpa", native_bytes=800), {"size_bytes": 800}, False),  # a drive only ever grows
        (spec("remove-hpa"), {"size_bytes": 1200}, False),
        (spec("thaw", native_bytes=1200), {"size_bytes": 1200}, False),
        (spec("remove-hpa", native_bytes=1200), {"size_bytes": 1200, "serial": "WCC4N0000002"}, False),
        (spec("remove-hpa", native_bytes=1200), {"size_bytes": 1200, "model": "N"}, False),
        (spec("remove-hpa", native_bytes=1200), {"size_bytes": 1200, "wwn": "0x5"}, False),
    ],
)
def test_a_drive_may_grow_to_its_recorded_native_size_only(
    wanted: dict[str, Any], drive: dict[str, Any], good: bool
) -> None:
    found, reasons = judge(wanted, {}, [DRIVE | drive])
    assert (found is not None) is good, reasons


def test_sizes_and_keys() -> None:
    assert allowed_sizes(KEY) == (1000,)
    assert "native_bytes" not in spec_key({"drive": KEY | {"native_bytes": 5}})  # an install has no plan
    assert "native_bytes" not in spec_key({"drive": KEY | {"native_bytes": 5}, "plan": {"preparations": None}})


def test_holders_are_allowed_only_where_they_will_be_taken_down() -> None:
    held = DRIVE | {"in_use": ["held by vg-root (sda2)"]}
    assert refusals(held)
    assert refusals(held, holders=True) == []
    assert refusals(held | {"in_use": ["mounted at /mnt (/dev/dm-0)", "held by vg-root (sda2)"]}, holders=True)
    assert refusals(held | {"boot_medium": True}, holders=True)


def test_hidden_areas() -> None:
    area: Any = {"kind": "hpa", "visible_bytes": 900, "native_bytes": 1000}
    target = Target("/dev/sda", "8:0", 900, 512, {})
    assert areas_left([area], target) == [area]
    assert areas_left([area], Target("/dev/sda", "8:0", 1000, 512, {})) == []
    facts: Any = {"ata": {"hidden": [area], "native_bytes": None}}
    assert native_of(facts) == 1000
    without_ata: Any = {**facts, "ata": None}
    assert native_of(without_ata) is None


# -- holders -------------------------------------------------------------------------------------------------------


def fake_sysfs(root: Path) -> Path:
    """sda2 is in the array md0, on which the volume group's dm-0 and, above it, dm-1 lie."""
    blocks = root / "sys/class/block"
    for name, number in (("sda", "8:0"), ("md0", "9:0"), ("dm-0", "253:0"), ("dm-1", "253:1")):
        (blocks / name / "holders").mkdir(parents=True)
        (blocks / name / "dev").write_text(number + "\n")
    part = blocks / "sda/sda2"
    (part / "holders").mkdir(parents=True)
    (part / "partition").write_text("2\n")
    (part / "dev").write_text("8:2\n")
    (part / "holders/md0").mkdir()
    (blocks / "md0/holders/dm-0").mkdir()
    (blocks / "dm-0/holders/dm-1").mkdir()
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/mountinfo").write_text("")
    return root


def test_the_topmost_holder_goes_first(tmp_path: Path) -> None:
    root = fake_sysfs(tmp_path)
    assert holding(root, "sda") == ["dm-1", "dm-0", "md0"]
    refuse_used(root, holding(root, "sda"))
    (root / "proc/self/mountinfo").write_text("36 35 253:1 / /mnt rw - ext4 /dev/dm-1 rw\n")
    with pytest.raises(PreparationFailed, match="mounted at /mnt"):
        refuse_used(root, holding(root, "sda"))


# -- what went before ----------------------------------------------------------------------------------------------


def job(folder: Path, name: str, key: dict[str, Any], **files: Any) -> Path:
    where = folder / name
    where.mkdir(parents=True)
    (where / "spec.json").write_text(
        json.dumps({"job_id": name, "kind": "erase", "drive": key} | files.pop("more", {}))
    )
    for file, content in files.items():
        (where / f"{file}.json").write_text(json.dumps(content))
    return where


def test_interruptions(tmp_path: Path) -> None:
    at = {"started_at": "2026-01-01T10:00:00Z", "phase": "write", "done": 5, "total": 9}
    job(tmp_path, "r1-erase-d1-1", KEY, progress=at)  # its process was killed
    job(tmp_path, "r1-erase-d1-2", KEY, progress=at, result={"state": "lost"})
    job(tmp_path, "r1-erase-d1-3", KEY, progress=at, result={"state": "failed"})  # ended by itself
    job(tmp_path, "r1-erase-d2-1", KEY | {"serial": "WCC4N0000002"}, progress=at)
    own = job(tmp_path, "r1-erase-d1-4", KEY)
    resumed, found = interruptions_before({"drive": KEY}, own)
    assert resumed == "r1-erase-d1-1"
    assert [one["what"].split()[2] for one in found] == ["r1-erase-d1-1", "r1-erase-d1-2"]
    assert "write, 5 of 9 bytes" in found[0]["what"]


def test_an_interruption_that_left_no_trace(tmp_path: Path) -> None:
    """After a power cut the folder of the job before is gone with the memory it was in."""
    first = job(tmp_path, "r1-erase-d1-1", KEY)
    assert interruptions_before({"drive": KEY}, first) == ("", [])
    second = job(tmp_path, "r1-erase-d2-2", KEY)
    resumed, found = interruptions_before({"drive": KEY}, second)
    assert resumed == "r1-erase-d2-1"
    assert "power cut" in found[0]["what"]
    resumed, found = interruptions_before({"drive": KEY, "resumes": "r1-erase-d2-0"}, second)
    assert (resumed, len(found)) == ("r1-erase-d2-0", 1)


def test_a_job_that_failed_is_no_interruption(tmp_path: Path) -> None:
    at = {"started_at": "2026-01-01T10:00:00Z", "phase": "write", "done": 5, "total": 9}
    job(tmp_path, "r1-erase-d1-1", KEY, progress=at, result={"state": "failed"})
    assert interruptions_before({"drive": KEY}, job(tmp_path, "r1-erase-d1-2", KEY)) == ("", [])


# -- one sleep for all ---------------------------------------------------------------------------------------------


def test_who_will_put_the_machine_to_sleep(tmp_path: Path) -> None:
    own = job(tmp_path, "a", KEY)
    plan = {"plan": {"preparations": ["thaw"]}}
    other = job(tmp_path, "b", KEY, more=plan)
    job(tmp_path, "c", KEY, more=plan, result={})
    assert sleepers(own) == ["b"]  # young, its unit is about to start
    old = time.time() - 100
    os.utime(other / "spec.json", (old, old))
    assert sleepers(own) == []  # it never started
    (other / "lock").touch()
    code = f"import fcntl, time\nf = open({str(other / 'lock')!r}, 'w')\nfcntl.flock(f, 2)\n"
    code += "print('in', flush=True)\ntime.sleep(60)\n"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        assert sleepers(own) == ["b"]
        (other / "thawed").touch()
        assert sleepers(own) == []
    finally:
        process.kill()
        process.wait()


def test_the_floor_is_shared_by_workers_and_alone_for_a_sleeper(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    first, second, sleeper = (Floor(tmp_path / name) for name in ("a", "b", "c"))

    def at_once(gone: float) -> None:
        raise TimeoutError

    first.enter(0.0, at_once)
    second.enter(0.0, at_once)
    with pytest.raises(TimeoutError):
        sleeper.alone(at_once)
    first.close()
    second.close()
    sleeper.alone(at_once)
    sleeper.leave()
    sleeper.close()
