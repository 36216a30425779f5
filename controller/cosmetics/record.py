"""Record a look at a machine, its photos, and that a photo was taken away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from controller.bus import publish_after_commit
from controller.cosmetics import store
from controller.cosmetics.look import newest_row
from controller.cosmetics.picture import Picture
from controller.cosmetics.tables import Look, Photo
from controller.cosmetics.zones import SEVERITIES, ZONE_NAMES, cleaning, zones
from controller.database import utcnow
from controller.errors import Conflict, NotFound, RecyclerieError
from controller.i18n import N_, translate
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.moves import is_over
from controller.machines.tables import Machine
from controller.settings import Settings

MAX_PHOTOS = 40  # of one machine
MAX_NOTE = 300  # characters


def record_look(
    session: Session,
    machine: Machine,
    found: Mapping[str, tuple[str, str]],
    cleaned: Sequence[str],
    actor: str,
) -> Look:
    """Keep what a person saw: severity and note by zone, and what was cleaned.

    The notes are the person's own words: they stay out of the ledger.

    Raises:
        RecyclerieError: a zone was left out, or a value is none of ours.
        Conflict: the machine has left the workshop.
    """
    refuse_gone(machine)
    expected = zones(machine.form)
    left_out = [zone for zone in expected if found.get(zone, ("", ""))[0] not in SEVERITIES]
    if left_out:
        raise RecyclerieError(
            N_("You said nothing of this: {zone}."),
            N_("Say for each part of the machine how it looks, then record it."),
            zone=translate(ZONE_NAMES[left_out[0]]),
        )
    look = Look(
        machine_id=machine.id,
        form=machine.form,
        zones={zone: {"severity": found[zone][0], "note": found[zone][1].strip()[:MAX_NOTE]} for zone in expected},
        cleaned=[task for task in cleaning(machine.form) if task in cleaned],
        looked_at=utcnow(),
        looked_by=actor,
    )
    session.add(look)
    session.flush()
    body = {
        "look": look.id,
        "form": look.form,
        "zones": {zone: value["severity"] for zone, value in look.zones.items()},
        "cleaned": look.cleaned,
    }
    append(session, Kind.MACHINE_LOOKED, machine.subject, body, actor=actor, site=machine.site)
    publish_after_commit(session, machine.subject)
    return look


def add_photos(session: Session, settings: Settings, machine: Machine, pictures: Sequence[Picture], actor: str) -> int:
    """Keep photos with the machine's newest look; one that it has already is not kept twice.

    Returns how many were left out because it would have more than ``MAX_PHOTOS``.

    Raises:
        Conflict: nobody has looked at it yet, or it has left the workshop.
    """
    refuse_gone(machine)
    look = newest_row(session, machine.id)
    if look is None:
        raise Conflict(
            N_("Nobody has looked at {machine} yet."),
            N_("Record the cosmetic check first: the photos belong to it."),
            machine=machine.name,
        )
    room = max(0, MAX_PHOTOS - count_photos(session, machine.id))
    added: list[Photo] = []
    for picture in pictures[:room]:
        sha256, thumb = store.keep(settings, picture.jpeg), store.keep(settings, picture.thumb)
        known = select(Photo.id).where(Photo.look_id == look.id, Photo.sha256 == sha256)
        if session.execute(known).first():
            continue  # sent twice: a reload, a second tap
        photo = Photo(
            machine_id=machine.id,
            look_id=look.id,
            sha256=sha256,
            thumb_sha256=thumb,
            width_px=picture.width_px,
            height_px=picture.height_px,
            size_bytes=len(picture.jpeg),
            taken_at=utcnow(),
            taken_by=actor,
        )
        session.add(photo)
        session.flush()
        added.append(photo)
    if added:
        body = {"look": look.id, "sha256": [photo.sha256 for photo in added]}
        append(session, Kind.PHOTO_ADDED, machine.subject, body, actor=actor, site=machine.site)
        publish_after_commit(session, machine.subject)
    return len(pictures[room:])


def count_photos(session: Session, machine_id: int) -> int:
    """How many photos a machine has."""
    query = select(func.count()).select_from(Photo).where(Photo.machine_id == machine_id)
    return int(session.execute(query).scalar_one())


def remove_photo(session: Session, settings: Settings, machine: Machine, photo_id: int, actor: str) -> None:
    """Take a photo away for good, its files too: somebody may be on it.

    Raises:
        NotFound: the machine has no such photo.
    """
    photo = session.get(Photo, photo_id)
    if photo is None or photo.machine_id != machine.id:
        raise NotFound(N_("This photo is gone already."), N_("Reload the page."))
    digests = (photo.sha256, photo.thumb_sha256)
    session.delete(photo)
    body = {"sha256": [photo.sha256]}
    append(session, Kind.PHOTO_REMOVED, machine.subject, body, actor=actor, site=machine.site)
    publish_after_commit(session, machine.subject)
    for digest in digests:  # inside of the only transaction that writes: nobody keeps the same file meanwhile
        others = select(Photo.id).where(or_(Photo.sha256 == digest, Photo.thumb_sha256 == digest)).limit(1)
        if not session.execute(others).first():
            store.remove(settings, digest)


def refuse_gone(machine: Machine) -> None:
    """Raise Conflict for a machine that has left the workshop for good."""
    if is_over(machine):
        raise Conflict(
            N_("{machine} has left the workshop."), N_("Nothing more is recorded about it."), machine=machine.name
        )
