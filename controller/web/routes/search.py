"""The search box's page: results, or straight to the machine whose tag was given."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from controller.machines.lifecycle import STATES, State
from controller.web.deps import CoreDep, Viewer
from controller.web.page import render
from controller.web.views.search import exact_tag, search

router = APIRouter(include_in_schema=False)


@router.get("/search")
def show_results(
    request: Request,
    user: Viewer,
    core: CoreDep,
    q: Annotated[str, Query(max_length=200)] = "",
    state: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """Machines and lots; a whole tag opens its machine."""
    chosen = State(state) if state in set(State) else None
    with core.database.read() as session:
        machine_id = exact_tag(session, q) if chosen is None else None
        if machine_id is not None:
            return RedirectResponse(f"/machines/{machine_id}", status_code=303)
        found = search(session, q, chosen)
    return render(
        request,
        "pages/search.html",
        user=user,
        query=q,
        state=chosen.value if chosen else "",
        found=found,
        states=tuple((s.value, info.label) for s, info in STATES.items()),
    )
