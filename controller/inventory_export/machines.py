"""Snapshots of the machines that this controller knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.errors import NotFound
from controller.health.reports import latest_report
from controller.i18n import N_
from controller.inventory_export.about import About
from controller.machines.registry import machine_by_tag
from controller.machines.tables import Machine
from controller.machines.tags import read_tag


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """A machine with its newest snapshot."""

    machine_id: int
    report_id: int
    snapshot: dict[str, Any]
    about: About


def inspected(session: Session, machine: Machine) -> Inspected:
    """The newest snapshot of a machine.

    Raises:
        NotFound: it was never inspected.
    """
    report = latest_report(session, machine.id, "inventory")
    if report is None:
        raise NotFound(
            N_("{machine} has no inventory yet."),
            N_("It gets one when it is switched on and accepted: its inspection sends it."),
            machine=machine.name,
        )
    return Inspected(machine_id=machine.id, report_id=report.id, snapshot=report.body, about=about(machine))


def about(machine: Machine) -> About:
    """What the workshop knows of a machine."""
    return About(
        machine=machine.name,
        site=machine.site,
        state=machine.state_name,
        form=machine.form,
        lot=machine.lot.code if machine.lot else "",
    )


def inspected_by_tag(session: Session, tag: str) -> Inspected:
    """The newest snapshot of the machine that carries ``tag`` (as scanned or typed).

    Raises:
        NotFound: no machine carries it, or it was never inspected.
        RecyclerieError: it is no tag.
    """
    machine = machine_by_tag(session, read_tag(tag))
    if machine is None:
        raise NotFound(N_("No machine carries {tag}."), N_("Look for it on the board."), tag=tag)
    return inspected(session, machine)


def all_inspected(session: Session) -> list[Inspected]:
    """Every accepted machine that was inspected, by tag."""
    query = select(Machine).where(Machine.accepted_at.is_not(None)).order_by(Machine.tag, Machine.id)
    machines = list(session.execute(query).scalars())
    return [inspected(session, m) for m in machines if latest_report(session, m.id, "inventory") is not None]
