"""The home page: the workshop board."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from controller.database import utcnow
from controller.web.deps import CoreDep, Viewer
from controller.web.live.revision import revision
from controller.web.page import render
from controller.web.views.board import Filters, board

router = APIRouter(include_in_schema=False)


@router.get("/")
def show_board(
    request: Request,
    user: Viewer,
    core: CoreDep,
    lot: Annotated[str, Query()] = "",
    bench: Annotated[str, Query()] = "",
    q: Annotated[str, Query()] = "",
) -> Response:
    """The board, narrowed to a lot, a bench or words."""
    seen = revision()  # before the queries: a change in between is then seen as missed
    filters = Filters(lot=int(lot) if lot.isdigit() else None, bench=bench, q=q[:80])
    with core.database.read() as session:
        view = board(session, filters, utcnow())
    return render(request, "pages/board.html", user=user, topic="board", seen=seen, board=view)
