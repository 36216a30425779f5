"""Updates of the agent: which release machines at home get; shown to everybody, changed by those who may."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from controller.access.roles import Right, may
from controller.errors import RecyclerieError
from controller.i18n import N_
from controller.releases.steering import steer
from controller.releases.store import Store
from controller.web.deps import CoreDep, PolicyMaker, Viewer
from controller.web.page import go, render
from controller.web.views.agent_releases import releases_view

router = APIRouter(include_in_schema=False)
Short = Annotated[str, Form(max_length=64)]


@router.get("/settings/updates")
def show_releases(request: Request, user: Viewer, core: CoreDep) -> Response:
    """The page; buttons for those who may change who gets which."""
    with core.database.read() as session:
        shown = releases_view(session, Store(core.settings))
    return render(request, "pages/agent-releases.html", user=user, shown=shown, may_change=may(user.role, Right.POLICY))


@router.post("/settings/updates/everybody")
def give_to_everybody(user: PolicyMaker, core: CoreDep, version: Short = "", sure: Short = "") -> Response:
    """To all machines at home; only with the tick, since those that took it keep it."""
    if sure != "on":
        raise RecyclerieError(
            N_("Nothing was changed: the tick is missing."), N_("Read what it says, tick it, then try again.")
        )
    with core.database.write() as session:
        steer(session, Store(core.settings), version, "everybody", actor=user.actor, site=core.settings.site)
    return go("/settings/updates", "release")


@router.post("/settings/updates/trial")
def try_with_a_few(user: PolicyMaker, core: CoreDep, version: Short = "", percent: Short = "") -> Response:
    """To a share of the machines, until somebody says otherwise."""
    share = int(percent) if percent.isascii() and percent.isdigit() else -1
    with core.database.write() as session:
        store, site = Store(core.settings), core.settings.site
        steer(session, store, version, "trial", actor=user.actor, site=site, percent=share)
    return go("/settings/updates", "release")


@router.post("/settings/updates/stop")
def stop_release(user: PolicyMaker, core: CoreDep, version: Short = "") -> Response:
    """To no further machine. Those that have it keep it."""
    with core.database.write() as session:
        steer(session, Store(core.settings), version, "stopped", actor=user.actor, site=core.settings.site)
    return go("/settings/updates", "release")
