"""The transactions that move a run from step to step. Each can be run twice and moves once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.bus import publish_after_commit
from controller.core import Core
from controller.database import utcnow
from controller.errors import RecyclerieError
from controller.ledger.append import append
from controller.ledger.checkpoint import make_checkpoint
from controller.ledger.kinds import Kind
from controller.machines.lifecycle import State
from controller.machines.moves import hold, is_over
from controller.machines.registry import get_machine
from controller.machines.tables import Machine
from controller.workflows.context import InTransaction
from controller.workflows.outcome import Outcome, failed, plain
from controller.workflows.steps.base import Step
from controller.workflows.tables import Run, RunStep


def transaction(session: Session, core: Core, run_id: int, name: str) -> InTransaction:
    """The rows of one step of a run."""
    run = session.get_one(Run, run_id)
    step = session.execute(select(RunStep).where(RunStep.run_id == run_id, RunStep.name == name)).scalar_one()
    machine = get_machine(session, run.machine_id)
    publish_after_commit(session, f"machine:{machine.id}")
    return InTransaction(session=session, core=core, machine=machine, run=run, step=step)


def _must_stop(tx: InTransaction) -> bool:
    """A person cancelled the run, or its machine left the workshop meanwhile."""
    return tx.run.cancel_requested or is_over(tx.machine)


def begin(core: Core, run_id: int, step: Step) -> Outcome:
    """Start a step: ``skip`` when it was done before, ``held`` or ``cancelled`` when the run must not go on."""
    with core.database.write() as session:
        tx = transaction(session, core, run_id, step.name)
        if _must_stop(tx):
            return plain("cancelled")
        if tx.step.state in ("succeeded", "skipped"):
            return plain("skip")
        if tx.machine.state is State.HELD:
            return plain("held")
        now = utcnow()
        tx.run.state = "running"
        tx.run.started_at = tx.run.started_at or now
        tx.step.state, tx.step.error, tx.step.error_params = "running", "", {}
        tx.step.attempt += 1
        tx.step.started_at = tx.step.started_at or now
        tx.step.ended_at = None
        try:
            with session.begin_nested():
                step.prepare(tx)
        except RecyclerieError as error:
            return failed(f"{error.message} {error.hint}".strip(), **error.params)
        return plain("go")


def poll(core: Core, run_id: int, step: Step) -> Outcome:
    """Ask a waiting step how it stands."""
    with core.database.write() as session:
        tx = transaction(session, core, run_id, step.name)
        if _must_stop(tx):
            return plain("cancelled")
        if step.poll is None:
            return {"kind": "done", "data": {}, "error": "", "params": {}}
        return step.poll(tx)


def finish(core: Core, run_id: int, step: Step, data: dict[str, Any]) -> Outcome:
    """Complete a step: its facts, its ledger entries and its state, in one transaction.

    A step whose data say why it was ``skipped`` had nothing to do.
    """
    try:
        with core.database.write() as session:
            tx = transaction(session, core, run_id, step.name)
            if tx.step.state in ("succeeded", "skipped"):
                return plain("go")
            if _must_stop(tx):
                return plain("cancelled")
            if tx.machine.state is State.HELD:
                return plain("held")
            step.complete(tx, data)
            tx.step.state, tx.step.ended_at = "skipped" if data.get("skipped") else "succeeded", utcnow()
            tx.step.result = {**(tx.step.result or {}), **data}
            tx.step.eta_seconds = None
            if tx.step.total:
                tx.step.done = tx.step.total
            return plain("go")
    except RecyclerieError as error:
        return failed(f"{error.message} {error.hint}".strip(), **error.params)


def pause(core: Core, run_id: int, step: Step, kind: str) -> bool:
    """The run waits for a person: the next generation goes on with this step.

    False when there is nothing to wait for any more: the person acted between the step's look and now, while
    the run was still running, so that nobody would ever start its next generation.
    """
    with core.database.write() as session:
        tx = transaction(session, core, run_id, step.name)
        held = tx.machine.state is State.HELD
        if _must_stop(tx) or (not held and (kind == "held" or step.answered(tx))):
            return False
        tx.step.state = tx.run.state = "waiting"
        return True


def fail(core: Core, run_id: int, name: str, outcome: Outcome) -> None:
    """The step failed: the run stops and the machine is held with the reason."""
    with core.database.write() as session:
        tx = transaction(session, core, run_id, name)
        if tx.run.state == "failed":
            return
        tx.step.state, tx.step.ended_at = "failed", utcnow()
        tx.step.error, tx.step.error_params = outcome["error"], outcome["params"]
        tx.step.eta_seconds = None
        if outcome["data"]:
            tx.step.result = outcome["data"]
        tx.run.state, tx.run.ended_at = "failed", utcnow()
        tx.run.error, tx.run.error_params = outcome["error"], outcome["params"]
        _ended(session, tx.run, tx.machine, "failed", step=name)
        if not is_over(tx.machine):
            hold(session, tx.machine, outcome["error"], "controller", **outcome["params"])
        make_checkpoint(session, core.keys.ledger)


def cancel(core: Core, run_id: int, name: str) -> None:
    """The run was cancelled by a person, or its machine has left."""
    with core.database.write() as session:
        tx = transaction(session, core, run_id, name)
        if tx.run.state != "cancelled":
            end_cancelled(session, tx.run, tx.machine, "controller")


def end_cancelled(session: Session, run: Run, machine: Machine, actor: str) -> None:
    """End a run that nothing works on any more: its step is as it was before it began."""
    step = session.execute(
        select(RunStep).where(RunStep.run_id == run.id, RunStep.state.in_(["running", "waiting"]))
    ).scalar_one_or_none()
    if step is not None:
        step.state, step.ended_at = "pending", None
    run.state, run.ended_at = "cancelled", utcnow()
    _ended(session, run, machine, "cancelled", step=step.name if step else "", actor=actor)
    publish_after_commit(session, f"machine:{machine.id}")


def fail_broken(session: Session, run: Run, error: str, detail: str) -> None:
    """End a run whose workflow ended in an error of ours."""
    params = {"detail": detail}
    machine = get_machine(session, run.machine_id)
    step = session.execute(
        select(RunStep).where(RunStep.run_id == run.id, RunStep.state == "running")
    ).scalar_one_or_none()
    if step is not None:
        step.state, step.ended_at, step.error, step.error_params = "failed", utcnow(), error, params
    run.state, run.ended_at, run.error, run.error_params = "failed", utcnow(), error, params
    _ended(session, run, machine, "failed", step=step.name if step else "")
    if not is_over(machine):
        hold(session, machine, error, "controller", detail=detail)
    publish_after_commit(session, f"machine:{machine.id}")


def succeed(core: Core, run_id: int) -> None:
    """Every step is done."""
    with core.database.write() as session:
        run = session.get_one(Run, run_id)
        if run.state == "succeeded":
            return
        tx = transaction(session, core, run_id, "seal")
        run.state, run.ended_at, run.error = "succeeded", utcnow(), ""
        _ended(session, run, tx.machine, "succeeded", step="")
        make_checkpoint(session, core.keys.ledger)


def _ended(session: Session, run: Run, machine: Machine, state: str, *, step: str, actor: str = "controller") -> None:
    body = {"run": run.id, "state": state, "step": step, "generation": run.generation}
    append(session, Kind.RUN_ENDED, machine.subject, body, actor=actor, site=machine.site)
