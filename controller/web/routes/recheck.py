"""A second person has the drawn drives of a run read again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from controller.erasure.recheck import ask
from controller.errors import NotFound
from controller.i18n import N_
from controller.machines.registry import get_machine
from controller.web.deps import ControlDep, CoreDep, SecondPerson
from controller.web.page import go
from controller.workflows.tables import Run

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.post("/runs/{run_id}/recheck")
def recheck_run(run_id: Id, core: CoreDep, control: ControlDep, user: SecondPerson) -> Response:
    """Never by the person who authorised the erase."""
    with core.database.write() as session:
        run = session.get(Run, run_id)
        if run is None:
            raise NotFound(N_("There is no run {id}."), N_("Open the machine's page."), id=run_id)
        machine = get_machine(session, run.machine_id)
        ask(session, machine, run_id, user)
    control.go_on(machine.id)
    return go(f"/machines/{machine.id}", "recheck")
