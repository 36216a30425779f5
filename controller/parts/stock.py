"""Parts that come, go and are counted. Each change is one move and its ledger entries, in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.bus import publish_after_commit
from controller.database import utcnow
from controller.errors import Conflict, NotFound, RecyclerieError
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.lifecycle import STATES, State
from controller.machines.tables import Machine
from controller.parts.kinds import (
    FITTING,
    FORM_FACTORS,
    INTERFACES,
    MEMORY_TYPES,
    Origin,
    PartKind,
    PartState,
)
from controller.parts.tables import Part, PartMove

TOPIC = "parts"  # on the bus
MOST = 1000  # parts in one heap
MOST_CENTS = 100_000
MOST_BYTES = 100 * 10**12


@dataclass(frozen=True, kw_only=True)
class NewPart:
    """What a person says of parts that come into stock."""

    kind: PartKind
    count: int = 1
    label: str = ""
    size_bytes: int = 0
    memory_type: str = ""
    form_factor: str = ""
    interface: str = ""
    fits: str = ""
    origin: Origin = Origin.DONATED
    cost_cents: int = 0
    place: str = ""
    state: PartState = PartState.GOOD


def add(session: Session, new: NewPart, site: str, actor: str, machine: Machine | None = None) -> Part:
    """Parts come into stock; ``machine``: the one that they were taken out of.

    Raises:
        RecyclerieError: what was said of them can't be, or isn't enough.
        Conflict: the machine can't be taken apart.
    """
    _check(new, machine)
    part = Part(
        site=site,
        kind=new.kind.value,
        label=new.label.strip()[:120],
        size_bytes=new.size_bytes,
        memory_type=new.memory_type if new.kind is PartKind.MEMORY else "",
        form_factor=new.form_factor if new.kind is PartKind.MEMORY else "",
        interface=new.interface if new.kind in (PartKind.SSD, PartKind.HDD) else "",
        fits=new.fits.strip()[:200] if new.kind in FITTING else "",
        origin=new.origin.value,
        origin_machine_id=machine.id if machine else None,
        cost_cents=new.cost_cents,
        place=new.place.strip()[:40],
        state=new.state.value,
        count=0,
        added_at=utcnow(),
        added_by=actor,
    )
    session.add(part)
    session.flush()
    body: dict[str, object] = {
        "kind": part.kind,
        "count": new.count,
        "origin": part.origin,
        "cost_cents": part.cost_cents,
    }
    if machine is not None:
        body["machine"] = machine.id
        said = {"part": part.id, "kind": part.kind, "count": new.count}
        append(session, Kind.MACHINE_STRIPPED, machine.subject, said, actor=actor, site=machine.site)
        publish_after_commit(session, machine.subject)
    _move(session, part, "added", new.count, actor, machine=machine)
    append(session, Kind.PART_ADDED, part.subject, body, actor=actor, site=site)
    return part


def take(session: Session, part: Part, machine: Machine, actor: str, count: int = 1) -> PartMove:
    """Parts go into ``machine``; told on both sides in the ledger.

    Raises:
        Conflict: there aren't so many left, or the machine can't be given any.
        RecyclerieError: a count that can't be.
    """
    _check_count(count)
    if machine.accepted_at is None or STATES[machine.state].final or machine.state is State.DELIVERED:
        raise Conflict(
            N_("{machine} can't be given parts: it is not in the workshop."),
            N_("Scan the label of a machine that is."),
            machine=machine.name,
        )
    _check_left(part, count)
    move = _move(session, part, "taken", -count, actor, machine=machine)
    body: dict[str, Any] = {"machine": machine.id, "count": count, "cost_cents": part.cost_cents, "left": part.count}
    append(session, Kind.PART_TAKEN, part.subject, body, actor=actor, site=part.site)
    body = {"part": part.id, "kind": part.kind, "count": count, "cost_cents": part.cost_cents}
    append(session, Kind.MACHINE_FITTED, machine.subject, body, actor=actor, site=machine.site)
    publish_after_commit(session, machine.subject)
    return move


def put_back(session: Session, move: PartMove, actor: str) -> PartMove:
    """What was taken for a machine wasn't used: it comes back whole.

    Raises:
        Conflict: it came back already, or this was no taking.
    """
    done = session.execute(select(PartMove.id).where(PartMove.returns_id == move.id)).first()
    if move.kind != "taken" or move.machine_id is None or done:
        raise Conflict(N_("This can't be put back: it is back already."), N_("Reload the page."))
    part, machine = get_part(session, move.part_id), session.get_one(Machine, move.machine_id)
    back = _move(session, part, "returned", -move.delta, actor, machine=machine)
    back.returns_id = move.id
    body: dict[str, Any] = {"machine": machine.id, "count": -move.delta, "left": part.count}
    append(session, Kind.PART_RETURNED, part.subject, body, actor=actor, site=part.site)
    body = {"part": part.id, "kind": part.kind, "count": -move.delta}
    append(session, Kind.MACHINE_UNFITTED, machine.subject, body, actor=actor, site=machine.site)
    publish_after_commit(session, machine.subject)
    return back


def correct(session: Session, part: Part, count: int, reason: str, actor: str) -> PartMove:
    """Somebody counted: ``count`` are there.

    Raises:
        RecyclerieError: no reason, or a count that can't be.
        Conflict: that is the count already.
    """
    if not 0 <= count <= MOST:
        raise RecyclerieError(
            N_("{count} can't be a count of parts."), N_("Give a number from 0 to {most}."), count=count, most=MOST
        )
    reason = _reason(reason)
    if count == part.count:
        raise Conflict(N_("That is the count already."), N_("Reload the page."))
    before = part.count
    move = _move(session, part, "counted", count - part.count, actor, reason=reason)
    body = {"before": before, "count": count}
    append(session, Kind.PART_COUNTED, part.subject, body, actor=actor, site=part.site)
    return move


def discard(session: Session, part: Part, count: int, reason: str, actor: str) -> PartMove:
    """Parts that are good for nothing leave the stock.

    Raises:
        Conflict: there aren't so many.
        RecyclerieError: no reason, or a count that can't be.
    """
    _check_count(count)
    reason = _reason(reason)
    _check_left(part, count)
    move = _move(session, part, "discarded", -count, actor, reason=reason)
    append(
        session, Kind.PART_DISCARDED, part.subject, {"count": count, "left": part.count}, actor=actor, site=part.site
    )
    return move


def get_part(session: Session, part_id: int) -> Part:
    """The heap with this id.

    Raises:
        NotFound: there is none.
    """
    part = session.get(Part, part_id)
    if part is None:
        raise NotFound(N_("There is no part {id}."), N_("Look for it in the stock of parts."), id=part_id)
    return part


def get_move(session: Session, move_id: int) -> PartMove:
    """The move with this id.

    Raises:
        NotFound: there is none.
    """
    move = session.get(PartMove, move_id)
    if move is None:
        raise NotFound(N_("There is no such move of a part."), N_("Look for it in the stock of parts."))
    return move


def _move(
    session: Session, part: Part, kind: str, delta: int, actor: str, *, machine: Machine | None = None, reason: str = ""
) -> PartMove:
    # Writing transactions are alone (controller.database): what was read of the count still holds.
    part.count += delta
    move = PartMove(
        part_id=part.id,
        kind=kind,
        delta=delta,
        left=part.count,
        machine_id=machine.id if machine else None,
        reason=reason,
        moved_at=utcnow(),
        moved_by=actor,
    )
    session.add(move)
    session.flush()
    publish_after_commit(session, TOPIC)
    return move


def _check(new: NewPart, machine: Machine | None) -> None:
    _check_count(new.count)
    if not 0 <= new.cost_cents <= MOST_CENTS:
        raise RecyclerieError(N_("The cost can't be right."), N_("Give what one of them cost, in euros."))
    memory, drive = new.kind is PartKind.MEMORY, new.kind in (PartKind.SSD, PartKind.HDD)
    if (memory or drive) and not 0 < new.size_bytes <= MOST_BYTES:
        raise RecyclerieError(N_("The size is missing."), N_("It is printed on the part: give it in GB."))
    if memory and (new.memory_type not in MEMORY_TYPES or new.form_factor not in FORM_FACTORS):
        raise RecyclerieError(
            N_("The kind of memory is missing."), N_("Say DDR3, DDR4… and whether it is a laptop's or a desktop's.")
        )
    if drive and new.interface not in INTERFACES:
        raise RecyclerieError(N_("The drive's connection is missing."), N_("Say SATA, NVMe…"))
    if new.kind in FITTING and not new.fits.strip() and not new.label.strip():
        raise RecyclerieError(
            N_("What it fits is missing."), N_("Give the models that it fits, or what is printed on it.")
        )
    if new.kind is PartKind.OTHER and not new.label.strip():
        raise RecyclerieError(N_("What it is is missing."), N_("Write it in a few words."))
    if (new.origin is Origin.MACHINE) != (machine is not None):
        raise RecyclerieError(N_("Which machine it was taken out of is missing."), N_("Scan or type its tag."))
    if machine is not None and (
        machine.accepted_at is None or machine.state in (State.RECYCLED, State.DELIVERED, State.EXPECTED)
    ):
        raise Conflict(
            N_("Nothing can be taken out of {machine}: it is not in the workshop."),
            N_("Scan the label of the machine that it came from."),
            machine=machine.name,
        )


def _check_count(count: int) -> None:
    if not 1 <= count <= MOST:
        raise RecyclerieError(
            N_("{count} can't be a count of parts."), N_("Give a number from 1 to {most}."), count=count, most=MOST
        )


def _check_left(part: Part, count: int) -> None:
    if part.count == 0:
        raise Conflict(N_("There is none left: somebody took the last one."), N_("Reload the page."))
    if count > part.count:
        raise Conflict(N_("There are only {left} left."), N_("Take fewer."), left=part.count)


def _reason(reason: str) -> str:
    reason = reason.strip()[:500]
    if not reason:
        raise RecyclerieError(N_("The reason is missing."), N_("Write in a few words why."))
    return reason
