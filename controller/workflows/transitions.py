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
from controller.machines.moves import hold
from controller.machines.registry import get_machine
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


def begin(core: Core, run_id: int, step: Step) -> Outcome:
    """Start a step: ``skip`` when it was done before, ``held`` or ``cancelled`` when the run must not go on."""
    with core.database.write() as session:
        tx = transaction(session, core, run_id, step.name)
        if tx.run.cancel_requested:
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
        if tx.run.cancel_requested:
            return plain("cancelled")
        if step.poll is None:
            return {"kind": "done", "data": {}, "error": "", "params": {}}
        return step.poll(tx)


def finish(core: Core, run_id: int, step: Step, data: dict[str, Any]) -> Outcome:
    """Complete a step: its facts, its ledger entries and its state, in one transaction."""
    try:
        with core.database.write() as session:
            tx = transaction(session, core, run_id, step.name)
            if tx.step.state == "succeeded":
                return plain("go")
            if tx.run.cancel_requested:
                return plain("cancelled")
            if tx.machine.state is State.HELD:
                return plain("held")
            step.complete(tx, data)
            tx.step.state, tx.step.ended_at = "succeeded", utcnow()
            tx.step.result = {**(tx.step.result or {}), **data}
            tx.step.eta_seconds = None
            if tx.step.total:
                tx.step.done = tx.step.total
            return plain("go")
    except RecyclerieError as error:
        return failed(f"{error.message} {error.hint}".strip(), **error.params)


def pause(core: Core, run_id: int, name: str, state: str) -> None:
    """The run waits for a person (``waiting``): the next generation goes on with this step."""
    with core.database.write() as session:
        tx = transaction(session, core, run_id, name)
        tx.step.state, tx.run.state = state, "waiting"


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
        _ended(tx, "failed", step=name)
        hold(session, tx.machine, outcome["error"], "controller", **outcome["params"])
        make_checkpoint(session, core.keys.ledger)


def cancel(core: Core, run_id: int, name: str) -> None:
    """The run was cancelled by a person."""
    with core.database.write() as session:
        tx = transaction(session, core, run_id, name)
        if tx.run.state == "cancelled":
            return
        if tx.step.state == "running":
            tx.step.state, tx.step.ended_at = "pending", None
        tx.run.state, tx.run.ended_at = "cancelled", utcnow()
        _ended(tx, "cancelled", step=name)


def succeed(core: Core, run_id: int) -> None:
    """Every step is done."""
    with core.database.write() as session:
        run = session.get_one(Run, run_id)
        if run.state == "succeeded":
            return
        tx = transaction(session, core, run_id, "seal")
        run.state, run.ended_at, run.error = "succeeded", utcnow(), ""
        _ended(tx, "succeeded", step="")
        make_checkpoint(session, core.keys.ledger)


def _ended(tx: InTransaction, state: str, *, step: str) -> None:
    append(
        tx.session,
        Kind.RUN_ENDED,
        tx.machine.subject,
        {"run": tx.run.id, "state": state, "step": step, "generation": tx.run.generation},
        site=tx.machine.site,
    )
