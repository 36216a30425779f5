"""When something at home is worth a person's time: facts and limits go in, findings come out. Pure.

A finding says of one thing that it is so (``raise``), that it is not (``clear``), or that it is between the two
limits or not known well enough (``between``): what was raised then stays, what was not is not raised.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from controller.health.baseline import counters
from controller.health.limits import (
    BATTERY_BACK,
    DISK_BACK,
    DISK_URGENT,
    DRIVE_HEAT_SAMPLES,
    HEAT_AT_ONCE,
    HEAT_BACK,
    HEAT_SAMPLES,
    SETTLED_SECONDS,
    TREND_DAYS,
    TREND_FROM,
    TREND_FULL,
    UPDATES_SECONDS,
    Limits,
)
from controller.health.points import Stat
from controller.health.sample import Disk, DriveSample, Sample, Updates, drive_key
from controller.health.verdict import Level, Verdict, thresholds, verdict_of
from controller.i18n import N_, said

Judged = Literal["raise", "clear", "between"]
WARNING, URGENT = "warning", "urgent"
RANK = {Level.GOOD.value: 0, Level.WORN.value: 1, Level.FAILING.value: 2}


@dataclass(frozen=True, kw_only=True)
class KindInfo:
    """What a kind of alert is called, its icon, and how long it must be gone before it closes by itself."""

    label: str  # message id
    icon: str
    closes_after: dt.timedelta | None  # None: only a person closes it


KINDS: dict[str, KindInfo] = {
    "sectors": KindInfo(label=N_("New bad sectors"), icon="hard-drive", closes_after=None),
    "verdict": KindInfo(label=N_("Drive got worse"), icon="hard-drive", closes_after=None),
    "wear": KindInfo(label=N_("Drive worn out"), icon="hard-drive", closes_after=None),
    "battery": KindInfo(label=N_("Battery"), icon="battery-warning", closes_after=dt.timedelta(days=2)),
    "disk": KindInfo(label=N_("Disk filling up"), icon="database", closes_after=dt.timedelta(hours=6)),
    "heat": KindInfo(label=N_("Too hot"), icon="thermometer", closes_after=dt.timedelta(hours=24)),
    "units": KindInfo(label=N_("Service failed"), icon="circle-x", closes_after=dt.timedelta(hours=2)),
    "updates": KindInfo(label=N_("Security updates missing"), icon="shield-alert", closes_after=dt.timedelta(0)),
    "silent": KindInfo(label=N_("Not heard from"), icon="wifi-off", closes_after=dt.timedelta(0)),
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What is so of one thing. ``message`` is a message id."""

    kind: str
    part: str = ""
    judged: Judged
    level: str = WARNING
    message: str = ""
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Past:
    """What the series say: of the last three hours, and each day's mean (with its number, oldest first)."""

    recent: Mapping[str, Stat] = field(default_factory=dict)
    days: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)


def findings(sample: Sample, baseline: dict[str, Any], past: Past, limits: Limits) -> list[Finding]:
    """Everything that can be said of a sample. What it doesn't speak of (a drive that sleeps) is not judged."""
    found: list[Finding] = []
    for drive in sample.drives:
        if not drive.asleep:
            found += _drive(drive, (baseline.get("drives") or {}).get(drive_key(drive.drive)), past)
    for battery in sample.batteries:
        if battery.percent is not None:
            before = ((baseline.get("batteries") or {}).get(battery.name) or {}).get("percent")
            found.append(_battery(battery.name, battery.percent, before, limits))
    found += [_disk(disk, past.days.get(f"disk:{disk.mount}", ()), limits) for disk in sample.disks]
    found += _processor_heat(sample.processor_celsius, past.recent.get("heat"), limits)
    if sample.failed_units is not None:
        found.append(_units(sample))
    if sample.updates is not None and sample.updates.unattended:
        found.append(_updates(sample, sample.updates, (baseline.get("updates") or {}).get("since"), limits))
    return found


def _updates(sample: Sample, updates: Updates, since: object, limits: Limits) -> Finding:
    """Debian's own security updates: when they last came to their end, else since when the machine is at home."""
    try:
        start = dt.datetime.fromisoformat(str(since)) if since else sample.at
    except ValueError:
        start = sample.at
    last = max(updates.last_success or start, start)  # before it left is the image's time
    if sample.at - last < limits.updates:
        return Finding(kind="updates", judged="clear")
    if sample.uptime_seconds < UPDATES_SECONDS:
        return Finding(kind="updates", judged="between")
    params = {"days": (sample.at - last).days, "count": updates.pending_security or 0}
    if updates.last_failed:
        text = N_("no security updates for {days} days, the last attempt failed: look at its log")
    else:
        text = N_("no security updates for {days} days: is it on the internet long enough?")
    level = URGENT if sample.at - last >= 3 * limits.updates and updates.pending_security else WARNING
    return Finding(kind="updates", judged="raise", level=level, message=text, params=params)


def _drive(drive: DriveSample, before: dict[str, Any] | None, past: Past) -> Iterator[Finding]:
    key = drive_key(drive.drive)
    name = " ".join(part for part in (str(drive.drive.get("model") or ""), key) if part and part != "?") or key
    if before is not None:
        grew = _growth(drive, before)
        verdict = verdict_of(drive.smart, drive.drive)
        if grew:
            yield _sectors(key, name, grew)
        yield from _verdict(key, name, verdict, str(before.get("verdict")), said_already=bool(grew))
        used, used_before = drive.number("percentage_used"), before.get("used")
        if used is not None and used >= thresholds.USED_UP and (used_before or 0) < thresholds.USED_UP:
            text = N_("{drive}: all the writing it was made for is used up ({percent} %); plan another drive")
            yield Finding(kind="wear", part=key, judged="raise", message=text, params={"drive": name, "percent": used})
    yield from _drive_heat(key, name, drive, past.recent.get(f"drive-heat:{key}"))


def _growth(drive: DriveSample, before: dict[str, Any]) -> dict[str, int]:
    """Counter → how many more than at the baseline, where it grew."""
    then: dict[str, int] = before.get("counters") or {}
    return {name: now - then[name] for name, now in counters(drive).items() if name in then and now > then[name]}


def _sectors(key: str, name: str, grew: dict[str, int]) -> Finding:
    """Data that can't be read is urgent at once; sectors that were replaced in time, from as many as mean worn."""
    lost = grew.get("pending", 0) + grew.get("uncorrectable", 0)
    if lost:
        text = N_("{drive}: {count} more places can't be read than when it left; save the data now")
        params: dict[str, Any] = {"drive": name, "count": lost}
        return Finding(kind="sectors", part=key, judged="raise", level=URGENT, message=text, params=params)
    count = grew["reallocated"]
    text = N_("{drive}: {count} more sectors were replaced by spare ones than when it left; save the data, watch it")
    level = URGENT if count >= thresholds.REALLOCATED_WORN else WARNING
    params = {"drive": name, "count": count}
    return Finding(kind="sectors", part=key, judged="raise", level=level, message=text, params=params)


def _verdict(key: str, name: str, now: Verdict, before: str, *, said_already: bool) -> Iterator[Finding]:
    rank, then = RANK.get(now.level.value), RANK.get(before)
    if rank is None or then is None:
        return
    if rank <= then:
        yield Finding(kind="verdict", part=key, judged="clear")
    elif now.level is Level.FAILING or not said_already:  # worn because of new bad sectors: said once is enough
        worst = now.reasons[0]
        failing = N_("{drive} is failing: {reason}; save the data now, plan another drive")
        text = failing if now.level is Level.FAILING else N_("{drive} is worn now: {reason}")
        params = {"drive": name, "reason": said(worst.message, **worst.params)}
        level = URGENT if now.level is Level.FAILING else WARNING
        yield Finding(kind="verdict", part=key, judged="raise", level=level, message=text, params=params)


def _battery(name: str, percent: float, before: float | None, limits: Limits) -> Finding:
    """Below *failing* in any case; below *worn* only if it wasn't so when the machine left."""
    if percent > thresholds.BATTERY_NOT_BELIEVED:
        return Finding(kind="battery", part=name, judged="between")
    limit = limits.battery_failing_below
    if before is None or before >= limits.battery_worn_below:
        limit = limits.battery_worn_below
    if percent >= limit:
        judged: Judged = "clear" if percent >= limit + BATTERY_BACK else "between"
        return Finding(kind="battery", part=name, judged=judged)
    params = {"percent": round(percent)}
    text = N_("the battery holds only {percent} % of what it was made for")
    level = URGENT if percent == 0 else WARNING
    return Finding(kind="battery", part=name, judged="raise", level=level, message=text, params=params)


def _disk(disk: Disk, days: Sequence[tuple[float, float]], limits: Limits) -> Finding:
    used = disk.used_percent
    if used >= limits.disk_percent:
        text = N_("{mount} is full to {percent} %: make room, or the system can't be kept up to date")
        params: dict[str, Any] = {"mount": disk.mount, "percent": min(100, int(used))}
        level = URGENT if used >= max(DISK_URGENT, limits.disk_percent) else WARNING
        return Finding(kind="disk", part=disk.mount, judged="raise", level=level, message=text, params=params)
    left = days_left(days, used) if used >= TREND_FROM else None
    if left is not None and left <= TREND_FULL:
        text = N_("{mount} fills up: at {percent} % now, full in about {days} days if it goes on like this")
        params = {"mount": disk.mount, "percent": int(used), "days": max(1, round(left))}
        return Finding(kind="disk", part=disk.mount, judged="raise", message=text, params=params)
    back = used < limits.disk_percent - DISK_BACK and (left is None or left > 1.5 * TREND_FULL)
    return Finding(kind="disk", part=disk.mount, judged="clear" if back else "between")


def days_left(days: Sequence[tuple[float, float]], now: float) -> float | None:
    """Days until 100 % by the straight line through the days' means; None where there are too few or it doesn't rise.

    ``days`` are (day's number, percent).
    """
    if len(days) < TREND_DAYS or days[-1][0] - days[0][0] < TREND_DAYS:
        return None
    n = len(days)
    x_mean, y_mean = sum(x for x, _ in days) / n, sum(y for _, y in days) / n
    spread = sum((x - x_mean) ** 2 for x, _ in days)
    slope = sum((x - x_mean) * (y - y_mean) for x, y in days) / spread if spread else 0.0
    return (100 - now) / slope if slope > 0.05 else None  # less is noise: 100 % in more than five years


def _processor_heat(now: float | None, recent: Stat | None, limits: Limits) -> Iterator[Finding]:
    if now is None or recent is None:
        return
    hot = recent.n >= HEAT_SAMPLES and recent.mean >= limits.heat_celsius
    if now >= HEAT_AT_ONCE or hot:
        degrees = round(max(now, recent.mean))
        text = N_("the processor is at {degrees} °C: dust, a stopped fan, or no air; have it cleaned")
        level = URGENT if now >= HEAT_AT_ONCE else WARNING
        yield Finding(kind="heat", judged="raise", level=level, message=text, params={"degrees": degrees})
    else:
        cool = recent.mean < limits.heat_celsius - HEAT_BACK
        yield Finding(kind="heat", judged="clear" if cool else "between")


def _drive_heat(key: str, name: str, drive: DriveSample, recent: Stat | None) -> Iterator[Finding]:
    now = drive.number("temperature_celsius")
    if now is None or recent is None:
        return
    limit = thresholds.HOT_SSD if drive.drive.get("rotational") is False else thresholds.HOT_HDD
    if recent.n >= DRIVE_HEAT_SAMPLES and recent.mean >= limit:
        text = N_("{drive} is at {degrees} °C: it needs air")
        params = {"drive": name, "degrees": round(recent.mean)}
        yield Finding(kind="heat", part=key, judged="raise", message=text, params=params)
    else:
        yield Finding(kind="heat", part=key, judged="clear" if recent.mean < limit - HEAT_BACK else "between")


def _units(sample: Sample) -> Finding:
    if not sample.failed_units:
        return Finding(kind="units", judged="clear")
    if sample.uptime_seconds < SETTLED_SECONDS:
        return Finding(kind="units", judged="between")
    names = ", ".join(sample.failed_units[:5])
    return Finding(
        kind="units", judged="raise", message=N_("services of the system failed: {names}"), params={"names": names}
    )


def silence(heard_at: dt.datetime | None, now: dt.datetime, limits: Limits) -> Finding:
    """A machine at a household's home that says nothing."""
    if heard_at is None or now - heard_at < limits.silent:
        return Finding(kind="silent", judged="clear")
    text = N_("nothing was heard from it for {days} days: is it still used?")
    return Finding(kind="silent", judged="raise", message=text, params={"days": (now - heard_at).days})
