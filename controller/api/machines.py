"""Machines over the API."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import or_, select

from controller.api import models
from controller.api.common import NO_NUL, Body, Id, errors
from controller.api.views import machine_summary, machine_view
from controller.erasure.authorise import authorise, preview
from controller.errors import NotFound
from controller.i18n import N_, translate
from controller.machines.intake import accept, refuse, tie
from controller.machines.lifecycle import State
from controller.machines.merging import merge
from controller.machines.moves import hold, recycle, release, take_for_parts
from controller.machines.registry import get_machine
from controller.machines.tables import Lot, Machine
from controller.web.deps import Authoriser, ControlDep, CoreDep, Operator, Receiver, Viewer

router = APIRouter(prefix="/api/machines", tags=["machines"])


class Accept(Body):
    """Needed for a machine that looks like known ones: that it is none of them."""

    another: bool = False


class Tie(Body):
    """Which lot, and which label."""

    lot_id: Annotated[int, Field(ge=1, le=2**31 - 1)]
    tag: Annotated[str, Field(max_length=16)] | None = None


class Merge(Body):
    """The known machine that this one is."""

    into: Annotated[int, Field(ge=1, le=2**31 - 1)]


class Hold(Body):
    """Why."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class Recycle(Body):
    """The WEEE slip."""

    reference: Annotated[str, Field(min_length=1, max_length=80)]
    weight_kg: Annotated[float, Field(gt=0, lt=1000)]


class ShownDrive(Body):
    """One drive as it was shown to the person who authorises."""

    drive_id: Annotated[int, Field(ge=1, le=2**31 - 1)]
    serial: Annotated[str, Field(max_length=120)]
    lower: Annotated[bool, Field(description="that less than the workshop's minimum is enough for it")] = False


class Authorise(Body):
    """Exactly the drives that were shown."""

    drives: Annotated[list[ShownDrive], Field(min_length=1, max_length=64)]


@router.get("", responses=errors(), response_model=list[models.MachineSummary])
def machines(
    core: CoreDep,
    _: Viewer,
    state: State | None = None,
    lot: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    q: Annotated[str | None, Query(max_length=80, pattern=NO_NUL)] = None,
) -> list[dict[str, Any]]:
    """Machines, newest first; ``q`` looks in tag, serial, maker and product."""
    query = select(Machine).order_by(Machine.id.desc()).limit(1000)
    if state is not None:
        query = query.where(Machine.state_name == state.value)
    if lot is not None:
        query = query.where(Machine.lot_id == lot)
    if q:
        columns = (Machine.tag, Machine.serial, Machine.manufacturer, Machine.product)
        query = query.where(or_(*(column.icontains(q.strip(), autoescape=True) for column in columns)))
    with core.database.read() as session:
        return [machine_summary(machine) for machine in session.execute(query).scalars()]


@router.get("/{machine_id}", responses=errors(404), response_model=models.Machine)
def machine(machine_id: Id, core: CoreDep, _: Viewer) -> dict[str, Any]:
    """One machine with everything that belongs to it."""
    with core.database.read() as session:
        return machine_view(session, get_machine(session, machine_id))


@router.post("/{machine_id}/accept", responses=errors(404, 409), response_model=models.MachineSummary)
def accept_machine(
    machine_id: Id, core: CoreDep, control: ControlDep, user: Receiver, body: Accept | None = None
) -> dict[str, Any]:
    """Let a machine out of quarantine; its inspection starts."""
    with core.database.write() as session:
        accept(session, get_machine(session, machine_id), user.actor, another=body is not None and body.another)
    control.ensure_run(machine_id)
    return _summary(core, machine_id)


@router.post("/{machine_id}/refuse", responses=errors(404, 409), response_model=models.MachineSummary)
def refuse_machine(machine_id: Id, core: CoreDep, user: Receiver) -> dict[str, Any]:
    """Turn an unknown machine away."""
    with core.database.write() as session:
        refuse(session, get_machine(session, machine_id), user.actor)
    return _summary(core, machine_id)


@router.post("/{machine_id}/merge", responses=errors(404, 409), response_model=models.MachineSummary)
def merge_machine(machine_id: Id, body: Merge, core: CoreDep, control: ControlDep, user: Receiver) -> dict[str, Any]:
    """Say that a machine in quarantine is one that is known."""
    with core.database.write() as session:
        merge(session, get_machine(session, machine_id), get_machine(session, body.into), user.actor)
    control.ensure_run(body.into)
    return _summary(core, body.into)


@router.post("/{machine_id}/tie", responses=errors(404, 409), response_model=models.MachineSummary)
def tie_machine(machine_id: Id, body: Tie, core: CoreDep, control: ControlDep, user: Receiver) -> dict[str, Any]:
    """Tie a machine to its lot and label."""
    with core.database.write() as session:
        lot = session.get(Lot, body.lot_id)
        if lot is None:
            raise NotFound(N_("There is no lot {id}."), N_("Look for it in Intake."), id=body.lot_id)
        tie(session, get_machine(session, machine_id), lot, user.actor, body.tag)
    control.go_on(machine_id)
    return _summary(core, machine_id)


@router.post("/{machine_id}/hold", responses=errors(404, 409), response_model=models.MachineSummary)
def hold_machine(machine_id: Id, body: Hold, core: CoreDep, user: Operator) -> dict[str, Any]:
    """A person must look at it."""
    with core.database.write() as session:
        hold(session, get_machine(session, machine_id), "{text}", user.actor, text=body.reason.strip())
    return _summary(core, machine_id)


@router.post("/{machine_id}/release", responses=errors(404, 409), response_model=models.MachineSummary)
def release_machine(machine_id: Id, core: CoreDep, control: ControlDep, user: Operator) -> dict[str, Any]:
    """Back to the state it was in; a run that waited goes on."""
    with core.database.write() as session:
        release(session, get_machine(session, machine_id), user.actor)
    control.go_on(machine_id)
    return _summary(core, machine_id)


@router.post("/{machine_id}/recycle", responses=errors(404, 409), response_model=models.MachineSummary)
def recycle_machine(
    machine_id: Id, body: Recycle, core: CoreDep, control: ControlDep, user: Operator
) -> dict[str, Any]:
    """It left for the WEEE (DEEE) channel."""
    with core.database.write() as session:
        recycle(session, get_machine(session, machine_id), user.actor, body.reference, body.weight_kg)
    control.go_on(machine_id)
    return _summary(core, machine_id)


@router.post("/{machine_id}/parts", responses=errors(404, 409), response_model=models.MachineSummary)
def parts_machine(machine_id: Id, core: CoreDep, control: ControlDep, user: Operator) -> dict[str, Any]:
    """It was taken apart."""
    with core.database.write() as session:
        take_for_parts(session, get_machine(session, machine_id), user.actor)
    control.go_on(machine_id)
    return _summary(core, machine_id)


@router.post("/{machine_id}/restart", responses=errors(404, 409), response_model=models.MachineSummary)
def restart_machine(machine_id: Id, core: CoreDep, control: ControlDep, user: Operator) -> dict[str, Any]:
    """Go over it again from the start."""
    control.start_again(machine_id, user.actor)
    return _summary(core, machine_id)


@router.get("/{machine_id}/erase-preview", responses=errors(404), response_model=models.ErasePreview)
def erase_preview(machine_id: Id, core: CoreDep, _: Viewer) -> dict[str, Any]:
    """What an authorisation would cover, drive by drive."""
    with core.database.read() as session:
        shown = preview(session, get_machine(session, machine_id))
        return {
            "ok": shown.ok,
            "problem": translate(shown.problem, **shown.params) if shown.problem else "",
            "beware": shown.beware,
            "drives": [
                {
                    "drive_id": d.drive.id,
                    "serial": d.drive.serial,
                    "wwn": d.drive.wwn,
                    "model": d.drive.model,
                    "size_bytes": d.drive.size_bytes,
                    "eraseable": d.eraseable,
                    "problem": translate(d.verdict.problem, **d.verdict.params) if d.verdict.problem else "",
                    "plan": d.verdict.plan,
                    "level": d.verdict.level or "",
                    "advice": [translate(said.id, **said.params) for said in d.verdict.advice],
                    "question": d.verdict.question,
                    "destroy": d.verdict.destroy,
                    "expected_seconds": d.verdict.expected_seconds,
                }
                for d in shown.drives
            ],
        }


@router.post("/{machine_id}/authorise", responses=errors(404, 409), response_model=models.MachineSummary)
def authorise_machine(
    machine_id: Id, body: Authorise, core: CoreDep, control: ControlDep, user: Authoriser
) -> dict[str, Any]:
    """Authorise the erase of exactly the drives that were shown."""
    with core.database.write() as session:
        drives = [(d.drive_id, d.serial) for d in body.drives]
        lower = {d.drive_id for d in body.drives if d.lower}
        authorise(session, get_machine(session, machine_id), drives, user.actor, lower=lower)
    control.go_on(machine_id)
    return _summary(core, machine_id)


def _summary(core: CoreDep, machine_id: int) -> dict[str, Any]:
    with core.database.read() as session:
        return machine_summary(get_machine(session, machine_id))
