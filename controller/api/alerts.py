"""Machines at home over the API: their series, their alerts, and what people do about them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import select

from controller.api.common import NO_NUL, Body, Id, errors
from controller.api.views import when
from controller.database import utcnow
from controller.health.alerts import ACTIVE, MAX_NOTE, acknowledge, close, get_alert
from controller.health.baseline import drive_baseline
from controller.health.home import is_at_home
from controller.health.home_tables import HealthAlert, HomeHealth
from controller.health.keeping import read_points
from controller.health.sample import DriveSample
from controller.health.series import KINDS, split
from controller.health.verdict import verdict_of
from controller.i18n import translate
from controller.machines.registry import get_machine
from controller.web.deps import CoreDep, Operator, Viewer

router = APIRouter(prefix="/api", tags=["health"])
LIMIT = 1000


class PointModel(BaseModel):
    """What a series was over an hour, a day or a week that began then."""

    period: Literal["hour", "day", "week"]
    at: str
    low: float
    mean: float
    high: float
    n: int = Field(description="samples that it stands for")


class SeriesModel(BaseModel):
    """One series, oldest first."""

    label: str
    unit: str
    points: list[PointModel]


class DriveModel(BaseModel):
    """A drive's newest verdict, and what it was like when it left."""

    drive: str = Field(description="serial number, else WWN or model")
    model: str
    verdict: Literal["good", "worn", "failing", "unknown"]
    reasons: list[str]
    at: str = Field(description="when it was asked")
    asleep_at: str = Field(description="when it was found asleep after that, and left alone")
    counters: dict[str, int]
    baseline: dict[str, Any] | None


class HealthModel(BaseModel):
    """How a machine at home is and was."""

    machine_id: int
    at_home: bool
    since: str | None = Field(description="when what it is compared with was taken")
    sampled_at: str | None
    drives: list[DriveModel]
    series: dict[str, SeriesModel]


class AlertModel(BaseModel):
    """Something that changed for the worse."""

    id: int
    machine_id: int
    kind: str
    part: str
    level: Literal["warning", "urgent"]
    state: Literal["open", "acknowledged", "closed"]
    text: str
    opened_at: str
    updated_at: str
    closed_at: str | None
    handled_by: str
    note: str


class Note(Body):
    """What was done. Without names: whoever reads it later knows."""

    note: Annotated[str, Field(max_length=MAX_NOTE)] = ""


@router.get("/machines/{machine_id}/health", responses=errors(404), response_model=HealthModel)
def machine_health(
    machine_id: Id,
    core: CoreDep,
    _: Viewer,
    series: Annotated[
        list[str] | None, Query(max_length=60, description="names of series (heat, disk:/); all where none is named")
    ] = None,
    days: Annotated[float, Query(gt=0, le=36_500, description="how far back")] = 30,
) -> dict[str, Any]:
    """Verdicts on its drives, and its series over the last days."""
    with core.database.read() as session:
        machine = get_machine(session, machine_id)
        home = session.get(HomeHealth, machine_id)
        points = read_points(session, machine_id, utcnow() - dt.timedelta(days=days), series)
        return {
            "machine_id": machine.id,
            "at_home": is_at_home(machine),
            "since": when(home.since) if home else None,
            "sampled_at": when(home.sampled_at) if home else None,
            "drives": _drives(home) if home else [],
            "series": {name: _series(name, rows) for name, rows in sorted(points.items())},
        }


def _drives(home: HomeHealth) -> list[dict[str, Any]]:
    found = []
    for key, entry in (home.latest.get("drives") or {}).items():
        drive, smart = entry.get("drive") or {}, entry.get("smart") or {}
        verdict = verdict_of(smart, drive)
        now = drive_baseline(DriveSample(drive=drive, smart=smart, asleep=False), home.sampled_at, "home")
        found.append(
            {
                "drive": key,
                "model": str(drive.get("model") or ""),
                "verdict": verdict.level.value,
                "reasons": verdict.texts,
                "at": entry.get("at") or "",
                "asleep_at": entry.get("asleep_at") or "",
                "counters": now["counters"],
                "baseline": (home.baseline.get("drives") or {}).get(key),
            }
        )
    return found


def _series(name: str, rows: list[Any]) -> dict[str, Any]:
    kind = KINDS[split(name)[0]]
    points = [
        {"period": r.period, "at": when(r.at), "low": r.low, "mean": r.mean, "high": r.high, "n": r.n} for r in rows
    ]
    return {"label": translate(kind.label), "unit": kind.unit, "points": points}


@router.get("/alerts", responses=errors(), response_model=list[AlertModel])
def alerts(
    core: CoreDep,
    _: Viewer,
    state: Annotated[
        Literal["active", "open", "acknowledged", "closed", "all"], Query(description="active: not closed")
    ] = "active",
    machine: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    kind: Annotated[str | None, Query(max_length=16, pattern=NO_NUL)] = None,
) -> list[dict[str, Any]]:
    """Alerts of machines at home, the newest first."""
    query = select(HealthAlert).order_by(HealthAlert.id.desc()).limit(LIMIT)
    if state != "all":
        query = query.where(HealthAlert.state.in_(ACTIVE if state == "active" else (state,)))
    if machine is not None:
        query = query.where(HealthAlert.machine_id == machine)
    if kind is not None:
        query = query.where(HealthAlert.kind == kind)
    with core.database.read() as session:
        return [_alert(alert) for alert in session.execute(query).scalars()]


@router.post("/alerts/{alert_id}/acknowledge", responses=errors(404, 409), response_model=AlertModel)
def acknowledge_alert(alert_id: Id, core: CoreDep, user: Operator, body: Note | None = None) -> dict[str, Any]:
    """Somebody is at it; it stays until it is gone or closed."""
    with core.database.write() as session:
        alert = get_alert(session, alert_id)
        acknowledge(session, alert, user.actor, body.note if body else "")
        return _alert(alert)


@router.post("/alerts/{alert_id}/close", responses=errors(404, 409), response_model=AlertModel)
def close_alert(alert_id: Id, body: Note, core: CoreDep, user: Operator) -> dict[str, Any]:
    """It is dealt with; the note says how."""
    with core.database.write() as session:
        alert = get_alert(session, alert_id)
        close(session, alert, user.actor, body.note)
        return _alert(alert)


def _alert(alert: HealthAlert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "machine_id": alert.machine_id,
        "kind": alert.kind,
        "part": alert.part,
        "level": alert.level,
        "state": alert.state,
        "text": translate(alert.message, **alert.params),
        "opened_at": when(alert.opened_at),
        "updated_at": when(alert.updated_at),
        "closed_at": when(alert.closed_at),
        "handled_by": alert.handled_by,
        "note": alert.note,
    }
