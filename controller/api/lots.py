"""Lots over the API."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import select

from controller.api import models
from controller.api.common import Body, Id, errors
from controller.api.views import lot_view, machine_summary
from controller.erasure.authorise import preauthorise_lot
from controller.errors import NotFound
from controller.i18n import N_
from controller.machines.intake import create_lot, expect_machines
from controller.machines.tables import Lot
from controller.web.deps import CoreDep, Preauthoriser, Receiver, Viewer

router = APIRouter(prefix="/api/lots", tags=["lots"])


class NewLot(Body):
    """A lot to create."""

    donor_name: Annotated[str, Field(min_length=1, max_length=160)]
    donor_kind: Literal["public", "company", "association", "person"] = "company"
    regime: Literal["free", "cg3p", "never-sold"] = "free"
    received_on: dt.date | None = None
    expected_count: Annotated[int, Field(ge=0, le=10_000)] = 0
    profile: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")] | None = None
    notes: Annotated[str, Field(max_length=4000)] = ""


class Labels(Body):
    """How many labels to reserve."""

    count: Annotated[int, Field(ge=1, le=500)]


@router.get("", responses=errors(), response_model=list[models.Lot])
def lots(core: CoreDep, _: Viewer) -> list[dict[str, Any]]:
    """Every lot, newest first."""
    with core.database.read() as session:
        return [lot_view(lot) for lot in session.execute(select(Lot).order_by(Lot.id.desc())).scalars()]


@router.post("", status_code=201, responses=errors(), response_model=models.Lot)
def new_lot(body: NewLot, core: CoreDep, user: Receiver) -> dict[str, Any]:
    """Register a donation."""
    with core.database.write() as session:
        lot = create_lot(
            session,
            site=core.settings.site,
            donor_name=body.donor_name,
            donor_kind=body.donor_kind,
            regime=body.regime,
            received_on=body.received_on,
            expected_count=body.expected_count,
            profile=body.profile or core.settings.default_profile,
            notes=body.notes,
            actor=user.actor,
        )
        return lot_view(lot)


@router.post("/{lot_id}/preauthorise", responses=errors(404), response_model=models.Lot)
def preauthorise(lot_id: Id, core: CoreDep, user: Preauthoriser) -> dict[str, Any]:
    """Every machine of this lot may be erased once inspected."""
    with core.database.write() as session:
        lot = _lot(session.get(Lot, lot_id), lot_id)
        preauthorise_lot(session, lot, user.actor)
        return lot_view(lot)


@router.post("/{lot_id}/labels", status_code=201, responses=errors(404), response_model=list[models.MachineSummary])
def labels(lot_id: Id, body: Labels, core: CoreDep, user: Receiver) -> list[dict[str, Any]]:
    """Reserve tags for machines to come."""
    with core.database.write() as session:
        lot = _lot(session.get(Lot, lot_id), lot_id)
        return [machine_summary(m) for m in expect_machines(session, lot, body.count, user.actor)]


def _lot(lot: Lot | None, lot_id: int) -> Lot:
    if lot is None:
        raise NotFound(N_("There is no lot {id}."), N_("Look for it in Intake."), id=lot_id)
    return lot
