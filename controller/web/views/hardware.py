"""What a machine is made of, from its newest inventory, in a few lines."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from controller.health.reports import latest_report
from controller.i18n import N_
from controller.web.views.words import Words, words


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One line: a label (message id) and values."""

    label: str
    values: tuple[str | Words, ...]


@dataclass(frozen=True, kw_only=True)
class Battery:
    """One battery; energies in Wh."""

    name: str
    full_wh: float
    design_wh: float
    cycles: int | None

    @property
    def health(self) -> float | None:
        """Share of its capacity that is left."""
        return self.full_wh / self.design_wh if self.design_wh > 0 else None


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """The hardware tab."""

    taken_at: dt.datetime  # when the controller received it
    memory_bytes: int
    cpu: str
    cores: int
    facts: tuple[Fact, ...]
    memory_modules: tuple[tuple[str, int, str], ...]  # slot, bytes, description
    batteries: tuple[Battery, ...]
    problems: tuple[str, ...]
    secure_boot: bool | None


def hardware(session: Session, machine_id: int) -> Hardware | None:
    """The newest inventory, or ``None`` before the first."""
    report = latest_report(session, machine_id, "inventory")
    return from_inventory(report.body, report.received_at) if report else None


def from_inventory(body: dict[str, Any], received_at: dt.datetime) -> Hardware:
    """An inventory snapshot in lines; what is missing or odd is left out, never an error."""
    cpu, memory = _dict(body, "cpu"), _dict(body, "memory")
    firmware = _dict(body, "firmware")
    modules = tuple(
        (str(m.get("slot") or ""), _int(m.get("size_bytes")), _module(m))
        for m in _list(memory, "modules")
        if _int(m.get("size_bytes"))
    )
    # The kernel's total lacks what the firmware keeps: the modules say what is plugged in.
    total = sum(m[1] for m in modules) or _int(memory.get("total_bytes"))
    facts = (
        Fact(label=N_("Firmware"), values=_firmware(firmware)),
        Fact(label=N_("Graphics"), values=_devices(body, "graphics")),
        Fact(label=N_("Sound"), values=_devices(body, "sound")),
        Fact(label=N_("Network"), values=_network(body)),
        Fact(label=N_("Disk controllers"), values=_devices(body, "controllers")),
        Fact(label=N_("Live image"), values=(str(body.get("image_version") or ""),)),
    )
    return Hardware(
        taken_at=received_at,
        memory_bytes=total,
        cpu=_cpu_name(str(cpu.get("model") or "")),
        cores=_int(cpu.get("cores")),
        facts=tuple(f for f in facts if any(f.values)),
        memory_modules=modules,
        batteries=tuple(_battery(b) for b in _list(body, "batteries")),
        problems=tuple(str(p) for p in body.get("problems") or []),
        secure_boot=firmware.get("secure_boot"),
    )


def _cpu_name(model: str) -> str:
    for noise in ("(R)", "(TM)", "(tm)", " CPU", " Processor"):
        model = model.replace(noise, "")
    return " ".join(model.split())


def _firmware(firmware: dict[str, Any]) -> tuple[str | Words, ...]:
    text = " ".join(str(firmware.get(k) or "") for k in ("vendor", "version", "date")).strip()
    kind = str(firmware.get("type") or "").upper()
    secure = firmware.get("secure_boot")
    state = words(N_("Secure Boot on")) if secure else words(N_("Secure Boot off")) if secure is False else ""
    return tuple(part for part in (kind, text, state) if part)


def _devices(body: dict[str, Any], key: str) -> tuple[str | Words, ...]:
    found: list[str | Words] = []
    for device in _list(body, key):
        name, driver = str(device.get("name") or ""), str(device.get("driver") or "")
        if driver:
            found.append(f"{name} ({driver})")
        else:
            found.append(words(N_("{device}: no driver"), device=name))
        if device.get("raid_mode"):
            found.append(words(N_("The controller is in RAID mode: set it to AHCI in the firmware.")))
    return tuple(found)


def _network(body: dict[str, Any]) -> tuple[str | Words, ...]:
    found: list[str | Words] = []
    for nic in _list(body, "network"):
        kind = N_("Wi-Fi {mac} ({driver})") if nic.get("wireless") else N_("cable {mac} ({driver})")
        found.append(words(kind, mac=str(nic.get("mac") or "?"), driver=str(nic.get("driver") or "?")))
    return tuple(found)


def _module(module: dict[str, Any]) -> str:
    speed = f"{module['speed_mts']} MT/s" if module.get("speed_mts") else ""
    parts = (module.get("type"), speed, module.get("manufacturer"), module.get("part_number"))
    return " ".join(str(p).strip() for p in parts if p)


def _battery(battery: dict[str, Any]) -> Battery:
    return Battery(
        name=" ".join(str(battery.get(k) or "") for k in ("manufacturer", "model")).strip() or str(battery.get("name")),
        full_wh=float(battery.get("energy_full_wh") or 0),
        design_wh=float(battery.get("energy_full_design_wh") or 0),
        cycles=battery.get("cycle_count"),
    )


def _dict(body: dict[str, Any], key: str) -> dict[str, Any]:
    value = body.get(key)
    return value if isinstance(value, dict) else {}


def _list(body: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = body.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0
