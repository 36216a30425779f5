"""Machines and identifiers in the database: find, keep, make."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from agent.protocol import Chassis
from controller.database import utcnow
from controller.errors import NotFound
from controller.i18n import N_
from controller.machines.identity import Identifier, Match, form_of, match
from controller.machines.lifecycle import State
from controller.machines.rubbish import clean_serial, clean_text
from controller.machines.tables import Boot, Machine, MachineIdentifier, ResidentToken

# A link silent for this long is taken for dead; before, a second machine with the same identity is refused.
ALIVE_SECONDS = 30.0


def get_machine(session: Session, machine_id: int) -> Machine:
    """The machine with this id.

    Raises:
        NotFound: there is none.
    """
    machine = session.get(Machine, machine_id)
    if machine is None:
        raise NotFound(
            N_("There is no machine {id}."), N_("Scan its label, or look for it on the board."), id=machine_id
        )
    return machine


def machine_by_tag(session: Session, tag: str) -> Machine | None:
    """The machine that carries ``tag``."""
    return session.execute(select(Machine).where(Machine.tag == tag)).scalar_one_or_none()


def recognise(session: Session, seen: Sequence[Identifier]) -> Match:
    """Match ``seen`` against every machine that shares one of its identifiers."""
    pairs = [(i.kind, i.value) for i in seen]
    if not pairs:
        return Match(verdict="new")
    ids = select(MachineIdentifier.machine_id).where(tuple_(MachineIdentifier.kind, MachineIdentifier.value).in_(pairs))
    rows = session.execute(
        select(MachineIdentifier, Machine.accepted_at)
        .join(Machine, Machine.id == MachineIdentifier.machine_id)
        .where(MachineIdentifier.machine_id.in_(ids))
        .where(Machine.state_name.not_in([State.RECYCLED.value, State.PARTS.value]))
    )
    known: dict[int, list[Identifier]] = {}
    settled: set[int] = set()
    for row, accepted_at in rows:
        if accepted_at is not None:
            settled.add(row.machine_id)
        strength = "strong" if row.strength == "strong" else "weak"
        known.setdefault(row.machine_id, []).append(
            Identifier(kind=row.kind, value=row.value, strength=strength)  # type: ignore[arg-type]
        )
    return match(seen, known, settled)


def new_machine(session: Session, site: str, state: State) -> Machine:
    """A machine that was not known before."""
    now = utcnow()
    machine = Machine(
        site=site, state_name=state.value, state_since=now, created_at=now, held_params={}, conflict_with=[]
    )
    session.add(machine)
    session.flush()
    return machine


def keep_identifiers(session: Session, machine: Machine, seen: Sequence[Identifier]) -> None:
    """Remember what ``machine`` was seen with."""
    now = utcnow()
    rows = session.execute(select(MachineIdentifier).where(MachineIdentifier.machine_id == machine.id)).scalars()
    kept = {(r.kind, r.value): r for r in rows}
    for identifier in seen:
        row = kept.get((identifier.kind, identifier.value))
        if row is None:
            session.add(
                MachineIdentifier(
                    machine_id=machine.id,
                    kind=identifier.kind,
                    value=identifier.value,
                    strength=identifier.strength,
                    first_seen=now,
                    last_seen=now,
                )
            )
        else:
            row.last_seen = now


def is_connected(session: Session, machine_id: int, *, but_boot: str = "") -> bool:
    """Whether the machine's live system is connected right now, in another boot than ``but_boot``."""
    alive = utcnow() - dt.timedelta(seconds=ALIVE_SECONDS)
    found = session.execute(
        select(Boot.id).where(
            Boot.machine_id == machine_id,
            Boot.status == "accepted",
            Boot.linked.is_(True),
            Boot.last_heard_at > alive,
            Boot.boot_id != but_boot,
            Boot.mode == "live",
        )
    ).first()
    return found is not None


def end_boots(session: Session, machine: Machine) -> None:
    """Close the machine's boots: their tokens open nothing any more."""
    boots = session.execute(
        select(Boot).where(Boot.machine_id == machine.id, Boot.status.in_(["quarantined", "accepted"]))
    ).scalars()
    for boot in boots:
        boot.status, boot.token_hash, boot.linked = "ended", None, False


def revoke_resident_tokens(session: Session, machine_id: int, *, but: int | None = None) -> None:
    """Void the tokens of the machine's installed systems, apart from the one with id ``but``."""
    for token in session.execute(
        select(ResidentToken).where(ResidentToken.machine_id == machine_id, ResidentToken.revoked_at.is_(None))
    ).scalars():
        if token.id != but:
            token.revoked_at = utcnow()


def describe(machine: Machine, chassis: Chassis) -> None:
    """Take maker, product, serial and form from the firmware, where it says something."""
    machine.manufacturer = clean_text(chassis["manufacturer"])[:120] or machine.manufacturer
    # Lenovo's product is a type number; its name is the version.
    version = clean_text(chassis["version"])
    product = clean_text(chassis["product"])
    lenovo = machine.manufacturer.upper() == "LENOVO" and version and not version.isdigit()
    machine.product = (version if lenovo else product)[:160] or machine.product
    machine.serial = (clean_serial(chassis["system_serial"]) or clean_serial(chassis["chassis_serial"]))[
        :120
    ] or machine.serial
    form = form_of(chassis["chassis_type"])
    if form != "other" or not machine.form:
        machine.form = form
