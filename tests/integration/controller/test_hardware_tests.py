"""The tests of a machine on both databases: planned once, kept once, judged; what stops a run, and who carries on."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from agent.errors import AgentError
from agent.jobs.folder import JobFolder
from agent.jobs.progress import Progress
from agent.jobs.runner import make_job
from controller.core import Core
from controller.database import utcnow
from controller.errors import Conflict
from controller.hardware_tests.hands_on import hear_hands_on
from controller.hardware_tests.keeping import as_told
from controller.hardware_tests.latest import latest_tests
from controller.hardware_tests.options import longest_seconds
from controller.hardware_tests.tables import HardwareTest
from controller.i18n import set_language
from controller.ledger.chain import canonical_digest
from controller.machines.announce import announce
from controller.machines.lifecycle import State
from controller.machines.registry import get_machine
from controller.web.views.people import Actors
from controller.web.views.run import run_view
from controller.workflows import transitions
from controller.workflows.context import Acting
from controller.workflows.control import Control
from controller.workflows.jobs import MAX_RESTARTS, hear_progress, hear_result
from controller.workflows.outcome import Outcome
from controller.workflows.runner import PlayResult
from controller.workflows.steplog import LogWriter
from controller.workflows.steps import test as step
from controller.workflows.steps_list import RECONDITION
from controller.workflows.tables import Job, Run, RunStep
from tests.integration.controller.facts import announcement, chassis
from tests.integration.controller.playing import NotingEngine
from tests.integration.controller.test_erase_authorisation import ready
from tests.integration.controller.test_intake import entries


def found(name: str, outcome: str = "pass", **changes: Any) -> dict[str, Any]:
    """One result, as a machine tells it."""
    subsystem = {"drive-surface": "drive"}.get(name, name)
    base: dict[str, Any] = {
        "name": name,
        "subsystem": subsystem,
        "target": "",
        "outcome": outcome,
        "reason": "" if outcome == "pass" else "It doesn't work.",
        "figures": {},
        "started_at": "2026-01-01T10:00:00Z",
        "seconds": 2.5,
        "automatic": True,
    }
    return base | changes


GOOD = [
    found("memory", figures={"errors": 0, "tested_bytes": 2**32, "total_bytes": 2**32}),
    found("drive-surface", target="S3Z9NB0K000001", figures={"profile": [120.5, 119.0, 60.25]}),
    found("camera", "fail"),  # does not stop a machine
]
BAD_MEMORY = found("memory", "fail", figures={"errors": 3, "tested_bytes": 2**32, "total_bytes": 2**32})


@pytest.fixture
def testing(core: Core) -> Core:
    """Machine 1, inspected, its run at its tests, the job planned."""
    with core.database.write() as session:
        machine = ready(session)
        run = Run(machine_id=machine.id, workflow="recondition", profile="mini", state="running", started_by="user:1")
        run.created_at, run.error_params, run.generation = utcnow(), {}, 1
        session.add(run)
        session.flush()
        for position, info in enumerate(RECONDITION):
            state = "succeeded" if position == 0 else "pending"
            session.add(RunStep(run_id=run.id, name=info.name, position=position, state=state, error_params={}))
    assert begin(core)["kind"] == "go"
    return core


def begin(core: Core) -> Outcome:
    return transitions.begin(core, 1, step.STEP)


def poll(core: Core) -> Outcome:
    return transitions.poll(core, 1, step.STEP)


def act(core: Core) -> Outcome:
    with core.database.read() as session:
        row = session.execute(select(RunStep).where(RunStep.name == "test")).scalar_one()
    logs = LogWriter(core.database)
    return step.act(
        Acting(core=core, machine_id=1, run_id=1, step_id=row.id, step="test", logs=logs, cancelled=lambda: False)
    )


def tell(core: Core, results: Any, *, attempt: int = 1, error: str = "") -> None:
    """The unit's result arrives."""
    body = {"job_id": f"r1-test-all-{attempt}", "kind": "test", "state": "failed" if error else "succeeded"}
    with core.database.write() as session:
        assert hear_result(session, 1, body | {"error": error, "result": {"results": results}})


def finish(core: Core, outcome: Outcome) -> str:
    """The state of the step, once it is over."""
    assert outcome["kind"] == "done", outcome
    assert transitions.finish(core, 1, step.STEP, outcome["data"])["kind"] == "go"
    with core.database.read() as session:
        return session.execute(select(RunStep.state).where(RunStep.name == "test")).scalar_one()


def stop(core: Core) -> Outcome:
    """Bad memory: the run stops at its tests."""
    tell(core, [*GOOD[1:], BAD_MEMORY])
    outcome = poll(core)
    assert outcome["kind"] == "failed"
    transitions.fail(core, 1, "test", outcome)
    return outcome


def control(core: Core) -> tuple[Control, NotingEngine]:
    engine = NotingEngine(core.settings)
    return Control(core, engine), engine


def jobs(core: Core) -> dict[str, str]:
    with core.database.read() as session:
        return {job.id: job.state for job in session.execute(select(Job).order_by(Job.id)).scalars()}


def rows(core: Core) -> list[HardwareTest]:
    with core.database.read() as session:
        return list(session.execute(select(HardwareTest).order_by(HardwareTest.id)).scalars())


def note(core: Core) -> str:
    """What the timeline says of the step, in English."""
    set_language("en")
    with core.database.read() as session:
        view = run_view(session, session.get_one(Run, 1), Actors(session))
        said = str(next(s for s in view.steps if s.name == "test").note)
    set_language("fr")
    return said


def test_planned_once_kept_once(testing: Core) -> None:
    assert begin(testing)["kind"] == "go"  # a killed controller begins the step again
    assert jobs(testing) == {"r1-test-all-1": "starting"}
    assert poll(testing)["kind"] == "wait"
    tell(testing, GOOD)
    outcome = poll(testing)
    assert outcome == poll(testing) == {"kind": "done", "data": {"tests": 3, "bad": 1}, "error": "", "params": {}}
    assert finish(testing, outcome) == "succeeded"
    kept = rows(testing)
    assert [(r.name, r.target, r.outcome, r.run_id, r.boot_id) for r in kept] == [
        ("memory", "", "pass", 1, 1),
        ("drive-surface", "S3Z9NB0K000001", "pass", 1, 1),
        ("camera", "", "fail", 1, 1),
    ]
    assert kept[1].figures == {"profile": [120.5, 119.0, 60.25]}
    with testing.database.read() as session:
        (entry,) = entries(session, "machine.tested")
        assert get_machine(session, 1).state is State.INSPECTED
    assert entry["body"] == {
        "run": 1,
        "job": "r1-test-all-1",
        "outcomes": {"fail": 1, "pass": 2},
        "tests": [row.id for row in kept],
        "results_sha256": canonical_digest([as_told(row) for row in kept]),
    }
    assert canonical_digest([as_told(row) for row in kept]) == canonical_digest(GOOD)  # what the machine told
    assert "S3Z9" not in str(entry)
    assert note(testing) == "1 test failed: see Tests."


def test_the_order_to_the_machine(testing: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[Any] = []

    def play(_acting: Acting, playbook: str, target: Any, variables: dict[str, Any]) -> PlayResult:
        played.append((playbook, target.address, variables))
        return PlayResult(status="successful")

    monkeypatch.setattr(step, "play", play)
    testing.settings.tests_surface = "full"
    assert act(testing)["kind"] == "wait"
    ((playbook, address, variables),) = played
    (spec,) = variables["test_jobs"]
    assert (playbook, address) == ("test.yml", "10.0.0.7")
    assert (spec["job_id"], spec["kind"], spec["tests"]) == ("r1-test-all-1", "test", [])
    assert spec["chassis"] == chassis()
    assert spec["options"] == {
        "memory_seconds": 120,
        "cpu_seconds": 60,
        "surface": "full",
        "surface_seconds": 120,
        "self_test": True,
        "controller_url": "https://127.0.0.1:8443",
    }
    tell(testing, GOOD)
    assert act(testing)["kind"] == "wait"  # it has ended: nothing is started again
    assert len(played) == 1


def test_a_play_that_fails(testing: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "play", lambda *_: PlayResult(status="failed", error="another machine"))
    outcome = act(testing)
    assert (outcome["kind"], outcome["params"]) == ("failed", {"detail": "another machine"})


def test_what_is_not_worth_it_stops_there_and_says_why(testing: Core) -> None:
    stop(testing)
    with testing.database.read() as session:
        machine, run = get_machine(session, 1), session.get_one(Run, 1)
        assert (machine.state, machine.held_return, run.state) == (State.HELD, "inspected", "failed")
        assert "memory" in str(machine.held_params)
        assert len(entries(session, "machine.tested")) == 1
    assert len(rows(testing)) == 3  # what was found is kept all the same


def test_carry_on_anyway_is_a_persons_word(testing: Core) -> None:
    stop(testing)
    boss, engine = control(testing)
    boss.carry_on(1, "user:5")
    assert engine.enqueued == ["run-1-2"]
    with testing.database.read() as session:
        machine, run = get_machine(session, 1), session.get_one(Run, 1)
        assert (machine.state, run.state, run.error) == (State.INSPECTED, "queued", "")
        (entry,) = entries(session, "tests.waived")
        assert (entry["actor"], entry["subject"], entry["body"]["run"]) == ("user:5", "machine:1", 1)
        assert "stops here" in entry["body"]["reason"]
    assert begin(testing)["kind"] == "skip"
    assert "carried on anyway" in note(testing)
    with pytest.raises(Conflict):  # a second click
        boss.carry_on(1, "user:5")
    with testing.database.read() as session:
        assert len(entries(session, "tests.waived")) == 1


def test_nothing_to_carry_on_with(testing: Core) -> None:
    boss, engine = control(testing)
    with pytest.raises(Conflict):  # it is at work
        boss.carry_on(1, "user:5")
    tell(testing, GOOD)
    finish(testing, poll(testing))
    transitions.fail(testing, 1, "erase", {"kind": "failed", "data": {}, "error": "no", "params": {}})
    with pytest.raises(Conflict):  # only the tests can be passed over, never an erase
        boss.carry_on(1, "user:5")
    assert engine.enqueued == []


def test_mended_and_tested_again(testing: Core) -> None:
    stop(testing)
    boss, engine = control(testing)
    boss.retry(1, "user:5")
    assert engine.enqueued == ["run-1-2"]
    assert begin(testing)["kind"] == "go"
    assert jobs(testing) == {"r1-test-all-1": "replaced", "r1-test-all-2": "starting"}
    assert poll(testing)["kind"] == "wait"
    tell(testing, GOOD, attempt=2)
    assert finish(testing, poll(testing)) == "succeeded"
    with testing.database.read() as session:
        latest = {row.name: row.outcome for row in latest_tests(session, 1)}
    assert latest["memory"] == "pass"
    assert len(rows(testing)) == 6


def test_again_while_the_authorisation_is_waited_for(testing: Core) -> None:
    boss, engine = control(testing)
    with pytest.raises(Conflict, match="tested now"):  # it is at it
        boss.test_again(1, "user:5")
    tell(testing, GOOD)
    finish(testing, poll(testing))
    with testing.database.write() as session:
        session.get_one(Run, 1).state = "waiting"
        session.execute(select(RunStep).where(RunStep.name == "authorise")).scalar_one().state = "waiting"
    assert boss.test_again(1, "user:5") == 1
    with testing.database.read() as session:
        assert session.execute(select(RunStep.state).where(RunStep.name == "authorise")).scalar_one() == "pending"
    assert engine.enqueued == ["run-1-2"]
    assert begin(testing)["kind"] == "go"
    assert jobs(testing) == {"r1-test-all-1": "replaced", "r1-test-all-2": "starting"}
    tell(testing, GOOD, attempt=2)
    assert finish(testing, poll(testing)) == "succeeded"
    with testing.database.write() as session:
        session.get_one(Run, 1).state = "waiting"
        get_machine(session, 1).state_name = State.ERASED.value
    with pytest.raises(Conflict):  # it is past that
        boss.test_again(1, "user:5")


def test_an_agent_older_than_the_tests_is_no_obstacle(testing: Core, tmp_path: Path) -> None:
    """What the real agent answers to a kind that it doesn't know."""
    folder = JobFolder(tmp_path)
    with pytest.raises(AgentError) as unknown:
        make_job({"kind": "later"}, None, Progress(folder, "later", ""), threading.Event(), folder)
    tell(testing, [], error=str(unknown.value).replace("later", "test"))
    assert finish(testing, poll(testing)) == "skipped"
    assert "too old" in note(testing)
    assert rows(testing) == []


def test_tests_that_could_not_be_run(testing: Core) -> None:
    tell(testing, GOOD[:1], error="The job was stopped from outside (SIGTERM).")
    outcome = poll(testing)
    assert outcome["kind"] == "failed"
    assert outcome["params"]["detail"] == "The job was stopped from outside (SIGTERM)."
    assert [row.name for row in rows(testing)] == ["memory"]  # what it had done


@pytest.mark.parametrize("said", [None, "pass", [1], [{"name": "memory"}], [found("memory", "splendid")]])
def test_results_that_are_none(testing: Core, said: Any) -> None:
    """Never passed, never stuck, never a fault of ours."""
    tell(testing, said)
    outcome = poll(testing)
    assert outcome["kind"] == "failed"
    assert "no results" in outcome["error"]
    assert rows(testing) == []


def test_a_machine_that_was_restarted_is_tested_from_the_start(testing: Core) -> None:
    for number in range(2, MAX_RESTARTS + 1):
        with testing.database.write() as session:
            announce(session, "main", announcement(1, number), "10.0.0.7", None)
        assert poll(testing)["kind"] == "again"
        assert begin(testing)["kind"] == "go"
    assert list(jobs(testing).values()) == ["lost", "lost", "starting"]
    tell(testing, GOOD, attempt=3)
    assert finish(testing, poll(testing)) == "succeeded"
    assert {row.boot_id for row in rows(testing)} == {3}


def test_a_machine_that_dies_of_its_tests_is_held(testing: Core) -> None:
    for number in range(2, MAX_RESTARTS + 2):
        with testing.database.write() as session:
            announce(session, "main", announcement(1, number), "10.0.0.7", None)
        outcome = poll(testing)
        if outcome["kind"] == "again":
            assert begin(testing)["kind"] == "go"
    assert outcome["kind"] == "failed"
    assert "cut off" in outcome["error"]


def test_switched_off_in_the_settings(core: Core) -> None:
    core.settings.tests = False
    with core.database.write() as session:
        machine = ready(session)
        run = Run(machine_id=machine.id, workflow="recondition", profile="mini", state="running", started_by="user:1")
        run.created_at, run.error_params = utcnow(), {}
        session.add(run)
        session.flush()
        session.add(RunStep(run_id=run.id, name="test", position=1, state="pending", error_params={}))
    assert begin(core)["kind"] == "go"
    assert jobs(core) == {}
    assert finish(core, act(core)) == "skipped"
    assert "switched off" in note(core)


def test_one_long_test_is_no_standstill(testing: Core) -> None:
    with testing.database.write() as session:
        hear_progress(session, 1, {"job_id": "r1-test-all-1", "phase": "test", "done": 3, "total": 12, "unit": "tests"})
        long = testing.settings.job_silence_seconds + longest_seconds(testing.settings)
        get_machine(session, 1).last_heard_at = utcnow()
        session.get_one(Job, "r1-test-all-1").heard_at = utcnow() - dt.timedelta(seconds=long - 60)
    assert poll(testing)["kind"] == "wait"
    with testing.database.write() as session:
        session.get_one(Job, "r1-test-all-1").heard_at -= dt.timedelta(seconds=120)
    outcome = poll(testing)
    assert (outcome["kind"], "have not moved" in outcome["error"]) == ("failed", True)


def test_answers_at_the_pc_are_kept_once(testing: Core) -> None:
    keyboard = found("keyboard", automatic=False)
    later = keyboard | {"outcome": "fail", "reason": "The key 7 doesn't answer.", "started_at": "2026-01-01T10:05:00Z"}
    messages = [[keyboard], [keyboard], [keyboard, later], [later]]  # a message may come twice, with more in it
    for results in messages:
        with testing.database.write() as session:
            machine = get_machine(session, 1)
            hear_hands_on(session, machine, 1, {"session": "abc", "ended": False, "results": results})
    assert [(r.outcome, r.automatic, r.boot_id) for r in rows(testing)] == [("pass", False, 1), ("fail", False, 1)]
    with testing.database.read() as session:
        (newest,) = latest_tests(session, 1)
        assert newest.reason == "The key 7 doesn't answer."
        said = entries(session, "machine.tested")
    assert [(e["actor"], e["body"]["session"], e["body"]["outcomes"]) for e in said] == [
        ("machine:1", "abc", {"pass": 1}),
        ("machine:1", "abc", {"fail": 1}),
    ]


@pytest.mark.parametrize("body", [{}, {"session": None, "results": "no"}, {"session": "x" * 500, "results": [{}]}])
def test_answers_that_are_none(testing: Core, body: dict[str, Any]) -> None:
    with testing.database.write() as session:
        assert hear_hands_on(session, get_machine(session, 1), 1, body) == []
