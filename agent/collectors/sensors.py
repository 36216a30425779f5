"""Sensors: temperatures, fans and voltages from hwmon (Documentation/hwmon/sysfs-interface), else thermal zones.

psutil reads the same files, but of the live machine only; a capture must give the same answer.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from agent.collectors.fields import Field, Subsystem, count, text
from agent.files import read_int, read_text

SUBSYSTEM = Subsystem(
    "sensors",
    "Sensors",
    many=True,
    files=(
        "sys/class/hwmon/*/name",
        *(
            f"sys/class/hwmon/*/{kind}*_{what}"
            for kind in ("temp", "fan")
            for what in ("input", "label", "max", "crit")
        ),
        "sys/class/hwmon/*/in*_input",
        "sys/class/hwmon/*/in*_label",
        "sys/class/thermal/thermal_zone*/type",
        "sys/class/thermal/thermal_zone*/temp",
    ),
    fields=(
        text("kind", "temperature, fan, voltage"),
        text("chip", "the driver's name of the chip"),
        text("label", "what it measures, as the chip says"),
        Field("value", "°C, rpm, V", "by its kind"),
        count("maximum", "the chip's own limit", unit="°C"),
        count("critical", "the chip's own last limit", unit="°C"),
    ),
)
# kind: prefix in sysfs, divisor, and the values that a sensor can have; unconnected ones say 0, -128 or 255.
_KINDS = {"temperature": ("temp", 1000, 0.1, 130.0), "fan": ("fan", 1, 0, 30_000), "voltage": ("in", 1000, 0.0, 60.0)}


def collect_sensors(root: Path) -> list[dict[str, Any]]:
    """All readings that can be true."""
    found = []
    for chip in sorted((root / "sys/class/hwmon").glob("hwmon*"), key=_number):
        for kind in _KINDS:
            found += _readings(chip, kind)
    if not any(sensor["kind"] == "temperature" for sensor in found):
        for zone in sorted((root / "sys/class/thermal").glob("thermal_zone*"), key=_number):
            value = _value(zone / "temp", "temperature")
            if value is not None:
                found.append(_sensor("temperature", read_text(zone / "type"), zone.name, value))
    return found


def _readings(chip: Path, kind: str) -> list[dict[str, Any]]:
    prefix = _KINDS[kind][0]
    found = []
    for path in sorted(chip.glob(f"{prefix}[0-9]*_input"), key=_number):
        value = _value(path, kind)
        if value is None:
            continue
        stem = path.name.removesuffix("_input")
        sensor = _sensor(kind, read_text(chip / "name"), read_text(chip / f"{stem}_label") or stem, value)
        if kind == "temperature":
            sensor["maximum"] = _value(chip / f"{stem}_max", kind)
            sensor["critical"] = _value(chip / f"{stem}_crit", kind)
        found.append(sensor)
    return found


def _sensor(kind: str, chip: str, label: str, value: float) -> dict[str, Any]:
    return {"kind": kind, "chip": chip, "label": label, "value": value, "maximum": None, "critical": None}


def _value(path: Path, kind: str) -> float | None:
    _, divisor, lowest, highest = _KINDS[kind]
    raw = read_int(path)
    if raw is None or not lowest <= raw / divisor <= highest:
        return None
    return round(raw / divisor, 2 if kind == "voltage" else 1) if divisor != 1 else raw


def _number(path: Path) -> int:
    match = re.search(r"\d+", path.name)
    return int(match.group()[:9]) if match else 0
