"""Certificates, destruction sheets and drives over the API."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import Field
from sqlalchemy import select

from controller.api import models_papers as models
from controller.api.common import Body, Id, errors
from controller.api.views import erasure_view, when
from controller.erasure.certificates.destroy import destruction_of, get_drive, record_destruction
from controller.erasure.certificates.issue import get_certificate, issue_in
from controller.erasure.certificates.office import verification_page
from controller.erasure.certificates.queries import of_drive, of_machine
from controller.erasure.certificates.store import pdf_of
from controller.erasure.certificates.tables import Certificate, Destruction
from controller.erasure.tables import Erasure
from controller.machines.registry import get_machine
from controller.settings import Settings
from controller.web.administration import get_user
from controller.web.deps import CoreDep, Operator, Viewer

router = APIRouter(prefix="/api", tags=["certificates"])
LIMIT = 500
PDF: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        "description": "the signed file",
    }
}


class Language(Body):
    """Which language."""

    language: Literal["fr", "en"]


class Destroyed(Body):
    """How a drive was destroyed. ``person_id``: who did it, when it wasn't the caller."""

    method: Literal["drilled", "crushed", "shredded", "opened", "contractor"]
    destroyed_on: dt.date
    person_id: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    photo: Annotated[str, Field(max_length=200)] = ""


def certificate_view(settings: Settings, row: Certificate) -> dict[str, Any]:
    """A paper."""
    return {
        "id": row.id,
        "number": row.number,
        "kind": row.kind,
        "language": row.language,
        "machine_id": row.machine_id,
        "drive_id": row.drive_id,
        "erasure_ids": row.erasure_ids,
        "issued_at": when(row.issued_at),
        "verification_url": verification_page(settings, row.token),
        "sha256": row.sha256,
        "size_bytes": row.size_bytes,
    }


def destruction_view(row: Destruction) -> dict[str, Any]:
    """How a drive ended."""
    return {
        "method": row.method,
        "destroyed_on": row.destroyed_on.isoformat(),
        "person_id": row.person_id,
        "photo": row.photo,
        "recorded_at": when(row.recorded_at),
    }


@router.get("/certificates", responses=errors(404), response_model=list[models.Certificate])
def certificates(
    core: CoreDep,
    _: Viewer,
    machine: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    drive: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> list[dict[str, Any]]:
    """Papers, newest first: of one machine, of one drive, or the newest five hundred."""
    with core.database.read() as session:
        if drive is not None:
            rows = of_drive(session, get_drive(session, drive).id)
        elif machine is not None:
            rows = of_machine(session, get_machine(session, machine).id)
        else:
            query = select(Certificate).order_by(Certificate.id.desc()).limit(LIMIT)
            rows = list(session.execute(query).scalars())
        return [certificate_view(core.settings, row) for row in rows]


@router.get("/certificates/{certificate_id}", responses=errors(404), response_model=models.Certificate)
def certificate(certificate_id: Id, core: CoreDep, _: Viewer) -> dict[str, Any]:
    """One paper; ``sha256`` is empty until its PDF is made."""
    with core.database.read() as session:
        return certificate_view(core.settings, get_certificate(session, certificate_id))


@router.get("/certificates/{certificate_id}/pdf", responses={**errors(404, 409), **PDF}, response_class=Response)
def certificate_pdf(certificate_id: Id, core: CoreDep, _: Viewer) -> Response:
    """The signed PDF; made now if it was not yet."""
    row, pdf = pdf_of(core, certificate_id)
    name = f'attachment; filename="{row.file_name}"'
    return Response(pdf, media_type="application/pdf", headers={"Content-Disposition": name})


@router.post("/certificates/{certificate_id}/language", responses=errors(404, 409), response_model=models.Certificate)
def certificate_in(certificate_id: Id, body: Language, core: CoreDep, user: Operator) -> dict[str, Any]:
    """The same paper in another language: a paper of its own. Asked again, the one that is there."""
    with core.database.write() as session:
        row = issue_in(session, core, get_certificate(session, certificate_id), body.language, user.actor)
        return certificate_view(core.settings, row)


@router.get("/drives/{drive_id}", responses=errors(404), response_model=models.DriveHistory)
def drive(drive_id: Id, core: CoreDep, _: Viewer) -> dict[str, Any]:
    """One drive, with its erases and papers over every machine that it was in."""
    with core.database.read() as session:
        row = get_drive(session, drive_id)
        destruction = destruction_of(session, row.id)
        erasures = session.execute(
            select(Erasure).where(Erasure.drive_id == row.id).order_by(Erasure.id.desc())
        ).scalars()
        return {
            "id": row.id,
            "model": row.model,
            "serial": row.serial,
            "wwn": row.wwn,
            "size_bytes": row.size_bytes,
            "transport": row.transport,
            "rotational": row.rotational,
            "machine_id": row.machine_id,
            "first_seen": when(row.first_seen),
            "last_seen": when(row.last_seen),
            "erasures": [{**erasure_view(e), "machine_id": e.machine_id} for e in erasures],
            "certificates": [certificate_view(core.settings, c) for c in of_drive(session, row.id)],
            "destruction": destruction_view(destruction) if destruction else None,
        }


@router.post("/drives/{drive_id}/destroyed", responses=errors(404, 409), response_model=models.Certificate)
def drive_destroyed(drive_id: Id, body: Destroyed, core: CoreDep, user: Operator) -> dict[str, Any]:
    """Record that a drive which could not be erased was destroyed; the answer is its completed sheet."""
    with core.database.write() as session:
        row = record_destruction(
            session,
            core,
            get_drive(session, drive_id),
            method=body.method,
            destroyed_on=body.destroyed_on,
            person=get_user(session, body.person_id or user.id),
            photo=body.photo,
            actor=user.actor,
        )
        return certificate_view(core.settings, row)
