"""Stock: spare parts that come, go and are counted. Each change is a form post that comes back to a page."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from controller.access.roles import RIGHTS, Right
from controller.access.tables import User
from controller.errors import NotFound, RecyclerieError
from controller.i18n import N_
from controller.machines.registry import get_machine, machine_by_tag
from controller.machines.tables import Machine
from controller.machines.tags import read_tag
from controller.parts.kinds import (
    FORM_FACTORS,
    INTERFACES,
    KIND_NAMES,
    MEMORY_TYPES,
    ORIGIN_NAMES,
    STATE_NAMES,
    Origin,
    PartKind,
    PartState,
)
from controller.parts.queries import parts
from controller.parts.stock import NewPart, add, correct, discard, get_move, get_part, put_back, take
from controller.web.deps import CoreDep, Viewer, need
from controller.web.page import go, render
from controller.web.routes.session import safe_back
from controller.web.views.parts import move_lines, part_lines, ready_count
from controller.web.views.people import Actors

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
Storekeeper = Annotated[User, Depends(need(Right.STOCK))]
Counter = Annotated[User, Depends(need(Right.COUNT))]
Text = Annotated[str, Form(max_length=500)]
Short = Annotated[str, Form(max_length=40)]
GIB, GB = 2**30, 10**9


@router.get("/stock")
def show_stock(
    request: Request,
    user: Viewer,
    core: CoreDep,
    q: Annotated[str, Query(max_length=80)] = "",
    kind: Annotated[str, Query(max_length=12)] = "",
    gone: Annotated[bool, Query()] = False,
) -> Response:
    """Ready machines, and the spare parts that are there."""
    chosen = PartKind(kind) if kind in set(PartKind) else None
    words = q.replace("\0", "")
    with core.database.read() as session:
        rows = parts(session, core.settings.site, kind=chosen, q=words, gone=gone)
        lines = part_lines(session, rows)
        ready = ready_count(session, core.settings.site)
    return render(
        request,
        "pages/stock.html",
        user=user,
        parts=lines,
        ready=ready,
        q=words,
        kind=chosen.value if chosen else "",
        gone=gone,
        count=sum(line.count for line in lines),
        euros=sum(line.count * line.euros for line in lines),
        rights=frozenset(right.value for right in RIGHTS[user.role]),
        **CHOICES,
    )


CHOICES: dict[str, Any] = {
    "kinds": tuple((k.value, v) for k, v in KIND_NAMES.items()),
    "origins": tuple((k.value, v) for k, v in ORIGIN_NAMES.items()),
    "states": tuple((k.value, v) for k, v in STATE_NAMES.items()),
    "memory_types": MEMORY_TYPES,
    "form_factors": (("SODIMM", N_("laptop (SODIMM)")), ("DIMM", N_("desktop (DIMM)"))),
    "interfaces": INTERFACES,
}


@router.get("/parts/{part_id}")
def show_part(request: Request, part_id: Id, user: Viewer, core: CoreDep) -> Response:
    """One heap: what it is, what became of it, what can be done."""
    with core.database.read() as session:
        part = get_part(session, part_id)
        line = part_lines(session, [part])[0]
        moves = move_lines(session, part, Actors(session))
    rights = frozenset(right.value for right in RIGHTS[user.role])
    return render(request, "pages/part.html", user=user, p=line, moves=moves, rights=rights)


@router.post("/parts")
def add_part(
    user: Storekeeper,
    core: CoreDep,
    kind: Short = "",
    count: Short = "1",
    label: Annotated[str, Form(max_length=120)] = "",
    size: Short = "",
    memory_type: Short = "",
    form_factor: Short = "",
    interface: Short = "",
    fits: Annotated[str, Form(max_length=200)] = "",
    origin: Short = "donated",
    machine: Text = "",
    cost: Short = "",
    place: Short = "",
    state: Short = "good",
) -> Response:
    """Parts come into stock. ``size`` in GB, ``cost`` in euros, ``machine`` a tag."""
    if kind not in set(PartKind) or origin not in set(Origin) or state not in set(PartState):
        raise RecyclerieError(N_("What it is is missing."), N_("Choose what kind of part it is."))
    chosen = PartKind(kind)
    new = NewPart(
        kind=chosen,
        count=read_whole(count),
        label=_clean(label),
        size_bytes=round(read_figure(size) * (GIB if chosen is PartKind.MEMORY else GB)),
        memory_type=memory_type if memory_type in MEMORY_TYPES else "",
        form_factor=form_factor if form_factor in FORM_FACTORS else "",
        interface=interface if interface in INTERFACES else "",
        fits=_clean(fits),
        origin=Origin(origin),
        cost_cents=round(read_figure(cost) * 100),
        place=_clean(place),
        state=PartState(state),
    )
    with core.database.write() as session:
        source = by_tag(session, machine) if new.origin is Origin.MACHINE and machine.strip() else None
        add(session, new, core.settings.site, user.actor, source)
    return go("/stock", "part-added")


@router.post("/parts/{part_id}/take")
def take_part(
    part_id: Id, user: Storekeeper, core: CoreDep, machine: Text = "", count: Short = "1", back: Text = ""
) -> Response:
    """Parts go into a machine, named by its tag (a label's address is fine)."""
    with core.database.write() as session:
        take(session, get_part(session, part_id), by_tag(session, machine), user.actor, read_whole(count))
    return go(safe_back(back or f"/parts/{part_id}"), "part-taken")


@router.post("/machines/{machine_id}/take-part")
def take_for_machine(
    machine_id: Id, user: Storekeeper, core: CoreDep, part: Annotated[int, Form(ge=1, le=2**31 - 1)]
) -> Response:
    """One part that its assessment names goes into this machine."""
    with core.database.write() as session:
        take(session, get_part(session, part), get_machine(session, machine_id), user.actor)
    return go(f"/machines/{machine_id}?tab=hardware", "part-taken")


@router.post("/part-moves/{move_id}/put-back")
def put_part_back(move_id: Id, user: Storekeeper, core: CoreDep, back: Text = "") -> Response:
    """What was taken was not used."""
    with core.database.write() as session:
        move = get_move(session, move_id)
        put_back(session, move, user.actor)
        part_id = move.part_id
    return go(safe_back(back or f"/parts/{part_id}"), "part-back")


@router.post("/parts/{part_id}/count")
def count_part(part_id: Id, user: Counter, core: CoreDep, count: Short = "", reason: Text = "") -> Response:
    """Somebody counted."""
    with core.database.write() as session:
        correct(session, get_part(session, part_id), read_whole(count), _clean(reason), user.actor)
    return go(f"/parts/{part_id}", "part-counted")


@router.post("/parts/{part_id}/discard")
def discard_part(part_id: Id, user: Counter, core: CoreDep, count: Short = "1", reason: Text = "") -> Response:
    """Good for nothing."""
    with core.database.write() as session:
        discard(session, get_part(session, part_id), read_whole(count), _clean(reason), user.actor)
    return go(f"/parts/{part_id}", "part-discarded")


def by_tag(session: Session, text: str) -> Machine:
    """The machine with a tag, as scanned or typed.

    Raises:
        NotFound: none carries it.
        RecyclerieError: it is no tag.
    """
    tag = read_tag(_clean(text).rstrip("/").rsplit("/", 1)[-1][:40])
    machine = machine_by_tag(session, tag)
    if machine is None:
        raise NotFound(N_("No machine carries the tag {tag}."), N_("Check the label."), tag=tag)
    return machine


def read_figure(text: str) -> float:
    """A figure as people type it, with a comma or a point; empty is zero.

    Raises:
        RecyclerieError: it is none.
    """
    bare = "".join(text.split()).replace(",", ".").rstrip("€")
    try:
        value = float(bare or "0")
    except ValueError:
        value = -1.0
    if not 0 <= value < 10**9:  # also what is not a number at all
        raise RecyclerieError(N_("“{text}” is not a number."), N_("Write a number, for example 7.5."), text=text)
    return value


def read_whole(text: str) -> int:
    """A whole number.

    Raises:
        RecyclerieError: it is none.
    """
    value = read_figure(text)
    if value != int(value):
        raise RecyclerieError(N_("“{text}” is not a number."), N_("Write a whole number."), text=text)
    return int(value)


def _clean(text: str) -> str:
    return text.replace("\0", "").strip()
