"""What a machine is made of, from its newest inventory, in a few lines."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from controller.health.reports import latest_report
from controller.i18n import N_
from controller.machines.snapshot import decimal, items, section, text, whole
from controller.web.views.hardware_facts import Fact, facts, memory_slots, missing
from controller.web.views.words import Words

FORMS = (("glpi", N_("for GLPI (JSON)")), ("json", N_("everything (JSON)")), ("csv", N_("for a spreadsheet (CSV)")))
"""The inventory as files: the API's form, and what it is for (message id)."""


@dataclass(frozen=True, kw_only=True)
class Battery:
    """One battery; energies in Wh."""

    name: str
    full_wh: float
    design_wh: float
    cycles: int | None

    @property
    def health(self) -> float | None:
        """Share of its capacity that is left; never more than all of it."""
        return min(1.0, self.full_wh / self.design_wh) if self.design_wh > 0 and self.full_wh > 0 else None


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """The hardware tab."""

    taken_at: dt.datetime  # when the controller received it
    memory_bytes: int
    cpu: str
    cores: int
    facts: tuple[Fact, ...]
    memory_modules: tuple[tuple[str, int, str], ...]  # slot, bytes, description
    memory_slots: tuple[Words, ...]  # whether more can be put in
    batteries: tuple[Battery, ...]
    problems: tuple[str, ...]
    missing: tuple[str, ...]  # subsystems of which nothing is known (message ids)
    secure_boot: bool | None
    forms: tuple[tuple[str, str], ...] = FORMS


def hardware(session: Session, machine_id: int) -> Hardware | None:
    """The newest inventory, or ``None`` before the first."""
    report = latest_report(session, machine_id, "inventory")
    return from_inventory(report.body, report.received_at) if report else None


def from_inventory(body: dict[str, Any], received_at: dt.datetime) -> Hardware:
    """An inventory snapshot in lines; what is missing or odd is left out, never an error."""
    cpu, memory = section(body, "cpu"), section(body, "memory")
    modules = tuple(
        (text(m, "slot"), whole(m, "size_bytes"), _module(m))
        for m in items(memory, "modules")
        if whole(m, "size_bytes")
    )
    # The kernel's total lacks what the firmware keeps: the modules say what is plugged in.
    total = sum(m[1] for m in modules) or whole(memory, "total_bytes")
    problems = body.get("problems")
    return Hardware(
        taken_at=received_at,
        memory_bytes=total,
        cpu=_cpu_name(text(cpu, "model")),
        cores=whole(cpu, "cores"),
        facts=facts(body),
        memory_modules=modules,
        memory_slots=memory_slots(body),
        batteries=tuple(_battery(b) for b in items(body, "batteries")),
        problems=tuple(str(p) for p in problems) if isinstance(problems, list) else (),
        missing=missing(body),
        secure_boot=section(body, "firmware").get("secure_boot"),
    )


def _cpu_name(model: str) -> str:
    for noise in ("(R)", "(TM)", "(tm)", " CPU", " Processor"):
        model = model.replace(noise, "")
    return " ".join(model.split())


def _module(module: dict[str, Any]) -> str:
    speed = f"{module['speed_mts']} MT/s" if module.get("speed_mts") else ""
    parts = (text(module, "type"), speed, text(module, "manufacturer"), text(module, "part_number"))
    return " ".join(p for p in parts if p)


def _battery(battery: dict[str, Any]) -> Battery:
    name = " ".join(filter(None, (text(battery, "manufacturer"), text(battery, "model"))))
    return Battery(
        name=name or text(battery, "name"),
        full_wh=decimal(battery, "energy_full_wh"),
        design_wh=decimal(battery, "energy_full_design_wh"),
        cycles=whole(battery, "cycle_count") or None,
    )
