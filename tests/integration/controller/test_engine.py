"""Durable runs on both databases, with steps that the test plays: order, pauses, failures, the queue, restarts."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select

from controller.core import Core
from controller.database import utcnow
from controller.errors import Conflict
from controller.ledger.kinds import Kind
from controller.ledger.tables import LedgerEntry
from controller.machines import moves
from controller.machines.lifecycle import State
from controller.machines.registry import get_machine, new_machine
from controller.machines.tables import Machine
from controller.workflows import recondition, transitions
from controller.workflows.context import Acting, InTransaction
from controller.workflows.control import Control, active_run
from controller.workflows.engine import Engine
from controller.workflows.outcome import Outcome, again, done, failed, person, retry, wait
from controller.workflows.recondition import Site
from controller.workflows.steplog import LogWriter
from controller.workflows.steps.base import Step
from controller.workflows.steps_list import NAMES
from controller.workflows.tables import Run, RunStep
from tests.lab.waiting import wait_until

pytestmark = pytest.mark.timeout(120)
Act = Callable[[Acting], Outcome]


def _done(_: object) -> Outcome:
    return done()


def _nothing(_: object) -> None:
    """Nothing is prepared."""


def _unanswered(_: object) -> bool:
    return False


@dataclass
class Play:
    """What each step does when it is played; ``done()`` where nothing else is said."""

    acts: dict[str, Act] = field(default_factory=dict)
    polls: dict[str, Callable[[InTransaction], Outcome]] = field(default_factory=dict)
    prepares: dict[str, Callable[[InTransaction], None]] = field(default_factory=dict)
    answers: dict[str, Callable[[InTransaction], bool]] = field(default_factory=dict)
    calls: list[tuple[int, str]] = field(default_factory=list)

    def names(self, machine_id: int = 1) -> list[str]:
        """The steps that acted for a machine, in order."""
        return [name for machine, name in self.calls if machine == machine_id]

    def steps(self) -> dict[str, Step]:
        """The steps of a workflow that this plays."""
        return {name: self._step(name) for name in NAMES}

    def _step(self, name: str) -> Step:
        def act(acting: Acting) -> Outcome:
            self.calls.append((acting.machine_id, name))
            return self.acts.get(name, _done)(acting)

        return Step(
            name=name,
            prepare=lambda tx: self.prepares.get(name, _nothing)(tx),
            act=act,
            poll=lambda tx: self.polls.get(name, _done)(tx),
            complete=lambda _tx, _data: None,
            answered=lambda tx: self.answers.get(name, _unanswered)(tx),
            limit=lambda settings: settings.boot_wait_seconds,
        )


class Workshop:
    """A core with a running engine."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.logs = LogWriter(core.database)
        self.start()

    def start(self) -> None:
        self.engine = Engine(self.core.settings)
        self.control = Control(self.core, self.engine)
        Site.core, Site.logs = self.core, self.logs
        self.engine.launch()

    def machine(self) -> int:
        """A machine that was accepted and is switched on."""
        with self.core.database.write() as session:
            machine = new_machine(session, "main", State.PLUGGED)
            machine.accepted_at = utcnow()
            return machine.id

    def run(self, machine_id: int) -> Run:
        with self.core.database.read() as session:
            return session.execute(
                select(Run).where(Run.machine_id == machine_id).order_by(Run.id.desc()).limit(1)
            ).scalar_one()

    def steps(self, machine_id: int) -> dict[str, str]:
        run = self.run(machine_id)
        with self.core.database.read() as session:
            rows = session.execute(select(RunStep).where(RunStep.run_id == run.id)).scalars()
            return {row.name: row.state for row in rows}

    def state(self, machine_id: int) -> State:
        with self.core.database.read() as session:
            return get_machine(session, machine_id).state

    def wait(self, machine_id: int, *states: str) -> Run:
        def look() -> Run | None:
            run = self.run(machine_id)
            return run if run.state in states else None

        return wait_until(look, f"the run of machine {machine_id} is {states}", 30, poll=0.05)

    def kinds(self, kind: Kind) -> list[dict[str, Any]]:
        from controller.ledger.chain import read_content

        with self.core.database.read() as session:
            rows = session.execute(select(LedgerEntry).where(LedgerEntry.kind == kind.value)).scalars()
            return [read_content(row.content)["body"] for row in rows]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    found = Play()
    monkeypatch.setattr(recondition, "STEPS", found.steps())
    monkeypatch.setattr(recondition, "POLL_SECONDS", 0.2)
    monkeypatch.setattr(recondition, "RETRY_SECONDS", 0.1)
    return found


@pytest.fixture
def shop(core: Core, play: Play) -> Iterator[Workshop]:
    core.settings.max_parallel_runs = 2
    found = Workshop(core)
    found.logs.start()
    yield found
    found.engine.close()
    found.logs.stop()


def test_every_step_once_in_order(shop: Workshop, play: Play) -> None:
    machine = shop.machine()
    assert shop.control.ensure_run(machine)
    shop.wait(machine, "succeeded")
    assert play.names(machine) == list(NAMES)
    assert set(shop.steps(machine).values()) == {"succeeded"}
    assert [(b["state"], b["generation"]) for b in shop.kinds(Kind.RUN_ENDED)] == [("succeeded", 1)]


def test_one_run_a_machine(shop: Workshop, play: Play) -> None:
    machine = shop.machine()
    play.acts["authorise"] = lambda _: person()
    assert shop.control.ensure_run(machine) is not None
    assert shop.control.ensure_run(machine) is None
    shop.wait(machine, "waiting")
    assert shop.control.ensure_run(machine) is None
    with pytest.raises(Conflict, match="under way"):
        shop.control.start_again(machine, "user:1")


@pytest.mark.one_database
def test_an_unaccepted_machine_gets_no_run(shop: Workshop) -> None:
    with shop.core.database.write() as session:
        machine = new_machine(session, "main", State.PLUGGED).id
    assert shop.control.ensure_run(machine) is None
    with pytest.raises(Conflict, match="accepted"):
        shop.control.start_again(machine, "user:1")


def test_waits_for_a_person_as_long_as_it_takes(shop: Workshop, play: Play) -> None:
    """Paused, it takes no slot of the queue; it goes on as a new generation, from where it was."""
    waiting = [shop.machine() for _ in range(4)]  # the queue has two slots
    said: set[int] = set()
    play.acts["authorise"] = lambda acting: done() if acting.machine_id in said else person()
    for machine in waiting:
        shop.control.ensure_run(machine)
    for machine in waiting:
        shop.wait(machine, "waiting")
        assert shop.steps(machine)["authorise"] == "waiting"
    said.update(waiting)
    for machine in waiting:
        shop.control.go_on(machine)
    for machine in waiting:
        assert shop.wait(machine, "succeeded").generation == 2
        assert Counter(play.names(machine))["inspect"] == 1


@pytest.mark.one_database
def test_a_person_who_is_quicker_than_the_pause(shop: Workshop, play: Play) -> None:
    """Authorised after the step looked and before the run was paused: nobody will start it again, so it goes on."""
    machine = shop.machine()
    outcomes = [person(), done()]
    play.acts["authorise"] = lambda _: outcomes.pop(0)
    play.answers["authorise"] = lambda _: True
    shop.control.ensure_run(machine)
    assert shop.wait(machine, "succeeded").generation == 1


@pytest.mark.one_database
def test_a_release_that_is_quicker_than_the_pause(shop: Workshop, play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held during a step, released when the step has seen it and before the run was paused."""
    machine = shop.machine()
    pause = transitions.pause

    def release_first(core: Core, run_id: int, step: Step, kind: str) -> bool:
        with core.database.write() as session:
            moves.release(session, get_machine(session, machine), "user:1")
        shop.control.go_on(machine)  # it still runs: this starts nothing
        return pause(core, run_id, step, kind)

    def hold(acting: Acting) -> Outcome:
        with acting.core.database.write() as session:
            moves.hold(session, get_machine(session, machine), "no", "user:1")
        del play.acts["inspect"]
        return done()

    monkeypatch.setattr(transitions, "pause", release_first)
    play.acts["inspect"] = hold
    shop.control.ensure_run(machine)
    shop.wait(machine, "succeeded")


def test_the_queue_has_a_limit(shop: Workshop, play: Play) -> None:
    """Two at once, the others wait for their turn; none is forgotten, and none is held for waiting."""
    at_once, most, lock, gate = set(), [0], threading.Lock(), threading.Event()

    def slow(acting: Acting) -> Outcome:
        with lock:
            at_once.add(acting.machine_id)
            most[0] = max(most[0], len(at_once))
        gate.wait(20)
        with lock:
            at_once.discard(acting.machine_id)
        return done()

    play.acts["inspect"] = slow
    machines = [shop.machine() for _ in range(5)]
    for machine in machines:
        shop.control.ensure_run(machine)
    wait_until(lambda: len(at_once) == 2, "two are at work", 60, poll=0.05)
    time.sleep(1)  # a third would have come by now: the queue is polled four times a second
    with shop.core.database.write() as session:
        for machine in machines:
            get_machine(session, machine).state_since = utcnow().replace(year=2020)
    shop.control.sweep()
    states = Counter(shop.state(machine) for machine in machines)
    assert states[State.PLUGGED] == 3  # the two at work are late; those in the queue only wait for their turn
    gate.set()
    for machine in machines:
        with shop.core.database.write() as session:
            found = get_machine(session, machine)
            if found.state is State.HELD:
                moves.release(session, found, "user:1")
        shop.control.go_on(machine)
        shop.wait(machine, "succeeded")
    assert most[0] == 2


def test_a_failed_step_holds_and_is_tried_again(shop: Workshop, play: Play) -> None:
    machine = shop.machine()
    play.acts["erase"] = lambda _: failed("{detail}", detail="no")
    shop.control.ensure_run(machine)
    run = shop.wait(machine, "failed")
    assert shop.state(machine) is State.HELD
    assert shop.steps(machine) == dict(
        zip(NAMES, ["succeeded"] * 3 + ["failed"] + ["pending"] * (len(NAMES) - 4), strict=True)
    )
    del play.acts["erase"]
    shop.control.retry(run.id, "user:1")
    shop.wait(machine, "succeeded")
    assert Counter(play.names(machine)) == {**dict.fromkeys(NAMES, 1), "erase": 2}
    with pytest.raises(Conflict):
        shop.control.retry(run.id, "user:1")


@pytest.mark.one_database
def test_release_tries_the_failed_step_again(shop: Workshop, play: Play) -> None:
    """A machine that is off hold is never left with nothing that moves it."""
    machine = shop.machine()
    play.acts["inspect"] = lambda _: failed("no")
    shop.control.ensure_run(machine)
    shop.wait(machine, "failed")
    del play.acts["inspect"]
    with shop.core.database.write() as session:
        moves.release(session, get_machine(session, machine), "user:1")
    shop.control.go_on(machine)
    shop.wait(machine, "succeeded")


@pytest.mark.one_database
def test_a_passing_failure_is_tried_again_by_itself(shop: Workshop, play: Play) -> None:
    machine = shop.machine()
    outcomes = [retry("gone"), done()]
    play.acts["inspect"] = lambda _: outcomes.pop(0)
    shop.control.ensure_run(machine)
    shop.wait(machine, "succeeded")
    assert Counter(play.names(machine))["inspect"] == 2


@pytest.mark.one_database
def test_a_passing_failure_that_stays_is_a_failure(shop: Workshop, play: Play) -> None:
    machine = shop.machine()
    play.acts["inspect"] = lambda _: retry("gone")
    shop.control.ensure_run(machine)
    shop.wait(machine, "failed")
    assert Counter(play.names(machine))["inspect"] == shop.core.settings.step_attempts


@pytest.mark.one_database
def test_polled_until_the_machine_has_done_it(shop: Workshop, play: Play) -> None:
    machine = shop.machine()
    answers = [wait(), wait(), again(), wait(), done()]
    play.acts["erase"] = lambda _: wait()
    play.polls["erase"] = lambda _: answers.pop(0)
    shop.control.ensure_run(machine)
    shop.wait(machine, "succeeded")
    assert Counter(play.names(machine))["erase"] == 2
    assert answers == []


def test_news_wake_a_waiting_run_at_once(shop: Workshop, play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recondition, "POLL_SECONDS", 600.0)
    machine = shop.machine()
    ready = threading.Event()
    play.acts["erase"] = lambda _: wait()
    play.polls["erase"] = lambda _: done() if ready.is_set() else wait()
    shop.control.ensure_run(machine)
    wait_until(lambda: shop.steps(machine)["erase"] == "running", "the erase runs", 60, poll=0.05)
    time.sleep(0.5)  # it waits for news now, for ten minutes
    ready.set()
    started = time.monotonic()
    shop.control.wake(machine)
    shop.wait(machine, "succeeded")
    assert time.monotonic() - started < 60  # not at the next poll


@pytest.mark.one_database
def test_a_machine_that_never_comes_back_is_held(shop: Workshop, play: Play) -> None:
    shop.core.settings.boot_wait_seconds = 0.5
    machine = shop.machine()
    play.acts["restart"] = lambda _: wait()
    play.polls["restart"] = lambda _: wait()
    shop.control.ensure_run(machine)
    shop.wait(machine, "failed")
    assert shop.state(machine) is State.HELD


@pytest.mark.one_database
@pytest.mark.parametrize("when", ["polling", "waiting for a person"])
def test_cancel(shop: Workshop, play: Play, when: str) -> None:
    """The machine is held; what comes next starts from the beginning, by release as well."""
    machine = shop.machine()
    play.acts["authorise"] = lambda _: person() if when != "polling" else wait()
    play.polls["authorise"] = lambda _: wait()
    shop.control.ensure_run(machine)
    wait_until(lambda: shop.steps(machine)["authorise"] in ("running", "waiting"), "it is there", 60, poll=0.05)
    if when != "polling":
        shop.wait(machine, "waiting")
    run = shop.run(machine)
    shop.control.cancel(run.id, "user:1")
    shop.wait(machine, "cancelled")
    assert shop.state(machine) is State.HELD
    assert [b["state"] for b in shop.kinds(Kind.RUN_ENDED)] == ["cancelled"]
    assert shop.steps(machine)["authorise"] == "pending"
    with pytest.raises(Conflict):
        shop.control.cancel(run.id, "user:1")
    with pytest.raises(Conflict):
        shop.control.retry(run.id, "user:1")
    play.acts.clear()
    with shop.core.database.write() as session:
        moves.release(session, get_machine(session, machine), "user:1")
    shop.control.go_on(machine)
    assert shop.wait(machine, "succeeded").id != run.id


@pytest.mark.one_database
def test_a_hold_in_the_middle_of_a_step_stops_before_the_next(shop: Workshop, play: Play) -> None:
    machine = shop.machine()
    inside, gate = threading.Event(), threading.Event()

    def slow(_: Acting) -> Outcome:
        inside.set()
        gate.wait(20)
        return done()

    play.acts["inspect"] = slow
    shop.control.ensure_run(machine)
    assert inside.wait(20)
    with shop.core.database.write() as session:
        moves.hold(session, get_machine(session, machine), "{text}", "user:1", text="look at its hinge")
    gate.set()
    shop.wait(machine, "waiting")
    assert play.names(machine) == ["inspect"]
    shop.control.go_on(machine)  # on hold: nothing happens
    assert shop.run(machine).state == "waiting"
    del play.acts["inspect"]
    with shop.core.database.write() as session:
        moves.release(session, get_machine(session, machine), "user:1")
    shop.control.go_on(machine)
    shop.wait(machine, "succeeded")


def _raise(*_: object) -> Any:
    raise RuntimeError("a fault of ours")


@pytest.mark.one_database
@pytest.mark.parametrize("where", ["acts", "polls", "prepares"])
def test_a_fault_of_ours_is_never_silent(shop: Workshop, play: Play, where: str) -> None:
    machine = shop.machine()
    play.acts["erase"] = lambda _: wait()
    getattr(play, where)["erase"] = _raise
    shop.control.ensure_run(machine)

    def noticed() -> bool:
        shop.control.sweep()
        return shop.run(machine).state == "failed"

    wait_until(noticed, "it is noticed", 30, poll=0.2)
    assert shop.state(machine) is State.HELD
    with shop.core.database.read() as session:
        held = get_machine(session, machine)
        assert "a fault of ours" in str(held.held_params)
    assert "a fault of ours" not in str(shop.kinds(Kind.MACHINE_STATE))  # free text stays out of the ledger
    assert [b["state"] for b in shop.kinds(Kind.RUN_ENDED)] == ["failed"]
    getattr(play, where).clear()
    play.acts.clear()
    shop.control.retry(shop.run(machine).id, "user:1")
    shop.wait(machine, "succeeded")


@pytest.mark.one_database
@pytest.mark.parametrize("noticed_by", ["the person's next click", "the sweep"])
@pytest.mark.parametrize("run_is", ["waiting", "failed"])
def test_a_machine_that_left_takes_its_run_along(shop: Workshop, play: Play, run_is: str, noticed_by: str) -> None:
    """Recycled under a run: the run ends, the machine stays recycled, and the next sweep finds nothing wrong."""
    machine = shop.machine()
    play.acts["authorise"] = lambda _: person() if run_is == "waiting" else failed("no")
    shop.control.ensure_run(machine)
    shop.wait(machine, run_is)
    with shop.core.database.write() as session:
        moves.recycle(session, get_machine(session, machine), "user:1", "BSD-2026-0001", 2.4)
    if noticed_by == "the sweep":
        shop.control.sweep()
    else:
        shop.control.go_on(machine)
    run = shop.wait(machine, "cancelled", "failed")
    assert play.names(machine) == ["inspect", "test", "authorise"]
    with pytest.raises(Conflict):
        shop.control.retry(run.id, "user:1")
    with pytest.raises(Conflict):
        shop.control.start_again(machine, "user:1")
    shop.control.sweep()
    assert shop.state(machine) is State.RECYCLED


@pytest.mark.one_database
def test_recycled_while_a_step_runs(shop: Workshop, play: Play) -> None:
    machine = shop.machine()
    inside, gate = threading.Event(), threading.Event()

    def slow(_: Acting) -> Outcome:
        inside.set()
        gate.wait(20)
        return failed("the machine is gone")

    play.acts["inspect"] = slow
    shop.control.ensure_run(machine)
    assert inside.wait(20)
    with shop.core.database.write() as session:
        moves.take_for_parts(session, get_machine(session, machine), "user:1")
    gate.set()
    shop.wait(machine, "failed", "cancelled")
    assert shop.state(machine) is State.PARTS


def test_a_run_written_down_but_never_enqueued(shop: Workshop, play: Play) -> None:
    machine = shop.machine()
    with shop.core.database.write() as session:
        shop.control._new_run(session, get_machine(session, machine), "controller")
    shop.control.reconcile()
    shop.control.reconcile()
    shop.wait(machine, "succeeded")
    assert play.names(machine) == list(NAMES)


def test_records_of_ended_workflows_are_dropped(shop: Workshop, play: Play) -> None:
    """A long erase leaves thousands: without this the engine's database only grows. What is under way stays."""
    over, waiting, polling = (shop.machine() for _ in range(3))
    play.acts["authorise"] = lambda acting: done() if acting.machine_id == over else person()
    play.acts["inspect"] = lambda acting: wait() if acting.machine_id == polling else done()
    play.polls["inspect"] = lambda _: wait()
    for machine in (over, waiting, polling):
        shop.control.ensure_run(machine)
    shop.wait(over, "succeeded")
    shop.wait(waiting, "waiting")
    wait_until(lambda: shop.steps(polling)["inspect"] == "running", "one polls", 60, poll=0.05)
    assert shop.engine.forget(utcnow() - dt.timedelta(hours=1)) == 0
    time.sleep(0.5)  # the workflow's end is written a moment after its last step
    assert shop.engine.forget(utcnow() + dt.timedelta(hours=1)) == 2
    assert not shop.engine.known(shop.run(over).workflow_id)
    assert shop.engine.known(shop.run(polling).workflow_id)
    shop.control.sweep()
    assert shop.run(over).state == "succeeded"


def test_a_restarted_controller_takes_up_its_runs(shop: Workshop, play: Play) -> None:
    """One polls, one waits for a person: after a restart both go on, and no step that was done is done again."""
    polling, waiting = shop.machine(), shop.machine()
    ready = threading.Event()
    play.acts["erase"] = lambda _: wait()
    play.polls["erase"] = lambda _: done() if ready.is_set() else wait()
    said: set[int] = {polling}
    play.acts["authorise"] = lambda acting: done() if acting.machine_id in said else person()
    shop.control.ensure_run(polling)
    shop.control.ensure_run(waiting)
    wait_until(lambda: shop.steps(polling)["erase"] == "running", "one polls", 60, poll=0.05)
    shop.wait(waiting, "waiting")
    shop.engine.close()
    shop.start()
    shop.control.reconcile()
    ready.set()
    said.add(waiting)
    shop.control.go_on(waiting)
    for machine in (polling, waiting):
        shop.wait(machine, "succeeded")
        assert Counter(play.names(machine))["inspect"] == 1
    with shop.core.database.read() as session:
        assert session.execute(select(Machine)).scalars().all()
        assert active_run(session, polling) is None


@pytest.mark.one_database
def test_an_update_that_brings_a_step_does_not_lose_a_run(
    shop: Workshop, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The erase is at work as the controller is updated: its run goes on, and nothing is done a second time.

    What migration 0006 does to the run is done here: the new step is skipped, the generation is the next one.
    """
    older = tuple(name for name in NAMES if name != "test")
    monkeypatch.setattr(recondition, "NAMES", older)
    machine, ready = shop.machine(), threading.Event()
    play.acts["erase"] = lambda _: wait()
    play.polls["erase"] = lambda _: done() if ready.is_set() else wait()
    run_id = shop.control.ensure_run(machine)
    assert run_id is not None
    wait_until(lambda: shop.steps(machine)["erase"] == "running", "it polls", 60, poll=0.05)
    shop.engine.close()
    monkeypatch.setattr(recondition, "NAMES", NAMES)
    with shop.core.database.write() as session:
        session.execute(select(RunStep).where(RunStep.name == "test")).scalar_one().state = "skipped"
        session.get_one(Run, run_id).generation += 1
    shop.start()
    shop.control.reconcile()
    ready.set()
    shop.wait(machine, "succeeded")
    assert Counter(play.names(machine)) == {**dict.fromkeys(older, 1), "erase": 2}  # its jobs are found again
    shop.control.sweep()
    assert shop.run(machine).state == "succeeded"
