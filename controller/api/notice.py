"""The family's notice on remote help over the API."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from controller.api.common import Id, errors
from controller.helpdesk.notice.paper import notice
from controller.machines.registry import get_machine
from controller.web.deps import CoreDep, Viewer

router = APIRouter(prefix="/api", tags=["assistance"])
PDF: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        "description": "one A4 page",
    }
}


@router.get("/machines/{machine_id}/notice", response_class=Response, responses={**PDF, **errors(404)})
def get_notice(
    machine_id: Id, _user: Viewer, core: CoreDep, language: Annotated[Literal["fr", "en", "ar"], Query()] = "fr"
) -> Response:
    """What remote help is, for the family to keep: French, English or Arabic."""
    with core.database.read() as session:
        tag = get_machine(session, machine_id).tag or ""
    return Response(notice(core.settings, tag, language), media_type="application/pdf")
