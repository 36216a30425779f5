"""The ledger: read, search, verify."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from controller.erasure.recheck_audit import verify_everything
from controller.ledger.verify import Verification
from controller.web.deps import CoreDep, LedgerReader
from controller.web.page import render
from controller.web.views.ledger import ledger_page

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Query(max_length=80)]
Before = Annotated[int | None, Query(ge=1, le=2**53)]


def _show(
    request: Request,
    user: LedgerReader,
    core: CoreDep,
    *,
    q: str = "",
    kind: str = "",
    before: int | None = None,
    verification: Verification | None = None,
) -> Response:
    with core.database.read() as session:
        page = ledger_page(session, q=q, kind=kind, before=before)
    return render(
        request, "pages/ledger.html", user=user, page=page, q=q, kind=kind, before=before, verification=verification
    )


@router.get("/ledger")
def show_ledger(
    request: Request,
    user: LedgerReader,
    core: CoreDep,
    q: Text = "",
    subject: Text = "",
    kind: Text = "",
    before: Before = None,
) -> Response:
    """Entries, newest first; ``subject`` is what other pages link with."""
    return _show(request, user, core, q=q or subject, kind=kind, before=before)


@router.get("/ledger/verify")
def verify_ledger(request: Request, user: LedgerReader, core: CoreDep) -> Response:
    """Read the whole chain again, and say what does not hold."""
    with core.database.read() as session:
        found = verify_everything(session, core.keys.ledger.public_key())
    return _show(request, user, core, verification=found)
