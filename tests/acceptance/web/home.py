"""Machines at home for the tests of the dashboard: one with two years behind it and everything wrong, one that is well,
one nobody has heard of for months; made with the controller's own services."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from agent.protocol_updates import UPDATE_DONE, UPDATE_ROLLED_BACK
from controller.database import utcnow
from controller.health.home import look_for_silence
from controller.health.home_tables import HealthPoint
from controller.health.limits import Limits
from controller.health.points import DAY, DAYS_KEPT, HOUR, HOURS_KEPT, WEEK, start
from controller.health.reports import store_report
from controller.machines.lifecycle import State
from controller.machines.registry import get_machine
from controller.machines.tables import Boot, Machine
from controller.releases.reports import hear_update
from tests.integration.assist.family import resident
from tests.unit.controller.health.samples import asleep, battery, disk, drive, hot, sample

LONG_MODEL = "Latitude E5470 Ultra-slim Sonderausführung mit sehr langem Namen 42"
SERIAL = "WD-WCC4N5678901"


def build(session: Session) -> dict[str, int]:
    """The machines' ids, by what they show."""
    now = utcnow().replace(microsecond=0)
    bad = at_home(session, "R-000801", LONG_MODEL, State.DELIVERED)
    _history(session, bad.id, now)
    _say(session, bad, sample(at=now - dt.timedelta(hours=3), batteries=[battery(44)]), "h1")
    body = sample(
        at=now,
        temperatures=hot(101),
        drives=[drive(pending_sectors=12, reallocated_sectors=48, temperature_celsius=44), _asleep()],
        disks=[disk(93), disk(40, "/home")],
        batteries=[battery(31)],
        failed_units=["cups.service", "NetworkManager-wait-online.service"],
        updates=_updates(now, 60, last_run_failed=True, pending_security=12, reboot_required=True)
        | {"agent": {"at": "", "outcome": "refused", "version": "0.1.0+20260301.101500", "detail": "failed before"}},
    )
    _say(session, bad, body, "h2")
    _agent_updates(session, bad)
    well = at_home(session, "R-000802", "EliteBook 840 G3", State.READY)
    _say(session, well, sample(at=now - dt.timedelta(minutes=10), updates=_updates(now, 0.4)), "h1")
    quiet = at_home(session, "R-000803", "ThinkPad T460", State.DELIVERED)
    _say(session, quiet, sample(at=now - dt.timedelta(minutes=10)), "h1")
    quiet.last_heard_at = now - dt.timedelta(days=95)
    session.flush()
    look_for_silence(session, Limits(), now)
    return {"home_bad": bad.id, "home_well": well.id, "home_silent": quiet.id}


def _updates(now: dt.datetime, days: float, **more: Any) -> dict[str, Any]:
    at = (now - dt.timedelta(days=days)).isoformat()
    known = {"unattended": True, "last_success_at": at, "last_run_at": at, "last_run_failed": False, "pending": 0}
    return {**known, "pending_security": 0, "reboot_required": False, "agent": None, **more}


def _agent_updates(session: Session, machine: Machine) -> None:
    done = {"update": "a" * 32, "from_version": "0.1.0+20260110.090000", "to_version": "0.1.0+20260220.083000"}
    hear_update(session, machine, UPDATE_DONE, {**done, "code": "", "detail": "", "seconds": 41})
    bad = {"update": "b" * 32, "from_version": "0.1.0+20260220.083000", "to_version": "0.1.0+20260301.101500"}
    detail = "the service did not stay up: systemd started it again 38 times"
    hear_update(session, machine, UPDATE_ROLLED_BACK, {**bad, "code": "not-started", "detail": detail, "seconds": 640})


def _asleep() -> dict[str, Any]:
    return {**drive("Z1D5XYZ0-AVERYLONGSERIALNUMBER-0123456789"), "smart": asleep()}


def at_home(session: Session, tag: str, product: str, state: State) -> Machine:
    """One more that has announced itself from home."""
    machine_id, _ = resident(session, tag, state, product)
    return get_machine(session, machine_id)


def _say(session: Session, machine: Machine, body: dict[str, Any], message_id: str) -> None:
    boot = session.execute(select(Boot).where(Boot.machine_id == machine.id)).scalar_one()
    store_report(session, machine, boot, "health", body, message_id)


def _history(session: Session, machine_id: int, now: dt.datetime) -> None:
    """Two years, a few hours a day, thinned as housekeeping leaves them."""
    rows = []
    begin = now - dt.timedelta(days=730)
    hour, day, week = now - HOURS_KEPT, start(DAY, now - DAYS_KEPT), start(WEEK, begin)
    for number in range(105):
        at = week + dt.timedelta(days=7 * number)
        if at < day:
            rows += _row(machine_id, WEEK, at, number / 105)
    for number in range(190):
        at = day + dt.timedelta(days=number)
        if at < hour and number % 9 != 4:  # now and then nobody switches it on
            rows += _row(machine_id, DAY, at, 0.74 + 0.26 * number / 190)
    for number in range(8):
        for evening in range(17, 21):
            at = start(DAY, hour) + dt.timedelta(days=number, hours=evening)
            if hour <= at < now - dt.timedelta(hours=4):
                rows += _row(machine_id, HOUR, at, 1.0)
    session.execute(insert(HealthPoint), rows)


def _row(machine_id: int, period: str, at: dt.datetime, age: float) -> list[dict[str, Any]]:
    """Every series at one moment; ``age`` runs from 0 to 1."""
    summer = math.sin(2 * math.pi * (at.timetuple().tm_yday - 100) / 365)
    means = {
        "heat": (52 + 6 * summer + 8 * age, 9),
        f"drive-heat:{SERIAL}": (34 + 5 * summer, 4),
        "disk:/": (35 + 50 * age, 0.5),
        "disk:/home": (38, 0.3),
        "battery:BAT0": (92 - 24 * age, 1),
        f"reallocated:{SERIAL}": (0 if age < 0.7 else round(48 * (age - 0.7) / 0.3), 0),
        f"pending:{SERIAL}": (0 if age < 0.9 else 3, 0),
        f"uncorrectable:{SERIAL}": (0, 0),
    }
    return [
        {"machine_id": machine_id, "series": series, "period": period, "at": at, "n": 4}
        | {"low": mean - spread, "mean": mean, "high": mean + spread}
        for series, (mean, spread) in means.items()
    ]
