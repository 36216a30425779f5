"""Batteries of portable machines, from the kernel's power supply class.

Units of the kernel (Documentation/ABI/testing/sysfs-class-power): energy in µWh, charge in µAh, voltage in µV.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.files import read_int, read_text


def collect_batteries(root: Path, problems: list[str]) -> list[dict[str, Any]]:
    """One entry for each battery of the machine itself; those of mice and keyboards are left out."""
    found = []
    for supply in sorted((root / "sys/class/power_supply").glob("*")):
        if read_text(supply / "type") != "Battery" or read_text(supply / "scope") == "Device":
            continue
        if read_text(supply / "present", "1") == "0":
            continue
        found.append(_battery(supply, problems))
    return found


def _battery(supply: Path, problems: list[str]) -> dict[str, Any]:
    full = _watt_hours(supply, "full")
    design = _watt_hours(supply, "full_design")
    if full is not None and design and full > 1.5 * design:
        # Seen on worn packs whose gauge lost its mind: better no figure than 300 % health.
        problems.append(f"battery {supply.name}: says {full} Wh of {design} Wh by design: not believed")
        full = None
    elif full is None or design is None:
        problems.append(f"battery {supply.name}: its capacity can't be read")
    cycles = read_int(supply / "cycle_count")
    return {
        "name": supply.name,
        "manufacturer": read_text(supply / "manufacturer"),
        "model": read_text(supply / "model_name"),
        "serial": read_text(supply / "serial_number"),
        "energy_full_wh": full,
        "energy_full_design_wh": design,
        "cycle_count": cycles if cycles and cycles > 0 else None,  # 0 means that the gauge doesn't count
        "state": read_text(supply / "status").lower(),
        "charge_percent": read_int(supply / "capacity"),
    }


def _watt_hours(supply: Path, which: str) -> float | None:
    """Energy in Wh; from charge and voltage where the gauge counts ampere-hours. None when unknown or 0."""
    energy = read_int(supply / f"energy_{which}")
    if energy:
        return round(energy / 1e6, 2) if energy > 0 else None
    charge = read_int(supply / f"charge_{which}")
    volts = read_int(supply / "voltage_min_design") or read_int(supply / "voltage_now")
    if charge and volts and charge > 0 and volts > 0:
        return round(charge / 1e6 * volts / 1e6, 2)
    return None
