"""What a person does about a machine's tests: has them shown on its screen, run again, or carries on anyway."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import Response

from controller.errors import NotFound
from controller.hardware_tests.hands_on import Links, open_hands_on
from controller.i18n import N_, get_language
from controller.web.deps import ControlDep, CoreDep, Operator
from controller.web.page import go
from controller.workflows.tables import Run

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.post("/machines/{machine_id}/tests/hands-on")
async def show_hands_on(
    machine_id: Id,
    request: Request,
    core: CoreDep,
    _user: Operator,
    test: Annotated[str, Form(max_length=32, pattern=r"^[a-z0-9-]*$")] = "",
) -> Response:
    """Show the tests that need hands on the machine's own screen; ``test`` asks for one alone."""
    language: Literal["fr", "en"] = "fr" if get_language() == "fr" else "en"
    links = cast(Links, request.app.state.links)
    await open_hands_on(core.database, links, machine_id, [test] if test else [], language)
    return go(f"/machines/{machine_id}?tab=tests", "hands-on")


@router.post("/machines/{machine_id}/tests/run")
def run_tests(machine_id: Id, control: ControlDep, user: Operator) -> Response:
    """Run the automatic tests once more."""
    control.test_again(machine_id, user.actor)
    return go(f"/machines/{machine_id}", "testing")


@router.post("/runs/{run_id}/carry-on")
def carry_on(run_id: Id, core: CoreDep, control: ControlDep, user: Operator) -> Response:
    """Go on although the tests stopped the run."""
    with core.database.read() as session:
        run = session.get(Run, run_id)
        if run is None:
            raise NotFound(N_("There is no run {id}."), N_("Open the machine's page."), id=run_id)
        machine_id = run.machine_id
    control.carry_on(run_id, user.actor)
    return go(f"/machines/{machine_id}", "carried-on")
