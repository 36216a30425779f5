"""How this workshop erases: shown to everybody, changed by those who may."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from controller.access.roles import Right, may
from controller.erasure.policy import change_policy, current_policy
from controller.erasure.policy_values import MAX_CANARIES, MIN_SHARE
from controller.web.deps import CoreDep, PolicyMaker, Viewer
from controller.web.page import go, render
from controller.web.views.erase_policy import policy_view, read_form

router = APIRouter(include_in_schema=False)


@router.get("/settings/erasing")
def show_policy(request: Request, user: Viewer, core: CoreDep) -> Response:
    """The page; a form for those who may change it."""
    with core.database.read() as session:
        shown = policy_view(session, core.settings.site)
    return render(
        request,
        "pages/erase-policy.html",
        user=user,
        shown=shown,
        may_change=may(user.role, Right.POLICY),
        least_percent=round(100 * MIN_SHARE),
        most_canaries=MAX_CANARIES,
    )


@router.post("/settings/erasing")
async def set_policy(request: Request, user: PolicyMaker, core: CoreDep) -> Response:
    """For the authorisations to come; those that were given keep their plans."""
    form = {key: value for key, value in (await request.form()).items() if isinstance(value, str)}
    with core.database.write() as session:
        site = core.settings.site
        change_policy(session, site, read_form(form, current_policy(session, site)), user.actor)
    return go("/settings/erasing", "policy")
