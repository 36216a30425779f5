"""Batteries of portable machines, from the kernel's power supply class.

Units of the kernel (Documentation/ABI/testing/sysfs-class-power): energy in µWh, charge in µAh, voltage in µV.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from agent.collectors.dmidecode import parse_dmidecode, said
from agent.collectors.fields import Subsystem, count, text
from agent.files import read_int, read_text

SUBSYSTEM = Subsystem(
    "batteries",
    "Batteries",
    many=True,
    tools=("dmidecode",),
    files=tuple(
        f"sys/class/power_supply/*/{name}"
        for name in (
            "type scope present manufacturer model_name serial_number technology status capacity cycle_count "
            "energy_full energy_full_design energy_now charge_full charge_full_design voltage_min_design voltage_now "
            "power_now current_now manufacture_year online"
        ).split()
    ),
    fields=(
        text("name", "the kernel's name (BAT0), or the firmware's"),
        text("manufacturer", "as the battery says"),
        text("model", "as the battery says"),
        text("serial", "serial number"),
        count("energy_full_wh", "what it holds when full today", unit="Wh"),
        count("energy_full_design_wh", "what it held when new", unit="Wh"),
        count("wear_percent", "what it lost of that; 0 where it holds more than it was made for", unit="%"),
        count("cycle_count", "full charges, where the gauge counts"),
        text("state", "charging, discharging, full, not charging"),
        count("charge_percent", "how full it is now", unit="%"),
        text("technology", "Li-ion, LiP, NiMH"),
        count("power_w", "power that flows now", unit="W"),
    ),
)


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
        "wear_percent": wear_percent(full, design),
        "technology": said(read_text(supply / "technology")),
        "power_w": _watts(supply),
    }


def wear_percent(full: float | None, design: float | None) -> float | None:
    """How much of its first capacity a battery has lost; new ones often hold a little more than they say."""
    return max(0.0, round(100 * (1 - full / design), 1)) if full is not None and design else None


def parse_batteries(dmidecode_text: str) -> list[dict[str, Any]]:
    """What the firmware knows of batteries (type 22): the design, never how worn they are."""
    found = []
    for block in parse_dmidecode(dmidecode_text):
        capacity = re.fullmatch(r"(\d{1,9}) mWh", block.values.get("Design Capacity", ""))
        if block.type != 22 or not capacity or not int(capacity.group(1)):
            continue  # "Unknown": an empty bay
        watt_hours = int(capacity.group(1)) / 1000
        volts = re.fullmatch(r"(\d{4,6}) mV", block.values.get("Design Voltage", ""))
        if watt_hours < 10 and volts:
            watt_hours *= int(volts.group(1)) / 1000  # no portable PC runs on so little: those are ampere-hours
        kind = said(block.values.get("SBDS Chemistry", "")) or said(block.values.get("Chemistry", ""))
        found.append(
            {
                "name": said(block.values.get("Location", "")),
                "manufacturer": said(block.values.get("Manufacturer", "")),
                "model": said(block.values.get("Name", "")),
                "serial": block.values.get("Serial Number", "") or block.values.get("SBDS Serial Number", ""),
                "energy_full_wh": None,
                "energy_full_design_wh": round(watt_hours, 2),
                "cycle_count": None,
                "state": "",
                "charge_percent": None,
                "wear_percent": None,
                "technology": kind,
                "power_w": None,
            }
        )
    return found


def _watts(supply: Path) -> float | None:
    power = read_int(supply / "power_now")
    if power is None:
        current, volts = read_int(supply / "current_now"), read_int(supply / "voltage_now")
        power = current * volts // 1_000_000 if current is not None and volts else None
    watts = abs(power) / 1e6 if power is not None else None
    return round(watts, 2) if watts is not None and watts < 300 else None


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
