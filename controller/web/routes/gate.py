"""The list that a reconditioned machine must meet: read by everybody; one item let pass by those who may."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import Response

from controller.access.roles import Right
from controller.access.tables import User
from controller.grading.gate.lists import FORM_NAMES
from controller.grading.gate.waivers import end_waiver, waive
from controller.machines.registry import get_machine
from controller.web.deps import CoreDep, Viewer, need
from controller.web.page import go, render
from controller.web.views.gate import list_lines

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
Item = Annotated[str, Form(max_length=160)]
Waiver = Annotated[User, Depends(need(Right.WAIVE))]


@router.get("/settings/tests")
def show_list(request: Request, user: Viewer) -> Response:
    """What must have been tried, by kind of machine."""
    return render(request, "pages/test-list.html", user=user, forms=tuple(FORM_NAMES.values()), lines=list_lines())


@router.post("/machines/{machine_id}/waive")
def let_pass(
    machine_id: Id,
    user: Waiver,
    core: CoreDep,
    item: Item = "",
    reason: Annotated[str, Form(max_length=16)] = "",
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Let one item pass, with a reason."""
    with core.database.write() as session:
        waive(session, get_machine(session, machine_id), item, reason, note, user.actor)
    return go(f"/machines/{machine_id}?tab=tests", "waived")


@router.post("/machines/{machine_id}/waive/end")
def ask_again(machine_id: Id, user: Waiver, core: CoreDep, item: Item = "") -> Response:
    """Ask for it again."""
    with core.database.write() as session:
        end_waiver(session, get_machine(session, machine_id), item, user.actor)
    return go(f"/machines/{machine_id}?tab=tests", "restored")
