"""The public page that a paper's QR code leads to: no sign-in, nothing personal, a limit for each address."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from controller.core import Core
from controller.erasure.certificates.anchors import Anchors, published, read_anchors
from controller.erasure.certificates.queries import by_token
from controller.erasure.certificates.status import PublicStatus, public_status
from controller.erasure.certificates.store import identity_of
from controller.erasure.certificates.words import LEVEL_MEANINGS, METHODS, PAPER_NAMES, TECHNIQUE_NAMES
from controller.errors import NotFound, RecyclerieError
from controller.i18n import N_
from controller.web.deps import CoreDep, client_address
from controller.web.page import render

router = APIRouter(include_in_schema=False)
Token = Annotated[str, Path(max_length=64)]
MAX_BYTES = 20_000_000


@router.get("/verify/keys.json")
def keys(request: Request, core: CoreDep) -> Response:
    """The workshop's public keys, to check papers with offline. Nothing secret."""
    core.verify_limit.check(client_address(request))
    return JSONResponse(published(core, identity_of(core)), headers={"Cache-Control": "public, max-age=3600"})


@router.get("/verify/{token}")
def show(request: Request, token: Token, core: CoreDep) -> Response:
    """What a paper says, and whether it still holds."""
    return _page(request, _status(request, core, token))


@router.post("/verify/{token}")
async def compare(request: Request, token: Token, core: CoreDep) -> Response:
    """Compare a file that was handed in with the one that was issued; it is not kept."""
    status = await run_in_threadpool(_status, request, core, token)
    found = await run_in_threadpool(_compare, core, status, await _given(request))
    return await run_in_threadpool(_page, request, status, given=found)


async def _given(request: Request) -> bytes:
    """The file of the form. Its length is looked at before a byte of it is read: anybody may send one.

    Raises:
        RecyclerieError: there is none, or it is too large.
    """
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) <= MAX_BYTES:
        async with request.form(max_files=1, max_fields=2) as form:
            file = form.get("file")
            data = await file.read() if isinstance(file, UploadFile) else b""
        if data:
            return data
    raise RecyclerieError(
        N_("No PDF was received, or it is too large."), N_("Choose the certificate's file, then try again.")
    )


def _status(request: Request, core: Core, token: str) -> PublicStatus:
    core.verify_limit.check(client_address(request))
    with core.database.read() as session:
        certificate = by_token(session, token)
        if certificate is None:
            raise NotFound(
                N_("This paper was not issued here."),
                N_("Check the address printed beside its QR code, or call the workshop."),
            )
        return public_status(session, core, certificate)


def _compare(core: Core, status: PublicStatus, data: bytes) -> dict[str, Any]:
    if status.sha256 and hashlib.sha256(data).hexdigest() == status.sha256:
        return {"same": True, "ok": True}
    from controller.erasure.certificates.verify import verify_pdf

    verdict = verify_pdf(data, _own_anchors(core))
    return {"same": False, "ok": verdict.ok, "number": verdict.statement.get("number", "") if verdict.ok else ""}


def _own_anchors(core: Core) -> Anchors:
    return read_anchors(json.dumps(published(core, identity_of(core))).encode(), "keys.json")


def _page(request: Request, status: PublicStatus, given: dict[str, Any] | None = None) -> Response:
    answer = render(
        request,
        "pages/verify.html",
        c=status,
        given=given,
        names=PAPER_NAMES,
        methods=METHODS,
        techniques=TECHNIQUE_NAMES,
        meanings=LEVEL_MEANINGS,
    )
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
