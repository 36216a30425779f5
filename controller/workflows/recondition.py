"""The durable workflow: the steps of a run, one after the other, from the first that isn't done yet."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from controller.core import Core
from controller.i18n import N_
from controller.workflows import transitions
from controller.workflows.context import Acting
from controller.workflows.engine import durable, wait_for_wake, workflow
from controller.workflows.outcome import Outcome, failed
from controller.workflows.steplog import LogWriter
from controller.workflows.steps.all import STEPS
from controller.workflows.steps.base import Step
from controller.workflows.steps_list import NAMES
from controller.workflows.tables import Run

POLL_SECONDS = 15.0
RETRY_SECONDS = 10.0
logger = logging.getLogger(__name__)


class Site:
    """What the workflow needs of this process; set once, before the engine is launched."""

    core: Core
    logs: LogWriter


@workflow("recondition")
async def recondition(run_id: int, generation: int) -> str:  # noqa: ARG001 - shown among the workflow's inputs
    """Take a run as far as it goes: to its end, to a person, or to a failure. Returns the run's state."""
    for name in NAMES:
        outcome = await _until_paused(run_id, name)
        kind = outcome["kind"]
        if kind in ("go", "skip"):
            continue
        if kind in ("person", "held"):
            return "waiting"
        if kind == "cancelled":
            await durable(f"{name}.cancel", transitions.cancel, Site.core, run_id, name)
            return "cancelled"
        await durable(f"{name}.fail", transitions.fail, Site.core, run_id, name, outcome)
        return "failed"
    await durable("succeed", transitions.succeed, Site.core, run_id)
    return "succeeded"


async def _until_paused(run_id: int, name: str) -> Outcome:
    """Perform a step; when it must wait for a person who has acted at that very moment, perform it again."""
    while True:
        outcome = await _perform(run_id, name)
        if outcome["kind"] not in ("person", "held"):
            return outcome
        if await durable(f"{name}.pause", transitions.pause, Site.core, run_id, STEPS[name], outcome["kind"]):
            return outcome


async def _perform(run_id: int, name: str) -> Outcome:
    step = STEPS[name]
    tries = 0
    while True:
        begun = await durable(f"{name}.begin", transitions.begin, Site.core, run_id, step)
        if begun["kind"] != "go":
            return begun
        outcome = await durable(f"{name}.act", _act, run_id, step)
        if outcome["kind"] == "wait":
            outcome = await _wait(run_id, step)
        if outcome["kind"] == "again":
            continue
        if outcome["kind"] == "retry":
            tries += 1
            if tries < Site.core.settings.step_attempts:
                await wait_for_wake(RETRY_SECONDS)
                continue
            outcome["kind"] = "failed"
        if outcome["kind"] == "done":
            return await durable(f"{name}.finish", transitions.finish, Site.core, run_id, step, outcome["data"])
        return outcome


async def _wait(run_id: int, step: Step) -> Outcome:
    limit = step.limit(Site.core.settings)
    started = await durable(f"{step.name}.clock", time.time)
    while True:
        outcome = await durable(f"{step.name}.poll", transitions.poll, Site.core, run_id, step)
        if outcome["kind"] != "wait":
            return outcome
        now = await durable(f"{step.name}.clock", time.time)
        if now - started > limit:
            return failed(
                N_(
                    "Nothing came back from the machine within {minutes} min: "
                    "look at its screen and cable, then try again."
                ),
                minutes=int(limit // 60),
            )
        await wait_for_wake(POLL_SECONDS)


def _act(run_id: int, step: Step) -> Outcome:
    with Site.core.database.read() as session:
        tx = transitions.transaction(session, Site.core, run_id, step.name)
        acting = Acting(
            core=Site.core,
            machine_id=tx.machine.id,
            run_id=run_id,
            step_id=tx.step.id,
            step=step.name,
            logs=Site.logs,
            cancelled=_cancelled(run_id),
        )
    try:
        outcome = step.act(acting)
    except Exception as error:  # whatever it was, the machine is held with it, never silently stuck
        logger.exception("step %s of run %s", step.name, run_id)
        acting.log(f"{type(error).__name__}: {error}", level="error")
        outcome = failed(N_("Something unexpected happened: {detail}"), detail=f"{type(error).__name__}: {error}")
    Site.logs.flush()
    return outcome


def _cancelled(run_id: int) -> Callable[[], bool]:
    def look() -> bool:
        with Site.core.database.read() as session:
            return session.get_one(Run, run_id).cancel_requested

    return look
