"""What a machine looks like: the cosmetic check."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.cosmetics.look import facts_of
from controller.cosmetics.picture import Refusal
from controller.cosmetics.tables import Look, Photo
from controller.cosmetics.zones import CLEANING_NAMES, SEVERITIES, ZONE_NAMES, cleaning, zones
from controller.grading.gate.gate import gate
from controller.machines.lifecycle import STATES
from controller.machines.tables import Machine
from controller.web.views.gate import gate_view
from controller.web.views.people import Actors
from controller.web.views.words import Words, counted

TONES = {"none": "good", "light": "quiet", "visible": "waiting", "broken": "alert"}
HISTORY_SHOWN = 20
REFUSALS: Mapping[str, Callable[[int], Words]] = {
    Refusal.NOT_A_PHOTO: lambda n: counted(
        "{n} file is not a photo: it was not kept. Photos are JPEG, PNG or WebP.",
        "{n} files are not photos: they were not kept. Photos are JPEG, PNG or WebP.",
        n,
    ),
    Refusal.HEIC: lambda n: counted(
        "{n} photo is in Apple's own form (HEIC): on the phone, under Camera, Formats, choose “Most compatible”.",
        "{n} photos are in Apple's own form (HEIC): on the phone, under Camera, Formats, choose “Most compatible”.",
        n,
    ),
    Refusal.BROKEN: lambda n: counted(
        "{n} photo did not arrive whole: take it again.",
        "{n} photos did not arrive whole: take them again.",
        n,
    ),
    Refusal.TOO_LARGE: lambda n: counted(
        "{n} photo is too large a file (more than 30 MB): choose a smaller format on the phone.",
        "{n} photos are too large files (more than 30 MB): choose a smaller format on the phone.",
        n,
    ),
    Refusal.TOO_MANY_PIXELS: lambda n: counted(
        "{n} photo has too many pixels: choose a smaller format on the phone.",
        "{n} photos have too many pixels: choose a smaller format on the phone.",
        n,
    ),
    Refusal.TOO_SMALL: lambda n: counted(
        "{n} picture is too small to show anything.",
        "{n} pictures are too small to show anything.",
        n,
    ),
    Refusal.TOO_MANY: lambda n: counted(
        "{n} photo too many: a machine has 40 at most, 12 at a time. Take others away first.",
        "{n} photos too many: a machine has 40 at most, 12 at a time. Take others away first.",
        n,
    ),
}


@dataclass(frozen=True, kw_only=True)
class Zone:
    """One part of the machine."""

    key: str
    name: str  # message id
    severity: str  # "": nobody has said
    note: str

    @property
    def label(self) -> str:
        """How bad it is (message id)."""
        return SEVERITIES.get(self.severity, "")

    @property
    def tone(self) -> str:
        """Its colour."""
        return TONES.get(self.severity, "quiet")


@dataclass(frozen=True, kw_only=True)
class Task:
    """One thing to clean."""

    key: str
    name: str  # message id
    done: bool


@dataclass(frozen=True, kw_only=True)
class PhotoView:
    """One photo."""

    id: int
    url: str
    thumb_url: str
    width_px: int
    height_px: int
    at: dt.datetime
    who: str
    number: int  # among those that are shown


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One look in the history."""

    at: dt.datetime
    who: str
    worst: str  # message id
    tone: str
    cleaned: bool


@dataclass(frozen=True, kw_only=True)
class LookView:
    """What is known, and what to ask."""

    zones: tuple[Zone, ...]
    tasks: tuple[Task, ...]
    photos: tuple[PhotoView, ...]
    last: Seen | None
    before: tuple[Seen, ...]
    may_change: bool

    @property
    def marked(self) -> tuple[Zone, ...]:
        """The zones where something is to be seen."""
        return tuple(zone for zone in self.zones if zone.severity not in ("", "none"))


def look_tab(session: Session, machine: Machine) -> dict[str, Any]:
    """What the tab's template needs."""
    actors = Actors(session)
    return {
        "look": look_view(session, machine, actors),
        "checklist": gate_view(session, gate(session, machine), actors) if machine.accepted_at else None,
    }


def look_view(session: Session, machine: Machine, actors: Actors) -> LookView:
    """The newest look, the photos, and the form's present values."""
    rows = (
        session.execute(select(Look).where(Look.machine_id == machine.id).order_by(Look.id.desc()).limit(HISTORY_SHOWN))
        .scalars()
        .all()
    )
    newest = rows[0] if rows else None
    found = newest.zones if newest else {}
    seen = tuple(_seen(row, actors) for row in rows)
    return LookView(
        zones=tuple(
            Zone(
                key=key,
                name=ZONE_NAMES[key],
                severity=str(found.get(key, {}).get("severity", "")),
                note=str(found.get(key, {}).get("note", "")),
            )
            for key in zones(machine.form)
        ),
        tasks=tuple(
            Task(key=key, name=CLEANING_NAMES[key], done=newest is not None and key in newest.cleaned)
            for key in cleaning(machine.form)
        ),
        photos=_photos(session, machine.id, actors),
        last=seen[0] if seen else None,
        before=seen[1:],
        may_change=not STATES[machine.state].final,
    )


def _seen(row: Look, actors: Actors) -> Seen:
    facts = facts_of(row)
    return Seen(
        at=facts.at,
        who=actors.name(facts.by),
        worst=SEVERITIES[facts.worst_severity],
        tone=TONES[facts.worst_severity],
        cleaned=facts.cleaned,
    )


def _photos(session: Session, machine_id: int, actors: Actors) -> tuple[PhotoView, ...]:
    rows = session.execute(select(Photo).where(Photo.machine_id == machine_id).order_by(Photo.id.desc())).scalars()
    return tuple(
        PhotoView(
            id=row.id,
            url=f"/photos/{row.sha256}.jpg",
            thumb_url=f"/photos/{row.thumb_sha256}.jpg",
            width_px=row.width_px,
            height_px=row.height_px,
            at=row.taken_at,
            who=actors.name(row.taken_by),
            number=number,
        )
        for number, row in enumerate(rows, start=1)
    )


def refused(codes: str) -> tuple[Words, ...]:
    """What is said of files that were not kept; ``codes`` as ``encode`` made them, or anything else."""
    found = []
    for part in codes[:200].split("."):
        code, _, count = part.rpartition("_")
        if code in REFUSALS and count.isascii() and count.isdigit() and len(count) < 4:
            found.append(REFUSALS[code](int(count)))
    return tuple(found)


def encode(refusals: Mapping[str, int]) -> str:
    """How many files were refused for what, as part of an address."""
    return ".".join(f"{code}_{count}" for code, count in sorted(refusals.items()) if count)
