"""Maintenance of machines at home: asking, looking, taking back; log bundles; the end of a machine's rights."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from controller.access.roles import RIGHTS
from controller.errors import NotFound
from controller.i18n import N_
from controller.machines.registry import get_machine
from controller.maintenance.actions import get_action
from controller.maintenance.asking import get_asked
from controller.maintenance.bundle import bundle_path
from controller.maintenance.office import Office
from controller.maintenance.rights import end_rights
from controller.web.deps import CoreDep, Maintainer
from controller.web.page import go, is_htmx, render
from controller.web.views.maintenance import action_log, everywhere
from controller.web.views.people import Actors

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
Text = Annotated[str, Form(max_length=80)]
LOG_PART = 500
LOG_PAGE = 5_001


def _office(request: Request) -> Office:
    office: Office = request.app.state.maintenance
    return office


def _tab(machine_id: int) -> str:
    return f"/machines/{machine_id}?tab=assist"


@router.post("/machines/{machine_id}/maintenance")
def ask_machine(
    request: Request,
    machine_id: Id,
    user: Maintainer,
    action: Text = "",
    package: Text = "",
    timezone: Text = "",
    keyboard: Text = "",
    later: Text = "",
) -> Response:
    """Ask it; one that isn't connected is asked later where that was said."""
    given = {"package": package, "timezone": timezone, "keyboard": keyboard}
    row = _office(request).ask(machine_id, get_action(action), given, user.actor, later=later == "yes")
    return go(_tab(machine_id), "maintenance-later" if row.state == "waiting" else "maintenance")


@router.post("/maintenance/{action_id}/cancel")
def take_back(request: Request, action_id: Id, _user: Maintainer) -> Response:
    """Nobody waits for it any more; what the machine has begun it finishes."""
    row = _office(request).cancel(action_id)
    return go(_tab(row.machine_id), "maintenance-cancelled")


@router.get("/maintenance/{action_id}/log")
def show_log(
    request: Request,
    action_id: Id,
    user: Maintainer,
    core: CoreDep,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
) -> Response:
    """The lines after one (with script), or all of it on a page."""
    part = is_htmx(request)
    with core.database.read() as session:
        row = get_asked(session, action_id)
        machine = get_machine(session, row.machine_id)
        lines = action_log(session, action_id, after, LOG_PART if part else LOG_PAGE)
    if part:
        return HTMLResponse(request.app.state.templates.get_template("parts/log-lines.html").render(lines=lines))
    return render(
        request,
        "pages/log.html",
        user=user,
        lines=lines,
        hidden=0,
        machine_id=machine.id,
        machine_name=machine.name,
        step_label=get_action(row.action).label,
    )


@router.get("/maintenance/{action_id}/bundle")
def download(action_id: Id, _user: Maintainer, core: CoreDep) -> Response:
    """The log bundle, as a file."""
    with core.database.read() as session:
        row = get_asked(session, action_id)
        name = get_machine(session, row.machine_id).name
    path = bundle_path(core, action_id)
    if not row.bundle_bytes or not path.is_file():
        raise NotFound(
            N_("This log bundle is no longer kept."), N_("Fetch the logs again from the machine's page."), id=action_id
        )
    at = (row.ended_at or row.asked_at).strftime("%Y%m%d-%H%M")
    return FileResponse(
        path,
        filename=f"{name}-{at}.tar.gz",
        media_type="application/gzip",
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    )


@router.post("/machines/{machine_id}/revoke")
def revoke(machine_id: Id, core: CoreDep, user: Maintainer, tag: Text = "") -> Response:
    """End the rights of the installed system, for good."""
    with core.database.write() as session:
        end_rights(session, get_machine(session, machine_id), user.actor, tag)
    return go(_tab(machine_id), "revoked")


@router.get("/maintenance")
def show_all(request: Request, user: Maintainer, core: CoreDep) -> Response:
    """What was asked of all machines at home."""
    with core.database.read() as session:
        found = everywhere(session, Actors(session))
    rights = frozenset(right.value for right in RIGHTS[user.role])
    return render(request, "pages/maintenance.html", user=user, topic="board", all=found, rights=rights)


@router.post("/maintenance")
def ask_all(request: Request, user: Maintainer, action: Text = "") -> Response:
    """Ask every machine at home."""
    _office(request).ask_everywhere(get_action(action), user.actor)
    return go("/maintenance", "maintenance-all")


@router.post("/maintenance/batches/{batch}/cancel")
def take_all_back(
    request: Request, batch: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")], _user: Maintainer
) -> Response:
    """Take back what isn't over of a batch."""
    _office(request).cancel_batch(batch)
    return go("/maintenance", "maintenance-cancelled")
