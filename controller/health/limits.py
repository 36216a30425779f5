"""From where on something is worth a person's time. What can be set comes from the settings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from controller.health.verdict import thresholds
from controller.settings import Settings

DISK_BACK: Final = 5.0  # percent below the limit at which a full disk counts as gone
DISK_URGENT: Final = 97.0  # Debian can't update itself any more: apt needs about 1 GB of a 30 GB disk
TREND_DAYS: Final = 10  # days of figures that a trend needs
TREND_FROM: Final = 60.0  # percent: below, nobody needs to know yet
TREND_FULL: Final = 30  # days until full that are worth a word
BATTERY_BACK: Final = 3  # percent: gauges wander by one or two between charges
HEAT_SAMPLES: Final = 4  # in three hours: an hour of heat at a sample every quarter of an hour
HEAT_AT_ONCE: Final = thresholds.CPU_LIMIT + 5  # where processors switch off (TjMAX 95-105 °C)
HEAT_BACK: Final = 10.0  # °C
DRIVE_HEAT_SAMPLES: Final = 2  # drives are asked once an hour
UPDATES_SECONDS: Final = 3600  # of uptime: Debian's timers make up for missed days soon after a start
SETTLED_SECONDS: Final = 600  # after a start, services may still be failing and being started again


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What alerts are measured against."""

    battery_worn_below: int = thresholds.BATTERY_WORN_BELOW
    battery_failing_below: int = thresholds.BATTERY_FAILING_BELOW
    disk_percent: float = 90.0
    heat_celsius: float = 85.0
    silent: dt.timedelta = dt.timedelta(days=30)
    updates: dt.timedelta = dt.timedelta(days=14)


def limits_of(settings: Settings) -> Limits:
    """As this workshop set them."""
    return Limits(
        battery_worn_below=settings.battery_worn_below,
        battery_failing_below=settings.battery_failing_below,
        disk_percent=settings.alert_disk_percent,
        heat_celsius=settings.alert_heat_celsius,
        silent=dt.timedelta(days=settings.alert_silent_days),
        updates=dt.timedelta(days=settings.alert_updates_days),
    )
