"""Maintenance of machines at home over the API."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import select

from controller.api.common import NO_NUL, Body, Id, errors
from controller.api.views import when
from controller.i18n import translate
from controller.machines.registry import get_machine
from controller.machines.tables import Machine
from controller.maintenance.actions import get_action
from controller.maintenance.asking import get_asked
from controller.maintenance.office import Office
from controller.maintenance.outcome import WORDS
from controller.maintenance.tables import MaintenanceAction, MaintenanceLog
from controller.web.deps import CoreDep, Maintainer

router = APIRouter(prefix="/api", tags=["maintenance"])
LOG_PAGE = 1000
LIMIT = 500
Name = Literal["update", "antivirus", "repair", "reinstall", "settings", "reinspect", "agent", "logs"]


class ActionModel(BaseModel):
    """What a machine was asked for, and what came of it."""

    id: int
    machine_id: int
    batch: str = Field(description="what was asked of every machine at home at once; empty otherwise")
    action: Name
    params: dict[str, str]
    state: Literal["waiting", "queued", "running", "succeeded", "failed", "cancelled", "expired"]
    asked_by: str
    asked_at: str
    expires_at: str = Field(description="given up after that, while it waits for the machine")
    started_at: str | None
    ended_at: str | None
    changed: bool | None = Field(description="whether it changed something on the machine")
    outcome: str = Field(description="a code; what went wrong where it failed")
    words: str = Field(description="what it came to, in the caller's language")
    detail: str = Field(description="the tools' own words")
    bundle_bytes: int = Field(description="of the log bundle, while it is kept")


class LineModel(BaseModel):
    """A line of the log."""

    id: int
    at: str
    source: str
    level: str
    text: str


class Asked(Body):
    """What to do, and with what."""

    action: Name
    package: Annotated[str, Field(max_length=80, pattern=NO_NUL)] = ""
    timezone: Annotated[str, Field(max_length=80, pattern=NO_NUL)] = ""
    keyboard: Annotated[str, Field(max_length=40, pattern=NO_NUL)] = ""
    later: bool = Field(False, description="a machine that is not connected does it once it is")


class AskedEverywhere(Body):
    """What every machine at home is asked for."""

    action: Literal["update", "antivirus", "agent"]


def _office(request: Request) -> Office:
    office: Office = request.app.state.maintenance
    return office


@router.get("/machines/{machine_id}/maintenance", responses=errors(404), response_model=list[ActionModel])
def of_machine(machine_id: Id, core: CoreDep, _: Maintainer) -> list[dict[str, Any]]:
    """What a machine was asked for, the newest first."""
    with core.database.read() as session:
        machine = get_machine(session, machine_id)
        query = select(MaintenanceAction).where(MaintenanceAction.machine_id == machine_id)
        rows = session.execute(query.order_by(MaintenanceAction.id.desc()).limit(LIMIT)).scalars()
        return [_view(row, machine.name) for row in rows]


@router.post("/machines/{machine_id}/maintenance", responses=errors(404, 409), response_model=ActionModel)
def ask_machine(machine_id: Id, body: Asked, request: Request, core: CoreDep, user: Maintainer) -> dict[str, Any]:
    """Ask a machine at home for maintenance."""
    given = {"package": body.package, "timezone": body.timezone, "keyboard": body.keyboard}
    row = _office(request).ask(machine_id, get_action(body.action), given, user.actor, later=body.later)
    with core.database.read() as session:
        return _view(row, get_machine(session, machine_id).name)


@router.post("/maintenance", responses=errors(409), response_model=list[ActionModel])
def ask_all(body: AskedEverywhere, request: Request, core: CoreDep, user: Maintainer) -> list[dict[str, Any]]:
    """Ask every machine at home; those that aren't connected do it once they are."""
    rows = _office(request).ask_everywhere(get_action(body.action), user.actor)
    with core.database.read() as session:
        return [_view(row, session.get_one(Machine, row.machine_id).name) for row in rows]


@router.get("/maintenance/{action_id}", responses=errors(404), response_model=ActionModel)
def one(action_id: Id, core: CoreDep, _: Maintainer) -> dict[str, Any]:
    """One maintenance."""
    with core.database.read() as session:
        row = get_asked(session, action_id)
        return _view(row, session.get_one(Machine, row.machine_id).name)


@router.post("/maintenance/{action_id}/cancel", responses=errors(404, 409), response_model=ActionModel)
def cancel(action_id: Id, request: Request, core: CoreDep, _: Maintainer) -> dict[str, Any]:
    """Take it back; what the machine has begun it finishes."""
    row = _office(request).cancel(action_id)
    with core.database.read() as session:
        return _view(row, session.get_one(Machine, row.machine_id).name)


@router.get("/maintenance/{action_id}/log", responses=errors(404), response_model=list[LineModel])
def log(
    action_id: Id, core: CoreDep, _: Maintainer, after: Annotated[int, Query(ge=0, le=2**53)] = 0
) -> list[dict[str, Any]]:
    """Its log after line ``after``, at most a thousand lines."""
    with core.database.read() as session:
        get_asked(session, action_id)
        query = select(MaintenanceLog).where(MaintenanceLog.action_id == action_id, MaintenanceLog.id > after)
        rows = session.execute(query.order_by(MaintenanceLog.id).limit(LOG_PAGE)).scalars()
        return [{"id": x.id, "at": when(x.at), "source": x.source, "level": x.level, "text": x.text} for x in rows]


def _view(row: MaintenanceAction, machine: str) -> dict[str, Any]:
    action = get_action(row.action)
    if row.outcome == "done":
        words = translate(action.changed if row.changed else action.same)
    else:
        words = " ".join(
            translate(text, machine=machine, hours=8, megabytes=32) for text in WORDS.get(row.outcome, ()) if text
        )
    return {
        "id": row.id,
        "machine_id": row.machine_id,
        "batch": row.batch,
        "action": row.action,
        "params": row.params,
        "state": row.state,
        "asked_by": row.asked_by,
        "asked_at": when(row.asked_at),
        "expires_at": when(row.expires_at),
        "started_at": when(row.started_at) if row.started_at else None,
        "ended_at": when(row.ended_at) if row.ended_at else None,
        "changed": row.changed,
        "outcome": row.outcome,
        "words": words,
        "detail": row.detail,
        "bundle_bytes": row.bundle_bytes,
    }
