"""Intake: lots, labels, accepting a machine and tying it to its lot and tag."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.bus import publish_after_commit
from controller.database import utcnow
from controller.errors import Conflict, RecyclerieError
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.lifecycle import State
from controller.machines.moves import is_over
from controller.machines.registry import machine_by_tag, new_machine
from controller.machines.tables import Boot, Lot, Machine
from controller.machines.tags import next_tags, read_tag

DONOR_KINDS = {
    "public": N_("public body"),
    "company": N_("company"),
    "association": N_("association"),
    "person": N_("private person"),
}
# What the donor's rules allow the workshop to do with the machines.
REGIMES = {
    "free": N_("gift, may be sold at a solidarity price"),
    "cg3p": N_("public donor (CG3P L3212-2), may be given or sold at a solidarity price"),
    "never-sold": N_("public donor, may never be sold"),
}
MAX_LABELS = 500


def create_lot(
    session: Session,
    *,
    site: str,
    donor_name: str,
    donor_kind: str,
    regime: str,
    received_on: dt.date | None,
    expected_count: int,
    profile: str,
    notes: str,
    actor: str,
) -> Lot:
    """A new donation lot.

    Raises:
        RecyclerieError: the donor has no name, or a choice isn't one of the list.
    """
    if not donor_name.strip():
        raise RecyclerieError(N_("The lot has no donor."), N_("Write who gives these machines."))
    if donor_kind not in DONOR_KINDS or regime not in REGIMES:
        raise RecyclerieError(N_("The kind of donor or the regime is not one of the list."), N_("Choose again."))
    if not 0 <= expected_count <= 10_000:
        raise RecyclerieError(N_("{n} machines can't be right."), N_("Give the number expected."), n=expected_count)
    year = utcnow().year
    codes = session.execute(select(Lot.code).where(Lot.code.like(f"L-{year}-%"))).scalars().all()
    number = 1 + max((int(code.rsplit("-", 1)[1]) for code in codes), default=0)
    lot = Lot(
        site=site,
        code=f"L-{year}-{number:04d}",
        donor_name=donor_name.strip()[:160],
        donor_kind=donor_kind,
        regime=regime,
        received_on=received_on,
        expected_count=expected_count,
        profile=profile,
        notes=notes.strip(),
        created_at=utcnow(),
        created_by=actor,
    )
    session.add(lot)
    session.flush()
    # The donor may be a person: the ledger holds the lot's code and what rules apply, never a name.
    append(
        session,
        Kind.LOT_CREATED,
        f"lot:{lot.id}",
        {"code": lot.code, "donor_kind": donor_kind, "regime": regime, "expected": expected_count, "profile": profile},
        actor=actor,
        site=site,
    )
    publish_after_commit(session, f"lot:{lot.id}")
    return lot


def expect_machines(session: Session, lot: Lot, count: int, actor: str) -> list[Machine]:
    """Reserve tags for ``count`` machines of ``lot``: what labels are printed for.

    Raises:
        RecyclerieError: the number isn't between 1 and 500.
    """
    if not 1 <= count <= MAX_LABELS:
        raise RecyclerieError(
            N_("{n} labels can't be printed at once."), N_("Ask for 1 to {limit}."), n=count, limit=MAX_LABELS
        )
    machines = []
    for tag in next_tags(session, count):
        machine = new_machine(session, lot.site, State.EXPECTED)
        machine.tag, machine.lot_id, machine.lot = tag, lot.id, lot
        append(session, Kind.MACHINE_EXPECTED, machine.subject, {"tag": tag, "lot": lot.id}, actor=actor, site=lot.site)
        machines.append(machine)
    publish_after_commit(session, f"lot:{lot.id}")
    return machines


def accept(session: Session, machine: Machine, actor: str, *, another: bool = False) -> None:
    """Let a machine out of quarantine: it gets a token, and is inspected.

    ``another``: the person was shown the known machines it looks like, and said that it is none of them.

    Raises:
        Conflict: it may be the same as a known machine; a person must say which.
    """
    if machine.accepted_at is not None:
        return
    if machine.conflict_with and not another:
        raise Conflict(
            N_("{machine} looks like a machine that is known already."),
            N_("Compare both, then say which one it is, or that it is another one."),
            machine=machine.name,
        )
    machine.accepted_at, machine.accepted_by = utcnow(), actor
    machine.conflict_with = []
    for boot in session.execute(
        select(Boot).where(Boot.machine_id == machine.id, Boot.status == "quarantined")
    ).scalars():
        boot.status = "accepted"
    append(session, Kind.MACHINE_ACCEPTED, machine.subject, {}, actor=actor, site=machine.site)
    publish_after_commit(session, f"machine:{machine.id}")


def refuse(session: Session, machine: Machine, actor: str) -> None:
    """Turn an unknown machine away: nothing of it is kept but the ledger's word that it came.

    Raises:
        Conflict: it was accepted already.
    """
    if machine.accepted_at is not None:
        raise Conflict(
            N_("{machine} was accepted already."), N_("Put it on hold or recycle it instead."), machine=machine.name
        )
    for boot in session.execute(select(Boot).where(Boot.machine_id == machine.id)).scalars():
        boot.status, boot.token_hash = "refused", None
    append(session, Kind.MACHINE_REFUSED, machine.subject, {}, actor=actor, site=machine.site)
    publish_after_commit(session, f"machine:{machine.id}")


def tie(session: Session, machine: Machine, lot: Lot, actor: str, tag: str | None = None) -> Machine:
    """Tie ``machine`` to ``lot`` and to ``tag`` (the next free one when none is given).

    An expected machine that held the tag gives it up. Returns the machine.

    Raises:
        Conflict: the tag is on another machine, or this machine already carries another one.
    """
    if is_over(machine):
        raise Conflict(N_("{machine} has left the workshop."), N_("Reload the page."), machine=machine.name)
    wanted = read_tag(tag) if tag and tag.strip() else None
    if machine.tag and wanted and wanted != machine.tag:
        raise Conflict(
            N_("{machine} already carries a tag, it can't become {tag}."),
            N_("Stick the label of its own tag on it."),
            machine=machine.name,
            tag=wanted,
        )
    if wanted and wanted != machine.tag:
        _take_label(session, wanted)
    machine.tag = wanted or machine.tag or next_tags(session, 1)[0]
    machine.lot_id, machine.lot = lot.id, lot
    append(
        session, Kind.MACHINE_TIED, machine.subject, {"tag": machine.tag, "lot": lot.id}, actor=actor, site=machine.site
    )
    publish_after_commit(session, f"machine:{machine.id}")
    publish_after_commit(session, f"lot:{lot.id}")
    return machine


def _take_label(session: Session, tag: str) -> None:
    """Take the tag from the expected machine that its label was printed for, which thereby has come."""
    holder = machine_by_tag(session, tag)
    if holder is None:
        raise Conflict(
            N_("No label {tag} was printed."), N_("Scan the label again, or print labels for this lot."), tag=tag
        )
    if holder.state is not State.EXPECTED:
        raise Conflict(
            N_("The tag {tag} is already on another machine ({model})."),
            N_("Check the label, or print a new one."),
            tag=tag,
            model=holder.model or holder.name,
        )
    holder.tag = None
    session.flush()
    session.delete(holder)
    session.flush()
