"""Hardware tests over the API."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import select

from agent.protocol_tests import Subsystem, TestOutcome
from controller.api.common import Body, Id, errors
from controller.api.views import when
from controller.hardware_tests.hands_on import Links, open_hands_on
from controller.hardware_tests.latest import latest_tests
from controller.hardware_tests.tables import HardwareTest
from controller.i18n import get_language, heard
from controller.machines.registry import get_machine
from controller.web.deps import ControlDep, CoreDep, Operator, Viewer

router = APIRouter(prefix="/api/machines", tags=["machines"])
PAGE = 500
Name = Annotated[str, Field(max_length=32, pattern=r"^[a-z0-9-]+$")]


class HardwareTestModel(BaseModel):
    """What one test found on one thing."""

    id: int
    name: str
    subsystem: Subsystem
    target: str = Field(description="what was tried, where there may be several: a drive's serial number")
    outcome: TestOutcome
    reason: str = Field(description="why, in words; empty for a plain pass")
    figures: dict[str, Any] = Field(description="by name, the unit last; lists for profiles")
    automatic: bool = Field(description="no hands were needed")
    seconds: float
    started_at: str = Field(description="by the machine's own clock")
    received_at: str
    run_id: int | None
    boot_id: int | None


class HandsOn(Body):
    """Which tests to show; none means every one that the machine has parts for."""

    tests: Annotated[list[Name], Field(max_length=32, default_factory=list)]
    language: Literal["fr", "en"] | None = None


class HandsOnSession(BaseModel):
    """Under which name its answers will come."""

    session: str


class Testing(BaseModel):
    """The run that tests."""

    run_id: int


def _model(row: HardwareTest) -> dict[str, Any]:
    names = ("id", "name", "subsystem", "target", "outcome", "figures", "automatic", "seconds", "started_at")
    kept = {name: getattr(row, name) for name in (*names, "run_id", "boot_id")}
    return {**kept, "reason": heard(row.reason), "received_at": when(row.received_at)}


@router.get("/{machine_id}/tests", responses=errors(404), response_model=list[HardwareTestModel])
def machine_tests(
    machine_id: Id,
    core: CoreDep,
    _: Viewer,
    every: Annotated[bool, Query(description="older results too, the newest first, at most 500")] = False,
) -> list[dict[str, Any]]:
    """The newest result of each test on each thing."""
    with core.database.read() as session:
        get_machine(session, machine_id)
        if not every:
            return [_model(row) for row in latest_tests(session, machine_id)]
        query = select(HardwareTest).where(HardwareTest.machine_id == machine_id).order_by(HardwareTest.id.desc())
        return [_model(row) for row in session.execute(query.limit(PAGE)).scalars()]


@router.post("/{machine_id}/tests/hands-on", responses=errors(404, 409), response_model=HandsOnSession)
async def hands_on(
    machine_id: Id, request: Request, core: CoreDep, _: Operator, body: HandsOn | None = None
) -> dict[str, str]:
    """Show the tests that need hands on the machine's own screen. It must run the live system and be connected."""
    asked = body or HandsOn(tests=[])
    language = asked.language or ("fr" if get_language() == "fr" else "en")
    links = cast(Links, request.app.state.links)
    return {"session": await open_hands_on(core.database, links, machine_id, asked.tests, language)}


@router.post("/{machine_id}/tests/run", responses=errors(404, 409), response_model=Testing)
def run_tests(machine_id: Id, core: CoreDep, control: ControlDep, user: Operator) -> dict[str, int]:
    """Run the automatic tests once more: where they stopped the run, or while its authorisation is waited for."""
    with core.database.read() as session:
        get_machine(session, machine_id)
    return {"run_id": control.test_again(machine_id, user.actor)}
