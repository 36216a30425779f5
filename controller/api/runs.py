"""Runs over the API."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from sqlalchemy import select

from controller.api import models
from controller.api.common import Id, errors
from controller.api.rechecks import RecheckModel, rechecks_view
from controller.api.views import run_view, when
from controller.core import Core
from controller.erasure.recheck import ask
from controller.errors import NotFound
from controller.i18n import N_
from controller.machines.registry import get_machine
from controller.web.deps import ControlDep, CoreDep, Operator, SecondPerson, Viewer
from controller.workflows.tables import Run, RunStep, StepLog

router = APIRouter(prefix="/api/runs", tags=["runs"])
StepName = Literal["inspect", "test", "authorise", "erase", "recheck", "install", "restart", "check", "seal"]
LOG_PAGE = 1000


def _view(core: Core, run_id: int) -> dict[str, Any]:
    with core.database.read() as session:
        run = session.get(Run, run_id)
        if run is None:
            raise NotFound(N_("There is no run {id}."), N_("Open the machine's page."), id=run_id)
        return run_view(session, run)


@router.get("/{run_id}", responses=errors(404), response_model=models.Run)
def run(run_id: Id, core: CoreDep, _: Viewer) -> dict[str, Any]:
    """One run with its steps and jobs."""
    return _view(core, run_id)


@router.post("/{run_id}/retry", responses=errors(404, 409), response_model=models.Run)
def retry(run_id: Id, core: CoreDep, control: ControlDep, user: Operator) -> dict[str, Any]:
    """Try the failed step again."""
    _view(core, run_id)
    control.retry(run_id, user.actor)
    return _view(core, run_id)


@router.post("/{run_id}/cancel", responses=errors(404, 409), response_model=models.Run)
def cancel(run_id: Id, core: CoreDep, control: ControlDep, user: Operator) -> dict[str, Any]:
    """Stop the run; the machine is held."""
    _view(core, run_id)
    control.cancel(run_id, user.actor)
    return _view(core, run_id)


@router.post("/{run_id}/carry-on", responses=errors(404, 409), response_model=models.Run)
def carry_on(run_id: Id, core: CoreDep, control: ControlDep, user: Operator) -> dict[str, Any]:
    """Go on although the hardware tests stopped the run; the ledger keeps who said so."""
    _view(core, run_id)
    control.carry_on(run_id, user.actor)
    return _view(core, run_id)


@router.get("/{run_id}/rechecks", responses=errors(404), response_model=list[RecheckModel])
def rechecks(run_id: Id, core: CoreDep, _: Viewer) -> list[dict[str, Any]]:
    """Which of the run's erased drives were drawn to be read again, and what came of it."""
    _view(core, run_id)
    with core.database.read() as session:
        return rechecks_view(session, run_id)


@router.post("/{run_id}/recheck", responses=errors(404, 409), response_model=list[RecheckModel])
def recheck(run_id: Id, core: CoreDep, control: ControlDep, user: SecondPerson) -> list[dict[str, Any]]:
    """Have the run's drawn drives read again; never by the person who authorised their erase. The run then goes on."""
    _view(core, run_id)
    with core.database.write() as session:
        machine = get_machine(session, session.get_one(Run, run_id).machine_id)
        ask(session, machine, run_id, user)
    control.go_on(machine.id)
    with core.database.read() as session:
        return rechecks_view(session, run_id)


@router.get("/{run_id}/steps/{name}/log", responses=errors(404), response_model=models.Log)
def log(
    run_id: Id,
    name: StepName,
    core: CoreDep,
    _: Viewer,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
) -> dict[str, Any]:
    """A step's log after line ``after``, at most a thousand lines."""
    with core.database.read() as session:
        step = session.execute(
            select(RunStep).where(RunStep.run_id == run_id, RunStep.name == name)
        ).scalar_one_or_none()
        if step is None:
            raise NotFound(N_("There is no run {id}."), N_("Open the machine's page."), id=run_id)
        lines = session.execute(
            select(StepLog).where(StepLog.step_id == step.id, StepLog.id > after).order_by(StepLog.id).limit(LOG_PAGE)
        ).scalars()
        return {
            "lines": [
                {"id": x.id, "at": when(x.at), "source": x.source, "level": x.level, "text": x.text} for x in lines
            ]
        }
