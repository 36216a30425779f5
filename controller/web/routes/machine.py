"""A machine's page, its tabs, and the logs of its steps."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from controller.access.roles import RIGHTS
from controller.assist.switchboard import Switchboard
from controller.errors import NotFound
from controller.i18n import N_
from controller.machines.account import ACCOUNT
from controller.machines.registry import get_machine, machine_by_tag
from controller.machines.tables import Machine
from controller.machines.tags import read_tag
from controller.web.deps import CoreDep, Viewer
from controller.web.live.revision import revision
from controller.web.page import is_htmx, render
from controller.web.views.drives import drives
from controller.web.views.grade import grade_tab
from controller.web.views.hardware import hardware
from controller.web.views.hardware_tests import tests_tab
from controller.web.views.health import health_tab
from controller.web.views.help import help_box
from controller.web.views.look import look_tab
from controller.web.views.lots import lot_choices
from controller.web.views.machine import TABS, history, machine_view, runs_of
from controller.web.views.machine_changes import changes_tab
from controller.web.views.maintenance import maintenance_box
from controller.web.views.papers import machine_papers
from controller.web.views.people import Actors
from controller.web.views.recheck import recheck_box
from controller.web.views.run import INFO, count_lines, run_view, step_log
from controller.web.views.screen import screen_box
from controller.workflows.tables import Run, RunStep

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
LOG_PART = 500
LOG_PAGE = 20_000
TAB_LABELS = (
    ("run", N_("Run"), "list-checks"),
    ("hardware", N_("Hardware"), "cpu"),
    ("tests", N_("Tests"), "clipboard-check"),
    ("drives", N_("Drives"), "hard-drive"),
    ("health", N_("Health"), "heart-pulse"),
    ("assist", N_("Help at home"), "life-buoy"),
    ("history", N_("History"), "book-open-check"),
)


@router.get("/machines/{machine_id}")
def show_machine(
    request: Request,
    machine_id: Id,
    user: Viewer,
    core: CoreDep,
    tab: Annotated[str, Query()] = "run",
    run: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    span: Annotated[str, Query(max_length=8)] = "",
) -> Response:
    """The page, with one tab's content."""
    tab = tab if tab in TABS else "run"
    seen = revision()
    with core.database.read() as session:
        machine = get_machine(session, machine_id)
        actors = Actors(session)
        view = machine_view(session, machine, actors)
        if tab == "health":
            context = health_tab(session, machine, settings=core.settings, span=span)
        elif tab == "assist":
            context = {
                **screen_box(session, machine, user, actors, linked=_linked(request, machine_id)),
                **maintenance_box(session, machine, user, actors),
                **help_box(session, machine, user, actors, settings=core.settings),
            }
        else:
            context = _tab(session, machine, tab, actors, run)
        if tab == "run" and run is None:
            context["shown"] = view.run
        lots = lot_choices(session)
        recheck = recheck_box(session, machine, view.run, user, actors)
    return render(
        request,
        "pages/machine.html",
        user=user,
        topic=f"machine:{machine_id}",
        seen=seen,
        m=view,
        account=ACCOUNT,
        tab=tab,
        tabs=TAB_LABELS,
        lots=lots,
        recheck=recheck,
        rights=frozenset(right.value for right in RIGHTS[user.role]),
        **context,
    )


def _linked(request: Request, machine_id: int) -> bool | None:
    """Whether its agent is linked right now; None in a process that holds no links."""
    switchboard: Switchboard | None = getattr(request.app.state, "assist", None)
    return switchboard.linked(machine_id) if switchboard is not None else None


def _tab(session: Session, machine: Machine, tab: str, actors: Actors, run_id: int | None) -> dict[str, Any]:
    if tab == "hardware":
        found = drives(session, machine.id, actors)
        return {
            "hw": hardware(session, machine.id),
            "storage": sum(d.size_bytes for d in found if d.here),
            **grade_tab(session, machine),
        }
    if tab == "tests":
        return {**tests_tab(session, machine), **look_tab(session, machine)}
    if tab == "drives":
        return {"drives": drives(session, machine.id, actors), "papers": machine_papers(session, machine.id)}
    if tab == "history":
        return {"history": history(session, machine.id, actors), **changes_tab(session, machine)}
    shown = session.get(Run, run_id) if run_id else None
    if run_id and (shown is None or shown.machine_id != machine.id):
        raise NotFound(N_("There is no run {id}."), N_("Open the machine's page."), id=run_id)
    return {"runs": runs_of(session, machine.id), "shown": run_view(session, shown, actors) if shown else None}


@router.get("/m/{tag}")
def by_tag(tag: str, _user: Viewer, core: CoreDep) -> Response:
    """What a label's QR code leads to."""
    wanted = read_tag(tag[:40])
    with core.database.read() as session:
        machine = machine_by_tag(session, wanted)
    if machine is None:
        raise NotFound(
            N_("No machine carries the tag {tag}."),
            N_("Check the label. If it was never used, tie it to a machine first."),
            tag=wanted,
        )
    return RedirectResponse(f"/machines/{machine.id}", status_code=303)


@router.get("/steps/{step_id}/log")
def show_log(
    request: Request,
    step_id: Id,
    user: Viewer,
    core: CoreDep,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
) -> Response:
    """A step's log: the lines after one (with script), or all of it on a page."""
    part = is_htmx(request)
    with core.database.read() as session:
        step = session.get(RunStep, step_id)
        if step is None:
            raise NotFound(N_("There is no such log."), N_("Open the machine's page."))
        machine = get_machine(session, step.run.machine_id)
        lines = step_log(session, step_id, after, LOG_PART if part else LOG_PAGE)
        hidden = 0 if part else max(0, count_lines(session, step_id) - len(lines))
    if part:
        text = request.app.state.templates.get_template("parts/log-lines.html").render(lines=lines)
        return HTMLResponse(text)
    return render(
        request,
        "pages/log.html",
        user=user,
        lines=lines,
        hidden=hidden,
        machine_id=machine.id,
        machine_name=machine.name,
        step_label=INFO[step.name].label if step.name in INFO else step.name,
    )
