"""One health sample, as the controller reads it. Total: whatever a machine says, facts or nothing come out."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

MAX_DRIVES, MAX_DISKS, MAX_BATTERIES, MAX_UNITS = 6, 6, 2, 20
# hwmon's drivers of processors (Documentation/hwmon): what others measure is the board, the drive, the radio.
PROCESSORS = ("coretemp", "k10temp", "k8temp", "zenpower", "via_cputemp", "cpu_thermal", "cpu-thermal")
BOARDS = ("acpitz", "thinkpad", "dell_smm", "applesmc", "it87", "nct6775", "w83627", "f71882")
EARLY = dt.timedelta(minutes=10)  # a machine's clock may be ahead by so much
LATE = dt.timedelta(days=60)  # the longest that a sample waits in a machine's spool


@dataclass(frozen=True, kw_only=True)
class Disk:
    """A file system: where it is, how full."""

    mount: str
    total_bytes: int
    free_bytes: int

    @property
    def used_percent(self) -> float:
        """Of what it can hold."""
        return 100 * (1 - self.free_bytes / self.total_bytes)


@dataclass(frozen=True, kw_only=True)
class Battery:
    """A battery; ``percent`` is what it holds of what it was made for."""

    name: str
    percent: float | None
    cycles: int | None
    facts: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class DriveSample:
    """A drive: what names it, what it said. ``asleep``: it was left alone, so nothing is known of now."""

    drive: dict[str, Any]
    smart: dict[str, Any]
    asleep: bool

    def number(self, name: str) -> int | None:
        """One of SMART's whole numbers."""
        return whole(self.smart.get(name))

    @property
    def uncorrectable(self) -> int | None:
        """Reads that failed, whatever the drive calls them: the highest of its counters."""
        names = ("reported_uncorrectable", "offline_uncorrectable", "media_errors")
        known = [number for name in names if (number := self.number(name)) is not None]
        return max(known, default=None)


@dataclass(frozen=True, kw_only=True)
class Updates:
    """Debian's own updates. Times are None where nothing is known of them."""

    unattended: bool  # unattended-upgrades is installed
    last_success: dt.datetime | None
    last_run: dt.datetime | None
    last_failed: bool | None
    pending_security: int | None
    pending: int | None
    reboot_required: bool
    agent: dict[str, str]  # what came of the agent's last look for its own new version


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What a sample says of the machine at ``at``."""

    at: dt.datetime
    uptime_seconds: float
    processor_celsius: float | None
    memory_total: int | None = None
    memory_available: int | None = None
    disks: tuple[Disk, ...] = ()
    batteries: tuple[Battery, ...] = ()
    drives: tuple[DriveSample, ...] = ()
    failed_units: tuple[str, ...] | None = None  # None: not known
    updates: Updates | None = None  # None: this sample doesn't speak of them


def drive_key(drive: dict[str, Any]) -> str:
    """What a drive is known by in series and alerts: its serial number, else its WWN or model; 60 characters."""
    named = (str(drive.get(name) or "").strip() for name in ("serial", "wwn", "model"))
    return next((name[:60] for name in named if name), "?")


def read_sample(body: dict[str, Any], received_at: dt.datetime) -> Sample:
    """Facts of a ``recyclerie.health/1``. A time that can't be is replaced by when it came."""
    memory = _dict(body.get("memory"))
    units = body.get("failed_units")
    return Sample(
        at=_time(body.get("taken_at"), received_at),
        uptime_seconds=_real(body.get("uptime_seconds")) or 0.0,
        processor_celsius=_processor(_list(body.get("temperatures"))),
        memory_total=whole(memory.get("total_bytes")),
        memory_available=whole(memory.get("available_bytes")),
        disks=tuple(_disks(_list(body.get("disks")))),
        batteries=tuple(_batteries(body)),
        drives=tuple(_drives(_list(body.get("drives")))),
        failed_units=tuple(str(unit)[:80] for unit in units[:MAX_UNITS]) if isinstance(units, list) else None,
        updates=read_updates(body.get("updates")),
    )


def read_updates(said: object) -> Updates | None:
    """The part of a sample about updates; None where it has none."""
    if not isinstance(said, dict):
        return None
    failed = said.get("last_run_failed")
    agent = _dict(said.get("agent"))
    looked = (
        {name: str(agent.get(name) or "")[:300] for name in ("at", "outcome", "version", "detail")} if agent else {}
    )
    return Updates(
        unattended=said.get("unattended") is True,
        last_success=_when(said.get("last_success_at")),
        last_run=_when(said.get("last_run_at")),
        last_failed=failed if isinstance(failed, bool) else None,
        pending_security=_count(said.get("pending_security")),
        pending=_count(said.get("pending")),
        reboot_required=said.get("reboot_required") is True,
        agent=looked,
    )


def _when(said: object) -> dt.datetime | None:
    try:
        at = dt.datetime.fromisoformat(str(said)) if said else None
        return at.astimezone(dt.UTC) if at and at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _count(said: object) -> int | None:
    number = whole(said)
    return number if number is not None and 0 <= number < 100_000 else None


def _time(said: object, received_at: dt.datetime) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(str(said))
        at = at.astimezone(dt.UTC) if at.tzinfo else at.replace(tzinfo=dt.UTC)
        return at if received_at - LATE <= at <= received_at + EARLY else received_at
    except (ValueError, OverflowError):
        return received_at


def _processor(temperatures: list[dict[str, Any]]) -> float | None:
    """The hottest sensor of the processor; where there is none, of the board."""
    for chips in (PROCESSORS, BOARDS):
        read = [_real(t.get("celsius")) for t in temperatures if str(t.get("sensor", "")).lower().startswith(chips)]
        known = [value for value in read if value is not None and 0 < value < 150]
        if known:
            return max(known)
    return None


def _disks(entries: list[dict[str, Any]]) -> list[Disk]:
    found = []
    for entry in entries[:MAX_DISKS]:
        total, free = whole(entry.get("total_bytes")), whole(entry.get("free_bytes"))
        mount = str(entry.get("mount") or "")[:60]
        if mount and total and total > 0 and free is not None and 0 <= free <= total:
            found.append(Disk(mount=mount, total_bytes=total, free_bytes=free))
    return found


def _batteries(body: dict[str, Any]) -> list[Battery]:
    entries = _list(body.get("batteries")) or _list([body.get("battery")])
    found = []
    for number, entry in enumerate(entries[:MAX_BATTERIES]):
        full, design = _real(entry.get("energy_full_wh")), _real(entry.get("energy_full_design_wh"))
        percent = 100 * full / design if full is not None and full >= 0 and design is not None and design > 0 else None
        name = str(entry.get("name") or f"BAT{number}")[:40]
        cycles = whole(entry.get("cycle_count"))
        found.append(Battery(name=name, percent=percent, cycles=cycles, facts=entry))
    return found


def _drives(entries: list[dict[str, Any]]) -> list[DriveSample]:
    found: dict[str, DriveSample] = {}
    for entry in entries[:MAX_DRIVES]:
        smart = _dict(entry.get("smart"))
        drive = {name: value for name, value in entry.items() if name != "smart"}
        sample = DriveSample(drive=drive, smart=smart, asleep=smart.get("asleep") is True)
        found.setdefault(drive_key(drive), sample)
    return list(found.values())


def whole(value: object) -> int | None:
    """A whole number, or None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _real(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e18 or not math.isfinite(value):
        return None
    return float(value)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
