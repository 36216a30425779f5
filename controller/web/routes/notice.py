"""The notice on remote help that goes home with a machine."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from controller.helpdesk.notice.paper import notice
from controller.machines.registry import get_machine
from controller.web.deps import CoreDep, Viewer
from controller.web.routes.papers import pdf_answer

router = APIRouter(include_in_schema=False)


@router.get("/machines/{machine_id}/notice")
def show_notice(
    machine_id: Annotated[int, Path(ge=1, le=2**31 - 1)],
    _user: Viewer,
    core: CoreDep,
    language: Annotated[str, Query(max_length=2)] = "fr",
) -> Response:
    """The notice for the family: French, English or Arabic."""
    with core.database.read() as session:
        tag = get_machine(session, machine_id).tag or ""
    return pdf_answer(notice(core.settings, tag, language), f"notice-{tag or machine_id}-{language}.pdf")
