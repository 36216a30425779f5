"""The stock of spare parts, and what is said of a machine, over the API."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from controller.access.roles import Right
from controller.access.tables import User
from controller.api import models_parts as models
from controller.api.common import NO_NUL, Body, Id, errors
from controller.api.views import when
from controller.errors import NotFound
from controller.grading.assess import assess
from controller.grading.reading import facts_of
from controller.grading.told import told
from controller.i18n import N_
from controller.machines.registry import get_machine
from controller.parts.kinds import FORM_FACTORS, INTERFACES, MEMORY_TYPES, Origin, PartKind, PartState
from controller.parts.queries import fitted, moves_of, offers, parts
from controller.parts.stock import MOST, NewPart, add, correct, discard, get_move, get_part, put_back, take
from controller.parts.tables import Part, PartMove
from controller.web.deps import CoreDep, Viewer, need

router = APIRouter(prefix="/api", tags=["parts"])
Storekeeper = Annotated[User, Depends(need(Right.STOCK))]
Counter = Annotated[User, Depends(need(Right.COUNT))]
Count = Annotated[int, Field(ge=1, le=MOST)]


class PartIn(Body):
    """Parts that come into stock; ``machine_id``: what they were taken out of, with origin ``machine``."""

    kind: PartKind
    count: Count = 1
    label: Annotated[str, Field(max_length=120)] = ""
    size_bytes: Annotated[int, Field(ge=0, le=2**53 - 1)] = 0
    memory_type: Annotated[str, Field(max_length=8, description=" ".join(MEMORY_TYPES))] = ""
    form_factor: Annotated[str, Field(max_length=8, description=" ".join(FORM_FACTORS))] = ""
    interface: Annotated[str, Field(max_length=8, description=" ".join(INTERFACES))] = ""
    fits: Annotated[str, Field(max_length=200, description="models, “;” between several")] = ""
    origin: Origin = Origin.DONATED
    machine_id: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    cost_cents: Annotated[int, Field(ge=0, le=100_000)] = 0
    place: Annotated[str, Field(max_length=40)] = ""
    state: PartState = PartState.GOOD


class Take(Body):
    """For which machine, how many."""

    machine_id: Annotated[int, Field(ge=1, le=2**31 - 1)]
    count: Count = 1


class Counted(Body):
    """How many are there, and why that is another number."""

    count: Annotated[int, Field(ge=0, le=MOST)]
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class Discard(Body):
    """How many are thrown away, and why."""

    count: Count = 1
    reason: Annotated[str, Field(min_length=1, max_length=500)]


def part_view(part: Part) -> dict[str, Any]:
    """One heap."""
    return {
        "id": part.id,
        "kind": part.kind,
        "label": part.label,
        "size_bytes": part.size_bytes,
        "memory_type": part.memory_type,
        "form_factor": part.form_factor,
        "interface": part.interface,
        "fits": part.fits,
        "origin": part.origin,
        "origin_machine_id": part.origin_machine_id,
        "cost_cents": part.cost_cents,
        "place": part.place,
        "state": part.state,
        "count": part.count,
        "added_at": when(part.added_at),
    }


def move_view(move: PartMove) -> dict[str, Any]:
    """One move."""
    return {
        "id": move.id,
        "part_id": move.part_id,
        "kind": move.kind,
        "delta": move.delta,
        "left": move.left,
        "machine_id": move.machine_id,
        "reason": move.reason,
        "returns_id": move.returns_id,
        "moved_at": when(move.moved_at),
        "moved_by": move.moved_by,
    }


@router.get("/parts", responses=errors(), response_model=list[models.Part])
def list_parts(
    core: CoreDep,
    _: Viewer,
    kind: PartKind | None = None,
    q: Annotated[str, Query(max_length=80, pattern=NO_NUL)] = "",
    gone: bool = False,
) -> list[dict[str, Any]]:
    """The heaps that are there (``gone``: those used up too), by kind and size."""
    with core.database.read() as session:
        return [part_view(row) for row in parts(session, core.settings.site, kind=kind, q=q, gone=gone)]


@router.post("/parts", responses=errors(404, 409), response_model=models.Part)
def add_part(body: PartIn, core: CoreDep, user: Storekeeper) -> dict[str, Any]:
    """Parts come into stock."""
    said = body.model_dump()
    machine_id = said.pop("machine_id")
    with core.database.write() as session:
        machine = get_machine(session, machine_id) if machine_id else None
        return part_view(add(session, NewPart(**said), core.settings.site, user.actor, machine))


@router.get("/parts/{part_id}", responses=errors(404), response_model=models.PartWithMoves)
def one_part(part_id: Id, core: CoreDep, _: Viewer) -> dict[str, Any]:
    """One heap with its moves, newest first."""
    with core.database.read() as session:
        part = get_part(session, part_id)
        return {**part_view(part), "moves": [move_view(row) for row in moves_of(session, part.id)]}


@router.post("/parts/{part_id}/take", responses=errors(404, 409), response_model=models.PartMove)
def take_part(part_id: Id, body: Take, core: CoreDep, user: Storekeeper) -> dict[str, Any]:
    """Parts go into a machine; both are told in the ledger."""
    with core.database.write() as session:
        machine = get_machine(session, body.machine_id)
        return move_view(take(session, get_part(session, part_id), machine, user.actor, body.count))


@router.post("/part-moves/{move_id}/put-back", responses=errors(404, 409), response_model=models.PartMove)
def put_part_back(move_id: Id, core: CoreDep, user: Storekeeper) -> dict[str, Any]:
    """What was taken was not used."""
    with core.database.write() as session:
        return move_view(put_back(session, get_move(session, move_id), user.actor))


@router.post("/parts/{part_id}/count", responses=errors(404, 409), response_model=models.PartMove)
def count_part(part_id: Id, body: Counted, core: CoreDep, user: Counter) -> dict[str, Any]:
    """Somebody counted."""
    with core.database.write() as session:
        return move_view(correct(session, get_part(session, part_id), body.count, body.reason, user.actor))


@router.post("/parts/{part_id}/discard", responses=errors(404, 409), response_model=models.PartMove)
def discard_part(part_id: Id, body: Discard, core: CoreDep, user: Counter) -> dict[str, Any]:
    """Good for nothing."""
    with core.database.write() as session:
        return move_view(discard(session, get_part(session, part_id), body.count, body.reason, user.actor))


@router.get("/machines/{machine_id}/assessment", responses=errors(404), response_model=models.Assessment)
def assessment(machine_id: Id, core: CoreDep, _: Viewer) -> dict[str, Any]:
    """Grade, uses, what would lift it, in the caller's language; and the parts taken for it."""
    with core.database.read() as session:
        machine = get_machine(session, machine_id)
        facts = facts_of(session, machine)
        if facts is None:
            raise NotFound(
                N_("{machine} was not inspected yet."), N_("Switch it on in the workshop."), machine=machine.name
            )
        found = told(assess(facts, offers(session, machine.site)))
        return {"machine_id": machine.id, **found, "fitted": [move_view(m) for m, _part in fitted(session, machine.id)]}
