"""What a machine was like when it left: what later samples are compared with. Pure.

``baseline`` and ``latest`` of ``home_health`` are JSON objects of these shapes::

    baseline = {"drives": {KEY: {"counters": {…}, "verdict": "good", "used": 3, "at": "…", "origin": "workshop"}},
                "batteries": {NAME: {"percent": 91.5, "cycles": 120, "at": "…"}},
                "updates": {"since": "…"}}
    latest   = {"drives": {KEY: {"drive": {…}, "smart": {…}, "at": "…", "asleep_at": "…" | ""}},
                "batteries": {NAME: {…}}, "disks": [{…}], "processor_celsius": 51.0, "uptime_seconds": 4200,
                "memory": {…}, "failed_units": […], "updates": {…}, "series": ["heat", "disk:/", …]}
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from controller.health.sample import DriveSample, Sample, drive_key, read_sample
from controller.health.series import MAX_SERIES
from controller.health.verdict import Level, verdict_of

MAX_PARTS = 12  # drives that one machine may have had at home


def counters(drive: DriveSample) -> dict[str, int]:
    """What only ever grows when a drive loses data or space."""
    known = {
        "reallocated": drive.number("reallocated_sectors"),
        "pending": drive.number("pending_sectors"),
        "uncorrectable": drive.uncorrectable,
    }
    return {name: value for name, value in known.items() if value is not None and value >= 0}


def drive_baseline(drive: DriveSample, at: dt.datetime, origin: str) -> dict[str, Any]:
    """A drive as it was. ``origin``: workshop, home, or accepted (a person has seen it and closed the alert)."""
    level = verdict_of(drive.smart, drive.drive).level
    return {
        "counters": counters(drive),
        "verdict": level.value,
        "used": drive.number("percentage_used"),
        "at": at.isoformat(),
        "origin": origin,
    }


def grown(baseline: dict[str, Any], sample: Sample, workshop: Sample | None = None) -> dict[str, Any]:
    """The baseline with what it lacked: drives and batteries seen for the first time, numbers known only now.

    A drive's first state is the workshop's last report of it where there is one, else this sample's.
    """
    drives: dict[str, Any] = dict(baseline.get("drives") or {})
    before = {drive_key(d.drive): d for d in workshop.drives} if workshop else {}
    for drive in sample.drives:
        key = drive_key(drive.drive)
        old = before.get(key)
        kept = drives.get(key)
        if kept is None and len(drives) < MAX_PARTS:
            if old is not None and workshop is not None and not old.asleep and counters(old):
                kept = drives[key] = drive_baseline(old, workshop.at, "workshop")
            elif not drive.asleep:
                kept = drives[key] = drive_baseline(drive, sample.at, "home")
        if kept is not None and not drive.asleep:
            drives[key] = _filled(kept, drive, sample.at)
    batteries: dict[str, Any] = dict(baseline.get("batteries") or {})
    for battery in sample.batteries:
        if battery.percent is not None and battery.name not in batteries and len(batteries) < MAX_PARTS:
            batteries[battery.name] = {
                "percent": round(battery.percent, 1),
                "cycles": battery.cycles,
                "at": sample.at.isoformat(),
            }
    updates = baseline.get("updates") or ({"since": sample.at.isoformat()} if sample.updates else None)
    return {"drives": drives, "batteries": batteries, **({"updates": updates} if updates else {})}


def _filled(kept: dict[str, Any], drive: DriveSample, at: dt.datetime) -> dict[str, Any]:
    """Numbers that weren't known then are taken from now; those that were stay."""
    now = drive_baseline(drive, at, str(kept.get("origin") or "home"))
    verdict = kept.get("verdict")
    return {
        **kept,
        "counters": {**now["counters"], **(kept.get("counters") or {})},
        "used": kept["used"] if kept.get("used") is not None else now["used"],
        "verdict": now["verdict"] if verdict in (None, Level.UNKNOWN.value) else verdict,
    }


def newest(latest: dict[str, Any], sample: Sample, series: dict[str, float]) -> dict[str, Any]:
    """The newest facts of each part. A drive that sleeps keeps what it said last, with the time of both."""
    at = sample.at.isoformat()
    drives: dict[str, Any] = dict(latest.get("drives") or {})
    for drive in sample.drives:
        key = drive_key(drive.drive)
        if key not in drives and len(drives) >= MAX_PARTS:
            continue
        if drive.asleep:
            old = drives.get(key) or {"drive": drive.drive, "smart": {}, "at": ""}
            drives[key] = {**old, "asleep_at": at}
        else:
            drives[key] = {"drive": drive.drive, "smart": drive.smart, "at": at, "asleep_at": ""}
    known = list(latest.get("series") or [])
    known += [name for name in series if name not in known]
    units = sample.failed_units if sample.failed_units is not None else latest.get("failed_units") or ()
    return {
        "drives": drives,
        "batteries": {b.name: b.facts for b in sample.batteries} or latest.get("batteries") or {},
        "disks": [{"mount": d.mount, "total_bytes": d.total_bytes, "free_bytes": d.free_bytes} for d in sample.disks],
        "processor_celsius": sample.processor_celsius,
        "uptime_seconds": sample.uptime_seconds,
        "memory": {"total_bytes": sample.memory_total, "available_bytes": sample.memory_available},
        "failed_units": list(units),
        "updates": _updates(sample) or latest.get("updates") or {},
        "series": known[:MAX_SERIES],
    }


def _updates(sample: Sample) -> dict[str, Any]:
    updates = sample.updates
    if updates is None:
        return {}
    return {
        "at": sample.at.isoformat(),
        "unattended": updates.unattended,
        "last_success": updates.last_success.isoformat() if updates.last_success else None,
        "last_run": updates.last_run.isoformat() if updates.last_run else None,
        "last_failed": updates.last_failed,
        "pending_security": updates.pending_security,
        "pending": updates.pending,
        "reboot_required": updates.reboot_required,
        "agent": updates.agent,
    }


def workshop_sample(bodies: list[dict[str, Any]], at: dt.datetime) -> Sample | None:
    """The newest reports of the live system (health, inventory), as one sample: each drive from the first that has it.

    An inventory describes its drives as a health sample does.
    """
    drives: dict[str, DriveSample] = {}
    for body in bodies:
        for drive in read_sample(body, at).drives:
            if not drive.asleep and counters(drive):
                drives.setdefault(drive_key(drive.drive), drive)
    if not drives:
        return None
    return Sample(at=at, uptime_seconds=0, processor_celsius=None, drives=tuple(drives.values()))
