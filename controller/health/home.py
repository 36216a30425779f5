"""Machines at home: each sample of theirs is kept thinly, compared with how they left, and may open an alert."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from controller.database import utcnow
from controller.health import alerts
from controller.health.baseline import grown, newest, workshop_sample
from controller.health.home_tables import HealthAlert, HealthPoint, HomeHealth
from controller.health.keeping import keep, read_points
from controller.health.limits import Limits
from controller.health.points import DAY, Stat, start
from controller.health.rules import Past, findings, silence
from controller.health.sample import Sample, read_sample
from controller.health.series import MAX_SERIES, values
from controller.health.tables import Report
from controller.machines.lifecycle import State
from controller.machines.tables import Boot, Machine, ResidentToken

HOME = (State.READY, State.ALLOCATED, State.DELIVERED)
RECENT = dt.timedelta(hours=2)  # and the hour that is running
TREND = dt.timedelta(days=45)
logger = logging.getLogger(__name__)


def is_at_home(machine: Machine) -> bool:
    """Whether the machine has left the benches: ready, reserved or delivered, or on hold from there."""
    return machine.state in HOME or (
        machine.state is State.HELD and machine.held_return in {state.value for state in HOME}
    )


def hear(session: Session, machine: Machine, boot: Boot, kind: str, body: dict[str, Any], limits: Limits) -> None:
    """What a report means for the machine's life at home. A sample that makes no sense costs nothing but itself."""
    if boot.mode == "live":
        back_in_workshop(session, machine)
    elif kind == "health" and is_at_home(machine):
        try:
            with session.begin_nested():
                _hear_sample(session, machine, read_sample(body, utcnow()), limits)
        except (DataError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
            logger.exception("machine %s sent a health sample that can't be judged; it was only stored", machine.id)


def back_in_workshop(session: Session, machine: Machine) -> None:
    """Whatever it was at home is over: it is judged anew when it leaves. How full a family's disk was is forgotten."""
    alerts.close_all(session, machine)
    home = session.get(HomeHealth, machine.id)
    if home is None:
        return
    session.delete(home)
    of_disks = HealthPoint.series.startswith("disk:", autoescape=True)
    session.execute(delete(HealthPoint).where(HealthPoint.machine_id == machine.id, of_disks))


def _hear_sample(session: Session, machine: Machine, sample: Sample, limits: Limits) -> None:
    home = session.get(HomeHealth, machine.id)
    workshop = None
    if home is None:
        home = HomeHealth(machine_id=machine.id, since=sample.at, baseline={}, latest={}, sampled_at=sample.at)
        session.add(home)
        workshop = _workshop(session, machine.id)
    late = sample.at < home.sampled_at  # it waited in the machine's spool: figures of then, no news of now
    known = set(home.latest.get("series") or ())
    new = values(sample)
    fitting = {s: v for s, v in new.items() if s in known}
    for series in new:
        if series not in known and len(known) < MAX_SERIES:
            known.add(series)
            fitting[series] = new[series]
    keep(session, machine.id, sample.at, fitting)
    session.flush()
    if late:
        return
    home.baseline = grown(home.baseline, sample, workshop)
    home.latest = newest(home.latest, sample, fitting)
    home.sampled_at = sample.at
    session.flush()
    past = _past(session, machine.id, sample.at, fitting)
    found = findings(sample, home.baseline, past, limits)
    alerts.apply(session, machine, [f for f in found if _is_known(f.part, known)], sample.at)


def _is_known(part: str, series: set[str]) -> bool:
    """Alerts of parts that have series only: whoever makes up serial numbers opens no thousand alerts."""
    return not part or any(name.partition(":")[2] == part for name in series)


def _workshop(session: Session, machine_id: int) -> Sample | None:
    """What the live system said last of the drives."""
    bodies = []
    at = utcnow()
    for kind in ("health", "inventory"):
        report = session.execute(
            select(Report)
            .join(Boot, Boot.id == Report.boot_id)
            .where(Report.machine_id == machine_id, Report.kind == kind, Boot.mode == "live")
            .order_by(Report.id.desc())
            .limit(1)
        ).scalar_one_or_none()
        if report is not None:
            bodies.append(report.body)
            at = report.received_at
    return workshop_sample(bodies, at)


def _past(session: Session, machine_id: int, at: dt.datetime, series: dict[str, float]) -> Past:
    recent: dict[str, Stat] = {}
    hot = [name for name in series if name.startswith(("heat", "drive-heat"))]
    for name, points in read_points(session, machine_id, at - RECENT, hot).items():
        for point in points:
            stat = Stat(point.low, point.mean, point.high, point.n)
            if point.period == "hour":
                recent[name] = recent[name].with_(stat) if name in recent else stat
    days: dict[str, list[tuple[float, float]]] = {}
    filling = [name for name, value in series.items() if name.startswith("disk:") and value >= 50]
    for name, points in read_points(session, machine_id, at - TREND, filling).items():
        sums: dict[dt.datetime, Stat] = {}
        for point in points:
            day = start(DAY, point.at)
            stat = Stat(point.low, point.mean, point.high, point.n)
            if point.period != "week":
                sums[day] = sums[day].with_(stat) if day in sums else stat
        days[name] = [(day.timestamp() / 86400, stat.mean) for day, stat in sorted(sums.items())]
    return Past(recent=recent, days=days)


def look_for_silence(session: Session, limits: Limits, now: dt.datetime) -> None:
    """Open and close the alerts of machines at a household's home that say nothing; they are heard of or not."""
    quiet_since = now - limits.silent
    may_speak = select(ResidentToken.machine_id).where(ResidentToken.revoked_at.is_(None))
    silent = select(Machine).where(
        Machine.state_name == State.DELIVERED.value, Machine.last_heard_at < quiet_since, Machine.id.in_(may_speak)
    )
    known = select(HealthAlert.machine_id).where(
        HealthAlert.kind == "silent", HealthAlert.state.in_(alerts.ACTIVE) | HealthAlert.quiet.is_(True)
    )
    told = set(session.execute(known).scalars())
    for machine in session.execute(silent).scalars().all():
        if machine.id not in told or now.hour == 3:  # "for {days} days" goes on, once a day is enough
            alerts.apply(session, machine, [silence(machine.last_heard_at, now, limits)], now)
    heard = select(Machine).where(Machine.id.in_(told), Machine.last_heard_at >= quiet_since)
    for machine in session.execute(heard).scalars().all():
        alerts.apply(session, machine, [silence(machine.last_heard_at, now, limits)], now)
