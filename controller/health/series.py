"""What is kept for years of a machine at home: a few numbers of each sample, each a series of its own.

Pure: a sample goes in, whatever it holds, and finite numbers that can be true come out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from controller.health.sample import Sample, drive_key
from controller.i18n import N_

MAX_SERIES = 40  # of one machine, over all its life: whoever makes up serial numbers fills no disk


@dataclass(frozen=True, kw_only=True)
class SeriesKind:
    """What a kind of series is called, its unit, and between which numbers it can be true."""

    label: str  # message id
    unit: str  # "°C", "%", or "" for a count
    lowest: float
    highest: float


KINDS: dict[str, SeriesKind] = {
    "heat": SeriesKind(label=N_("Temperature of the processor"), unit="°C", lowest=1, highest=150),
    "drive-heat": SeriesKind(label=N_("Temperature of the drive"), unit="°C", lowest=1, highest=150),
    "disk": SeriesKind(label=N_("How full the disk is"), unit="%", lowest=0, highest=100),
    "battery": SeriesKind(label=N_("What the battery still holds"), unit="%", lowest=0, highest=150),
    "reallocated": SeriesKind(label=N_("Sectors replaced by spare ones"), unit="", lowest=0, highest=2**32),
    "pending": SeriesKind(label=N_("Sectors that can't be read"), unit="", lowest=0, highest=2**32),
    "uncorrectable": SeriesKind(label=N_("Reads that failed"), unit="", lowest=0, highest=2**32),
    "worn": SeriesKind(label=N_("Endurance used"), unit="%", lowest=0, highest=255),
}


def split(series: str) -> tuple[str, str]:
    """Kind and part: ``disk:/home`` → ``disk``, ``/home``."""
    kind, _, part = series.partition(":")
    return kind, part


def values(sample: Sample) -> dict[str, float]:
    """The number of each series that the sample knows; a drive that sleeps or says nothing adds none."""
    found: dict[str, float | None] = {"heat": sample.processor_celsius}
    for disk in sample.disks:
        found[f"disk:{disk.mount}"] = disk.used_percent
    for battery in sample.batteries:
        found[f"battery:{battery.name}"] = battery.percent
    for drive in sample.drives:
        if drive.asleep:
            continue
        key = drive_key(drive.drive)
        found[f"drive-heat:{key}"] = drive.number("temperature_celsius")
        found[f"reallocated:{key}"] = drive.number("reallocated_sectors")
        found[f"pending:{key}"] = drive.number("pending_sectors")
        found[f"uncorrectable:{key}"] = drive.uncorrectable
        found[f"worn:{key}"] = drive.number("percentage_used")
    return {series: float(value) for series, value in found.items() if value is not None and _can_be(series, value)}


def _can_be(series: str, value: Any) -> bool:
    kind = KINDS[split(series)[0]]
    return len(series) <= 80 and math.isfinite(value) and kind.lowest <= value <= kind.highest
