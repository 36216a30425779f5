"""The cosmetic check: looked at with a phone in the hand. Photos go out to people who are signed in, to nobody else."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from controller.access.roles import RIGHTS
from controller.core import Core
from controller.cosmetics import store
from controller.cosmetics.picture import Refusal
from controller.cosmetics.record import add_photos, record_look, remove_photo
from controller.cosmetics.tables import Photo
from controller.cosmetics.zones import SEVERITIES, ZONE_NAMES
from controller.errors import NotFound, RecyclerieError
from controller.i18n import N_
from controller.machines.registry import get_machine
from controller.machines.tables import Machine
from controller.web.deps import CoreDep, Operator, Viewer
from controller.web.page import go, render
from controller.web.uploads import Sent, read_photos, sized, text
from controller.web.views.look import TONES, encode, look_view, refused
from controller.web.views.names import model_name
from controller.web.views.people import Actors

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
Sized = Annotated[None, Depends(sized)]
# A photo never changes under its name, but it can be deleted: a day, then the browser asks again.
PHOTO_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=86400"}


@router.get("/machines/{machine_id}/look")
def show_look(
    request: Request,
    machine_id: Id,
    user: Operator,
    core: CoreDep,
    not_kept: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The form, filled with what the newest look said."""
    with core.database.read() as session:
        machine = get_machine(session, machine_id)
        look = look_view(session, machine, Actors(session))
    return render(
        request,
        "pages/look.html",
        user=user,
        m=machine,
        model=model_name(machine.manufacturer, machine.product),
        look=look,
        refused=refused(not_kept),
        severities=tuple((key, label, TONES[key]) for key, label in SEVERITIES.items()),
        rights=frozenset(right.value for right in RIGHTS[user.role]),
    )


@router.post("/machines/{machine_id}/look")
async def add_look(request: Request, machine_id: Id, _: Sized, user: Operator, core: CoreDep) -> Response:
    """Record it, with its photos; files that are no photos don't keep the rest from being recorded."""
    form = await request.form()
    sent = await read_photos(form)
    await run_in_threadpool(_record, core, machine_id, form, sent, user.actor)
    return _done(machine_id, sent, "look")


@router.post("/machines/{machine_id}/photos")
async def more_photos(request: Request, machine_id: Id, _: Sized, user: Operator, core: CoreDep) -> Response:
    """Add photos to the newest look."""
    sent = await read_photos(await request.form())
    if not sent.pictures and not sent.refused:
        raise RecyclerieError(N_("No photo was chosen."), N_("Take or choose one, then send it."))
    await run_in_threadpool(_keep, core, machine_id, sent, user.actor)
    return _done(machine_id, sent, "photos" if sent.pictures else "")


@router.post("/machines/{machine_id}/photos/{photo_id}/remove")
def take_away(machine_id: Id, photo_id: Id, user: Operator, core: CoreDep) -> Response:
    """Delete a photo for good."""
    with core.database.write() as session:
        remove_photo(session, core.settings, get_machine(session, machine_id), photo_id, user.actor)
    return go(f"/machines/{machine_id}?tab=tests", "photo-gone")


@router.get("/photos/{sha256}.jpg")
def show_photo(sha256: str, _: Viewer, core: CoreDep) -> Response:
    """A photo, or its small form."""
    with core.database.read() as session:
        query = select(Photo.id).where(or_(Photo.sha256 == sha256, Photo.thumb_sha256 == sha256)).limit(1)
        if not store.NAME.fullmatch(sha256) or not session.execute(query).first():
            raise NotFound(N_("There is no such photo."), N_("It may have been deleted: reload the page."))
    return Response(store.read(core.settings, sha256), media_type="image/jpeg", headers=PHOTO_HEADERS)


def _record(core: Core, machine_id: int, form: FormData, sent: Sent, actor: str) -> None:
    found = {zone: (text(form, f"zone-{zone}", 16), text(form, f"note-{zone}", 300)) for zone in ZONE_NAMES}
    cleaned = [value for value in form.getlist("cleaned") if isinstance(value, str)]
    with core.database.write() as session:
        machine = get_machine(session, machine_id)
        record_look(session, machine, found, cleaned, actor)
        _add(session, core, machine, sent, actor)


def _keep(core: Core, machine_id: int, sent: Sent, actor: str) -> None:
    with core.database.write() as session:
        _add(session, core, get_machine(session, machine_id), sent, actor)


def _add(session: Session, core: Core, machine: Machine, sent: Sent, actor: str) -> None:
    if sent.pictures:
        sent.refused[Refusal.TOO_MANY] += add_photos(session, core.settings, machine, sent.pictures, actor)


def _done(machine_id: int, sent: Sent, said: str) -> Response:
    codes = encode(sent.refused)
    return go(f"/machines/{machine_id}/look?not_kept={codes}" if codes else f"/machines/{machine_id}?tab=tests", said)
