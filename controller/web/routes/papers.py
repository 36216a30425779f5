"""Certificates, destruction sheets, and the page of a drive."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import Response

from controller.access.roles import RIGHTS
from controller.erasure.certificates.destroy import get_drive, record_destruction
from controller.erasure.certificates.issue import get_certificate, issue_in
from controller.erasure.certificates.store import pdf_of
from controller.erasure.certificates.words import METHODS
from controller.errors import RecyclerieError
from controller.i18n import N_
from controller.web.administration import get_user
from controller.web.deps import CoreDep, Operator, Viewer
from controller.web.page import go, render
from controller.web.routes.lots import read_date
from controller.web.views.papers import active_people, drive_page
from controller.web.views.people import Actors

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


def pdf_answer(pdf: bytes, name: str) -> Response:
    """A PDF that the browser shows, and saves under ``name``."""
    return Response(
        pdf,
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "private, no-store"},
    )


@router.get("/certificates/{certificate_id}.pdf")
def show_pdf(certificate_id: Id, _user: Viewer, core: CoreDep) -> Response:
    """The signed PDF of a paper; made now if it was not yet."""
    certificate, pdf = pdf_of(core, certificate_id)
    return pdf_answer(pdf, certificate.file_name)


@router.post("/certificates/{certificate_id}/language")
def other_language(
    certificate_id: Id, user: Operator, core: CoreDep, language: Annotated[str, Form(max_length=2)] = ""
) -> Response:
    """The same paper in another language: a paper of its own."""
    with core.database.write() as session:
        made = issue_in(session, core, get_certificate(session, certificate_id), language, user.actor)
        made_id = made.id
    return go(f"/certificates/{made_id}.pdf")


@router.get("/drives/{drive_id}")
def show_drive(request: Request, drive_id: Id, user: Viewer, core: CoreDep) -> Response:
    """One drive: where it is, its erases in every machine, its papers, its end."""
    with core.database.read() as session:
        page = drive_page(session, get_drive(session, drive_id), Actors(session))
        people = active_people(session) if page.may_be_destroyed else []
    return render(
        request,
        "pages/drive.html",
        user=user,
        d=page,
        methods=METHODS,
        people=people,
        rights=frozenset(right.value for right in RIGHTS[user.role]),
    )


@router.post("/drives/{drive_id}/destroyed")
def destroyed(
    drive_id: Id,
    user: Operator,
    core: CoreDep,
    method: Annotated[str, Form(max_length=16)] = "",
    destroyed_on: Annotated[str, Form(max_length=20)] = "",
    person: Annotated[int, Form(ge=1, le=2**31 - 1)] = 1,
    photo: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Record that the drive was destroyed; the completed sheet is issued."""
    on = read_date(destroyed_on)
    if on is None:
        raise RecyclerieError(N_("The date of the destruction is missing."), N_("Write it as day/month/year."))
    with core.database.write() as session:
        record_destruction(
            session,
            core,
            get_drive(session, drive_id),
            method=method,
            destroyed_on=on,
            person=get_user(session, person),
            photo=photo,
            actor=user.actor,
        )
    return go(f"/drives/{drive_id}", "destroyed")
