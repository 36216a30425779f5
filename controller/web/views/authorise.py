"""What a person sees before saying that drives may be erased."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.erasure.authorise import ErasePreview, preview
from controller.health.reports import latest_report
from controller.i18n import N_
from controller.machines.lifecycle import State
from controller.machines.tables import Machine
from controller.web.views.drives import medium, smart_words
from controller.web.views.erase_words import PlanWords, plan_words
from controller.web.views.names import model_name
from controller.web.views.words import NOTHING, Words, words


@dataclass(frozen=True, kw_only=True)
class DriveToErase:
    """One drive of the page."""

    id: int
    serial: str
    wwn: str
    model: str
    size_bytes: int
    medium: str  # message id
    path: str
    contents: tuple[str, ...]  # what is on it now: file systems and labels
    health: tuple[Words, ...]
    worrying: bool
    eraseable: bool
    problem: Words
    plan: PlanWords | None
    seconds: float  # rough

    @property
    def key(self) -> str:
        """What the form sends back for it: id and the serial that was shown."""
        return f"{self.id}:{self.serial}"


@dataclass(frozen=True, kw_only=True)
class MachineToErase:
    """One machine of the page."""

    id: int
    name: str
    model: str
    serial: str
    form: str
    lot_code: str
    donor: str
    inspected_at: dt.datetime | None
    drives: tuple[DriveToErase, ...]
    ok: bool
    problem: Words
    beware: Words

    @property
    def seconds(self) -> float:
        """All drives at once: the slowest decides."""
        return max((d.seconds for d in self.drives), default=0)


def machine_to_erase(session: Session, machine: Machine) -> MachineToErase:
    """What would be erased in ``machine``."""
    return _view(preview(session, machine), latest_at(session, machine.id))


def latest_at(session: Session, machine_id: int) -> dt.datetime | None:
    """When its newest inventory came."""
    report = latest_report(session, machine_id, "inventory")
    return report.received_at if report else None


def lot_to_erase(session: Session, lot_id: int) -> tuple[MachineToErase, ...]:
    """Every machine of a lot that waits for its authorisation."""
    machines = session.execute(
        select(Machine)
        .where(Machine.lot_id == lot_id, Machine.state_name == State.INSPECTED.value)
        .order_by(Machine.tag, Machine.id)
    ).scalars()
    return tuple(machine_to_erase(session, machine) for machine in machines)


def _view(shown: ErasePreview, inspected_at: dt.datetime | None) -> MachineToErase:
    machine = shown.machine
    drives = []
    for item in shown.drives:
        drive, verdict = item.drive, item.verdict
        health, worrying = smart_words(drive.facts.get("smart") or {})
        drives.append(
            DriveToErase(
                id=drive.id,
                serial=drive.serial,
                wwn=drive.wwn,
                model=drive.model,
                size_bytes=drive.size_bytes,
                medium=medium(drive.facts),
                path=drive.path,
                contents=tuple(
                    " ".join(str(p.get(k) or "") for k in ("label", "fstype")).strip()
                    for p in drive.facts.get("partitions") or []
                    if p.get("fstype")
                ),
                health=health,
                worrying=worrying,
                eraseable=verdict.eraseable,
                problem=words(verdict.problem, **verdict.params),
                plan=plan_words(verdict, drive.facts),
                seconds=verdict.expected_seconds,
            )
        )
    return MachineToErase(
        id=machine.id,
        name=machine.name,
        model=model_name(machine.manufacturer, machine.product),
        serial=machine.serial,
        form=machine.form or "other",
        lot_code=machine.lot.code if machine.lot else "",
        donor=machine.lot.donor_name if machine.lot else "",
        inspected_at=inspected_at,
        drives=tuple(drives),
        ok=shown.ok,
        problem=words(shown.problem, **shown.params),
        beware=words(N_("Look inside before you say yes: {detail}"), detail=shown.beware) if shown.beware else NOTHING,
    )


def read_ids(ids: list[str]) -> set[int]:
    """The drives that were ticked."""
    return {int(i) for i in ids if i.isdigit() and len(i) < 10}


def read_keys(keys: list[str]) -> list[tuple[int, str]]:
    """What the form sent back, as (drive id, serial as shown)."""
    found = []
    for key in keys:
        number, _, serial = key.partition(":")
        if number.isdigit() and len(number) < 10:
            found.append((int(number), serial))
    return found
