"""How a machine does at home: verdicts, alerts, charts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from controller.database import utcnow
from controller.health.home import is_at_home
from controller.health.home_tables import HealthPoint, HomeHealth
from controller.health.keeping import read_points
from controller.health.reports import latest_report
from controller.health.sample import DriveSample, drive_key, read_sample
from controller.health.verdict import Level, Verdict, battery_verdict, verdict_of
from controller.i18n import N_
from controller.machines.tables import Machine
from controller.settings import Settings
from controller.web.charts import Chart
from controller.web.formats import number
from controller.web.views.alerts import AlertView, machine_alerts
from controller.web.views.health_charts import SPANS, charts_of, readings, with_unit
from controller.web.views.updates import updates_view
from controller.web.views.words import Words, words

TONES = {
    Level.GOOD: ("good", "circle-check", N_("good")),
    Level.WORN: ("waiting", "triangle-alert", N_("worn")),
    Level.FAILING: ("alert", "circle-alert", N_("failing")),
    Level.UNKNOWN: ("quiet", "circle-question-mark", N_("unknown")),
}
COUNTERS = {
    "reallocated": N_("sectors replaced: {count}"),
    "pending": N_("sectors that can't be read: {count}"),
    "uncorrectable": N_("reads that failed: {count}"),
}


@dataclass(frozen=True, kw_only=True)
class PartView:
    """The verdict on one part, now."""

    icon: str
    name: str | Words
    tone: str
    level_icon: str
    level_label: str  # message id
    reasons: tuple[str, ...]
    facts: tuple[Words, ...]
    since: tuple[Words, ...]  # what changed since it left
    at: dt.datetime | None
    asleep_at: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class HealthView:
    """The tab."""

    at_home: bool
    since: dt.datetime | None  # when the baseline was taken
    sampled_at: dt.datetime | None
    parts: tuple[PartView, ...]
    alerts: tuple[AlertView, ...]
    closed: tuple[AlertView, ...]
    charts: tuple[Chart, ...]
    span: str
    spans: tuple[tuple[str, str], ...]  # name, message id
    facts: tuple[tuple[str, Words | str], ...]
    problems: tuple[str, ...]


def health_tab(session: Session, machine: Machine, *, settings: Settings, span: str = "") -> dict[str, Any]:
    """What the tab's template needs. ``span``: days, months or years; what fits the figures unless it is chosen."""
    now = utcnow()
    home = session.get(HomeHealth, machine.id)
    report = latest_report(session, machine.id, "health")
    points = read_points(session, machine.id, now - SPANS["years"].length)
    chosen = span if span in SPANS else fitting(points, now)
    active, closed = machine_alerts(session, machine)
    baseline = home.baseline if home else {}
    parts = _parts_at_home(home, settings) if home else _parts_in_workshop(session, machine, settings)
    view = HealthView(
        at_home=is_at_home(machine),
        since=home.since if home else None,
        sampled_at=home.sampled_at if home else (report.received_at if report else None),
        parts=parts,
        alerts=active,
        closed=closed,
        charts=charts_of(
            {name: readings(rows) for name, rows in points.items()},
            SPANS[chosen],
            now=now,
            zone=ZoneInfo(settings.timezone),
            settings=settings,
            drives={key: _drive_name(entry.get("drive") or {}, key) for key, entry in _drives_of(home).items()},
            left={name: float(b["percent"]) for name, b in (baseline.get("batteries") or {}).items()},
        ),
        span=chosen,
        spans=tuple((name, info.label) for name, info in SPANS.items()),
        facts=_facts(home.latest if home else {}),
        problems=tuple(str(p) for p in (report.body.get("problems") or [])[:10]) if report else (),
    )
    return {"health": view, "updates": updates_view(session, machine, home.latest if home else {})}


def fitting(points: dict[str, list[HealthPoint]], now: dt.datetime) -> str:
    """Days for a machine that left this week, then months."""
    oldest = min((rows[0].at for rows in points.values() if rows), default=now)
    return "days" if now - oldest <= SPANS["days"].length else "months"


def _drives_of(home: HomeHealth | None) -> dict[str, Any]:
    return dict(home.latest.get("drives") or {}) if home else {}


def _parts_at_home(home: HomeHealth, settings: Settings) -> tuple[PartView, ...]:
    kept = home.baseline.get("drives") or {}
    found = []
    for key, entry in _drives_of(home).items():
        drive = DriveSample(drive=entry.get("drive") or {}, smart=entry.get("smart") or {}, asleep=False)
        found.append(_drive_part(drive, key, kept.get(key), _time(entry.get("at")), _time(entry.get("asleep_at"))))
    batteries = home.latest.get("batteries") or {}
    before = home.baseline.get("batteries") or {}
    found += [_battery_part(b, (before.get(n) or {}).get("percent"), settings) for n, b in batteries.items()]
    return tuple(found)


def _parts_in_workshop(session: Session, machine: Machine, settings: Settings) -> tuple[PartView, ...]:
    """Before it leaves: the newest report that has its drives."""
    for kind in ("health", "inventory"):
        report = latest_report(session, machine.id, kind)
        if report is None:
            continue
        sample = read_sample(report.body, report.received_at)
        if sample.drives:
            at = report.received_at
            drives = [_drive_part(d, drive_key(d.drive), None, at, None) for d in sample.drives]
            return (*drives, *(_battery_part(b.facts, None, settings) for b in sample.batteries))
    return ()


def _drive_part(
    drive: DriveSample, key: str, kept: dict[str, Any] | None, at: dt.datetime | None, asleep_at: dt.datetime | None
) -> PartView:
    verdict = verdict_of(drive.smart, drive.drive)
    if asleep_at is not None and not drive.smart:
        verdict = Verdict(Level.UNKNOWN, ())
    facts = []
    if (degrees := drive.number("temperature_celsius")) is not None:
        facts.append(words(N_("{degrees} °C"), degrees=degrees))
    if (hours := drive.number("power_on_hours")) is not None:
        facts.append(words(N_("{hours} hours of use"), hours=number(hours)))
    if (used := drive.number("percentage_used")) is not None:
        facts.append(words(N_("endurance used: {share}"), share=with_unit(used, "%")))
    return _part("hard-drive", _drive_name(drive.drive, key), verdict, facts, _changes(drive, kept), at, asleep_at)


def _changes(drive: DriveSample, kept: dict[str, Any] | None) -> tuple[Words, ...]:
    """Counters that grew since it left, each as so many more."""
    if not kept:
        return ()
    now = {
        "reallocated": drive.number("reallocated_sectors"),
        "pending": drive.number("pending_sectors"),
        "uncorrectable": drive.uncorrectable,
    }
    then: dict[str, int] = kept.get("counters") or {}
    grew = {name: value - then[name] for name, value in now.items() if value is not None and name in then}
    return tuple(words(COUNTERS[name], count=f"+{more}") for name, more in grew.items() if more > 0)


def _battery_part(battery: dict[str, Any], before: float | None, settings: Settings) -> PartView:
    verdict = battery_verdict(
        battery, worn_below=settings.battery_worn_below, failing_below=settings.battery_failing_below
    )
    facts = (
        [words(N_("it held {share} when it left"), share=with_unit(round(before), "%"))] if before is not None else []
    )
    name = words(N_("Battery {name}"), name=str(battery.get("name") or ""))
    return _part("battery-full", name, verdict, facts, (), None, None)


def _part(
    icon: str,
    name: str | Words,
    verdict: Verdict,
    facts: list[Words],
    since: tuple[Words, ...],
    at: dt.datetime | None,
    asleep_at: dt.datetime | None,
) -> PartView:
    tone, level_icon, label = TONES[verdict.level]
    return PartView(
        icon=icon,
        name=name,
        tone=tone,
        level_icon=level_icon,
        level_label=label,
        reasons=tuple(verdict.texts),
        facts=tuple(facts),
        since=since,
        at=at,
        asleep_at=asleep_at,
    )


def _drive_name(drive: dict[str, Any], key: str) -> str:
    model = str(drive.get("model") or "")
    return f"{model} {key}".strip() if key not in (model, "?") else model or key


def _facts(latest: dict[str, Any]) -> tuple[tuple[str, Words | str], ...]:
    found: list[tuple[str, Words | str]] = []
    degrees = latest.get("processor_celsius")
    if isinstance(degrees, int | float):
        found.append((N_("Processor"), words(N_("{degrees} °C"), degrees=round(degrees))))
    for disk in latest.get("disks") or []:
        full = int(100 * (1 - disk["free_bytes"] / disk["total_bytes"]))
        found.append((N_("Disk"), words(N_("{mount}: {share} full"), mount=disk["mount"], share=with_unit(full, "%"))))
    units = latest.get("failed_units") or []
    if units:
        found.append((N_("Services that failed"), ", ".join(str(unit) for unit in units)))
    return tuple(found)


def _time(text: object) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
