"""Jobs on the machines: heard of once each, lost when the machine restarts, judged from their evidence."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.access.secrets import hash_secret
from controller.agents.progress import ProgressBuffer
from controller.core import Core
from controller.database import utcnow
from controller.erasure.authorise import authorise, revoke
from controller.erasure.tables import Erasure
from controller.machines.announce import announce, find_boot
from controller.machines.lifecycle import State
from controller.machines.registry import get_machine
from controller.machines.tables import Boot, ResidentToken
from controller.workflows import transitions
from controller.workflows.jobs import MAX_RESTARTS, hear_log, hear_progress, hear_result
from controller.workflows.outcome import Outcome
from controller.workflows.steplog import MAX_LINES_PER_STEP, Line, LogWriter
from controller.workflows.steps import erase, install
from controller.workflows.steps_list import RECONDITION
from controller.workflows.tables import Job, Run, RunStep, StepLog
from tests.integration.controller.facts import announcement, drive
from tests.integration.controller.test_erase_authorisation import ready, shown
from tests.integration.controller.test_intake import entries
from tests.unit.controller.evidence import GOOD


@pytest.fixture
def erasing(core: Core) -> Core:
    """Machine 1 with two drives, authorised, its run at the erase step, both jobs started."""
    with core.database.write() as session:
        machine = ready(session, drive(1), drive(2, path="/dev/sdb"))
        authorise(session, machine, shown(session, machine), "user:3")
        run = Run(machine_id=machine.id, workflow="recondition", profile="mini", state="running", started_by="user:1")
        run.created_at, run.error_params = utcnow(), {}
        session.add(run)
        session.flush()
        for position, info in enumerate(RECONDITION):
            session.add(RunStep(run_id=run.id, name=info.name, position=position, state="pending", error_params={}))
    assert transitions.begin(core, 1, erase.STEP)["kind"] == "go"
    return core


def poll(core: Core) -> Outcome:
    return transitions.poll(core, 1, erase.STEP)


def jobs(core: Core) -> dict[str, Job]:
    with core.database.read() as session:
        return {job.id: job for job in session.execute(select(Job).order_by(Job.id)).scalars()}


def evidence(number: int, **changes: Any) -> dict[str, Any]:
    """Good evidence for drive ``number``."""
    facts, size = drive(number), drive(number)["size_bytes"]
    return {
        **GOOD,
        "drive_before": facts,
        "drive_after": facts,
        "writer": {**GOOD["writer"], "bytes_written": size},
        "validator": {**GOOD["validator"], "bytes_read": size, "bytes_expected": size},
        "size_bytes_native": size,
        **changes,
    }


def result(job_id: str, number: int, state: str = "succeeded", error: str = "", **changes: Any) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "kind": "erase",
        "state": state,
        "error": error,
        "result": {"evidence": evidence(number, **changes), "outcome": "erased"},
    }


def hear(core: Core, body: dict[str, Any], machine_id: int = 1) -> bool:
    with core.database.write() as session:
        return hear_result(session, machine_id, body) is not None


def test_preparing_again_plans_nothing_twice(erasing: Core) -> None:
    """A controller killed right after the step's beginning does it once more."""
    assert transitions.begin(erasing, 1, erase.STEP)["kind"] == "go"
    assert list(jobs(erasing)) == ["r1-erase-d1-1", "r1-erase-d2-1"]
    with erasing.database.read() as session:
        assert len(entries(session, "erase.started")) == 2
        assert len(session.execute(select(Erasure)).scalars().all()) == 2
        assert get_machine(session, 1).state is State.ERASING


def test_progress_is_summed_and_a_result_ends_it(erasing: Core) -> None:
    body = {"job_id": "r1-erase-d1-1", "phase": "write", "done": 1000, "total": 4000, "unit": "bytes"}
    with erasing.database.write() as session:
        hear_progress(session, 1, {**body, "rate_per_second": 10.0, "eta_seconds": 300.0})
        hear_progress(session, 1, {**body, "job_id": "r1-erase-d2-1", "eta_seconds": 60})
        step = session.execute(select(RunStep).where(RunStep.name == "erase")).scalar_one()
        assert (step.done, step.total, step.eta_seconds) == (2000, 8000, 300.0)
        hear_result(session, 1, result("r1-erase-d1-1", 1))
        hear_progress(session, 1, {**body, "done": 1})  # late: it has ended
        job = session.get_one(Job, "r1-erase-d1-1")
        assert (job.state, job.done, step.eta_seconds) == ("succeeded", job.total, 60)


def test_another_machines_news_are_dropped(erasing: Core) -> None:
    with erasing.database.write() as session:
        hear_progress(session, 2, {"job_id": "r1-erase-d1-1", "done": 1})
        assert hear_log(session, 2, {"job_id": "r1-erase-d1-1", "text": "x"}) == []
    assert not hear(erasing, result("r1-erase-d1-1", 1), machine_id=2)
    assert not hear(erasing, result("r9-erase-d1-1", 1))
    assert {job.state for job in jobs(erasing).values()} == {"starting"}


def test_a_result_counts_once(erasing: Core) -> None:
    assert hear(erasing, result("r1-erase-d1-1", 1))
    assert not hear(erasing, result("r1-erase-d1-1", 1, "failed", "no"))
    assert jobs(erasing)["r1-erase-d1-1"].state == "succeeded"


@pytest.mark.parametrize("said", [[1], "erased", None, 7])
def test_a_result_that_is_none(erasing: Core, said: Any) -> None:
    """Never erased, and never a fault of ours."""
    assert hear(erasing, {"job_id": "r1-erase-d1-1", "state": "succeeded", "result": said})
    assert hear(erasing, {"job_id": "r1-erase-d2-1", "state": "nonsense", "result": {"evidence": said}})
    outcome = poll(erasing)
    assert outcome["kind"] == "failed"
    with erasing.database.read() as session:
        assert {e.outcome for e in session.execute(select(Erasure)).scalars()} == {"unknown"}


def test_both_erased(erasing: Core) -> None:
    hear(erasing, result("r1-erase-d1-1", 1))
    assert poll(erasing)["kind"] == "wait"  # the other is at work
    with erasing.database.read() as session:
        assert len(entries(session, "drive.claim")) == 1  # judged at once
    hear(erasing, result("r1-erase-d2-1", 2))
    assert poll(erasing)["kind"] == "done"
    poll(erasing)
    with erasing.database.read() as session:
        claims = entries(session, "drive.claim")
        assert [(c["subject"], c["body"]["outcome"], c["body"]["level"]) for c in claims] == [
            ("drive:1", "erased", "clear"),
            ("drive:2", "erased", "clear"),
        ]
    assert transitions.finish(erasing, 1, erase.STEP, {})["kind"] == "go"
    with erasing.database.read() as session:
        assert get_machine(session, 1).state is State.ERASED


def test_counters_beyond_what_json_holds_exactly(erasing: Core) -> None:
    """A drive whose SMART says 2⁶⁴ - 1 is erased like any other."""
    huge: dict[str, Any] = {"smart_before": {"power_on_hours": 2**64 - 1}}
    hear(erasing, result("r1-erase-d1-1", 1, **huge))
    hear(erasing, result("r1-erase-d2-1", 2, **huge))
    assert poll(erasing)["kind"] == "done"


def test_one_bad_drive_fails_the_step_and_is_erased_again(erasing: Core) -> None:
    """The good one keeps its claim; trying again starts a new job for the bad one alone."""
    found = [{"offset": 512, "error": "Input/output error, seen in /home/marie"}]
    hear(erasing, result("r1-erase-d1-1", 1))
    hear(erasing, result("r1-erase-d2-1", 2, writer={**GOOD["writer"], "errors": found}))
    outcome = poll(erasing)
    assert outcome["kind"] == "failed"
    assert "S3Z9NB0K000002" in outcome["params"]["drive"]
    transitions.fail(erasing, 1, "erase", outcome)
    with erasing.database.write() as session:
        assert get_machine(session, 1).state is State.HELD
        assert "marie" not in str(entries(session))
        get_machine(session, 1).state_name = State.ERASING.value  # released
    transitions.begin(erasing, 1, erase.STEP)
    assert {i: j.state for i, j in jobs(erasing).items()} == {
        "r1-erase-d1-1": "succeeded",
        "r1-erase-d2-1": "failed",
        "r1-erase-d2-2": "starting",
    }
    hear(erasing, result("r1-erase-d2-2", 2))
    assert poll(erasing)["kind"] == "done"
    with erasing.database.read() as session:
        outcomes = session.execute(select(Erasure.job_id, Erasure.outcome).order_by(Erasure.job_id)).all()
        assert [tuple(row) for row in outcomes] == [
            ("r1-erase-d1-1", "erased"),
            ("r1-erase-d2-1", "not_erased"),
            ("r1-erase-d2-2", "erased"),
        ]


def test_what_the_gate_refused_is_said_in_its_own_words(erasing: Core) -> None:
    refused = {"drive_before": None, "drive_after": None, "writer": None, "validator": None}
    why = "Nothing was written to /dev/sda: the serial is S2, the authorisation says S1."
    hear(erasing, result("r1-erase-d1-1", 1, "failed", why, **refused))
    hear(erasing, result("r1-erase-d2-1", 2))
    outcome = poll(erasing)
    assert outcome["kind"] == "failed"
    assert why in str(outcome["params"])
    with erasing.database.read() as session:
        assert why not in str(entries(session))


def restart(session: Session, boot: int) -> None:
    """The machine is switched on again."""
    announce(session, "main", announcement(1, boot), "10.0.0.7", None)


def test_a_machine_that_was_restarted_starts_over(erasing: Core) -> None:
    for number in range(2, MAX_RESTARTS + 1):
        with erasing.database.write() as session:
            restart(session, number)
        assert poll(erasing)["kind"] == "again"
        assert transitions.begin(erasing, 1, erase.STEP)["kind"] == "go"
    with erasing.database.write() as session:
        restart(session, 99)
    outcome = poll(erasing)
    assert outcome["kind"] == "failed"  # not for ever
    assert len(jobs(erasing)) == 2 * MAX_RESTARTS


def test_silence_holds_the_machine(erasing: Core) -> None:
    limit = erasing.settings.job_silence_seconds
    assert poll(erasing)["kind"] == "wait"
    with erasing.database.write() as session:
        before = utcnow() - dt.timedelta(seconds=limit + 1)
        for job in session.execute(select(Job)).scalars():
            job.heard_at = before
        get_machine(session, 1).last_heard_at = before
    assert "said nothing" in poll(erasing)["error"]
    with erasing.database.write() as session:
        get_machine(session, 1).last_heard_at = utcnow()
    assert "has not moved" in poll(erasing)["error"]  # the machine speaks, its drive does not move
    with erasing.database.write() as session:
        hear_progress(session, 1, {"job_id": "r1-erase-d1-1", "phase": "write", "done": 5, "total": 10})
        hear_progress(session, 1, {"job_id": "r1-erase-d2-1", "phase": "write", "done": 5, "total": 10})
    assert poll(erasing)["kind"] == "wait"


def test_an_authorisation_withdrawn_in_the_middle(erasing: Core) -> None:
    with erasing.database.write() as session:
        revoke(session, get_machine(session, 1), "user:1", "withdrawn")
    assert transitions.begin(erasing, 1, erase.STEP)["kind"] == "go"  # act says why it can't go on
    assert len(jobs(erasing)) == 2


@pytest.mark.parametrize(
    "body",
    [
        {"done": 2**70, "total": 2**70},
        {"done": -5, "total": "x"},
        {"done": None, "eta_seconds": "soon"},
        {"rate_per_second": {"a": 1}},
        {"done": 1e400},
        {"phase": "p" * 1000, "unit": "u" * 1000, "message": "m" * 10_000},
        {},
    ],
)
def test_progress_that_makes_no_sense_loses_nobody_elses(erasing: Core, body: dict[str, Any]) -> None:
    buffer = ProgressBuffer(erasing)
    buffer.heard(1, 1)
    buffer.progress(1, {"job_id": "r1-erase-d1-1", **body})
    buffer.progress(1, {"job_id": "r1-erase-d2-1", "phase": "write", "done": 7, "total": 9})
    buffer.flush()
    assert jobs(erasing)["r1-erase-d2-1"].done == 7
    with erasing.database.read() as session:
        assert session.get_one(Boot, 1).last_heard_at > utcnow() - dt.timedelta(seconds=10)


def test_progress_after_the_result_is_forgotten(erasing: Core) -> None:
    buffer = ProgressBuffer(erasing)
    buffer.progress(1, {"job_id": "r1-erase-d1-1", "done": 7, "total": 9})
    buffer.forget("r1-erase-d1-1")
    buffer.flush()
    assert jobs(erasing)["r1-erase-d1-1"].done == 0


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ([(0, "one\ntwo\n"), (8, "three\n")], ["one", "two", "three"]),
        ([(0, "one\n"), (0, "one\n")], ["one"]),  # sent twice
        ([(0, "one\n"), (0, "one\ntwo\n")], ["one", "two"]),  # overlapping
        ([(0, "one\n"), (100, "after a gap\n")], ["one", "after a gap"]),
        ([(0, "é\n"), (3, "è\n")], ["é", "è"]),  # bytes, not letters
        ([(0, "\n \n")], []),
        ([(-5, "one\n")], ["one"]),
    ],
)
def test_logs_are_taken_once(erasing: Core, pieces: list[tuple[int, str]], lines: list[str]) -> None:
    taken = []
    for offset, text in pieces:
        with erasing.database.write() as session:
            taken += hear_log(session, 1, {"job_id": "r1-erase-d1-1", "offset": offset, "text": text})
    assert [line.text for line in taken] == lines


def test_step_logs_are_bounded_and_survive_nonsense(erasing: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.workflows.steplog.MAX_LINES_PER_STEP", 10)
    assert MAX_LINES_PER_STEP > 1000
    writer = LogWriter(erasing.database)
    writer.start()
    writer.put(Line(step_id=4711, source="nowhere", text="a step that doesn't exist"))
    writer.flush()
    for number in range(30):
        writer.put(Line(step_id=3, source="ansible", text=f"line {number} \0 \ud83d"))
    writer.flush()
    writer.stop()
    with erasing.database.read() as session:
        texts = session.execute(select(StepLog.text).order_by(StepLog.id)).scalars().all()
    assert len(texts) == 11
    assert texts[0] == "line 0  \ufffd"
    assert "longer than 10 lines" in texts[-1]


def test_an_install_prepared_twice_is_one_fact(erasing: Core) -> None:
    folder = erasing.settings.image_dir / "os" / "mini"
    folder.mkdir(parents=True)
    (folder / "image.zst").touch()
    (folder / "manifest.json").write_text(json.dumps({"version": "1", "size_bytes": 10**9}))
    with erasing.database.write() as session:
        get_machine(session, 1).state_name = State.ERASED.value
        get_machine(session, 1).first_password = "of-the-family-before"
    passwords = set()
    for _ in range(2):
        assert transitions.begin(erasing, 1, install.STEP)["kind"] == "go"
        with erasing.database.read() as session:
            passwords.add(get_machine(session, 1).first_password)
    assert len(passwords - {"of-the-family-before", ""}) == 1
    with erasing.database.read() as session:
        (entry,) = entries(session, "install.started")
        assert entry["body"]["profile"] == "mini"
        assert [j.kind for j in jobs(erasing).values()] == ["erase", "erase", "install"]


def test_an_image_that_was_not_built_is_said(erasing: Core) -> None:
    outcome = transitions.begin(erasing, 1, install.STEP)
    assert outcome["kind"] == "failed"
    assert "has not been built" in outcome["error"]


def test_an_install_started_twice_keeps_its_first_token(erasing: Core) -> None:
    """The unit may run already, with the first one; a token of an earlier install is void at once."""
    with erasing.database.write() as session:
        machine = get_machine(session, 1)
        session.add(ResidentToken(machine_id=1, token_hash=hash_secret("old"), created_at=utcnow()))
        session.flush()
        step = session.execute(select(RunStep).where(RunStep.name == "install")).scalar_one()
        now = utcnow()
        job = Job(id="r1-install-d1-1", step_id=step.id, machine_id=1, kind="install", created_at=now, heard_at=now)
        session.add(job)
        session.flush()
        first = install._new_resident_token(session, machine, job)
        second = install._new_resident_token(session, machine, job)
        session.flush()
        valid = set(
            session.execute(select(ResidentToken.token_hash).where(ResidentToken.revoked_at.is_(None))).scalars()
        )
        assert valid == {hash_secret(first), hash_secret(second)}
        said = announcement(mode="resident", boot_id="resident-1", boot_secret="r" * 64)
        announce(session, "main", said, "10.0.0.7", first)
        assert find_boot(session, first) is not None
        assert find_boot(session, second) is None
