"""Intake: donation lots, their labels and their machines."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.erasure.authorise import preauthorise_lot
from controller.errors import NotFound, RecyclerieError
from controller.i18n import N_
from controller.machines.intake import DONOR_KINDS, REGIMES, create_lot, expect_machines
from controller.machines.labels import Label, label_sheets
from controller.machines.lifecycle import State
from controller.machines.tables import Lot, Machine
from controller.web.deps import CoreDep, Preauthoriser, Receiver
from controller.web.page import go, render
from controller.web.views.lots import all_lots, lot_lines, lot_machines
from controller.web.views.people import Actors
from controller.workflows.images import built_profiles

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]


def get_lot(session: Session, lot_id: int) -> Lot:
    """The lot with this id.

    Raises:
        NotFound: there is none.
    """
    lot = session.get(Lot, lot_id)
    if lot is None:
        raise NotFound(N_("There is no lot {id}."), N_("Look for it in Intake."), id=lot_id)
    return lot


def read_date(text: str) -> dt.date | None:
    """A date field's value; empty is none.

    Raises:
        RecyclerieError: it isn't a date.
    """
    if not text.strip():
        return None
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return dt.datetime.strptime(text.strip(), pattern).replace(tzinfo=dt.UTC).date()
        except ValueError:
            continue
    raise RecyclerieError(N_("“{text}” is not a date."), N_("Write it as day/month/year."), text=text)


def read_count(text: str) -> int:
    """A number field's value; empty is zero.

    Raises:
        RecyclerieError: it isn't a whole number.
    """
    try:
        return int(text.strip() or "0")
    except ValueError:
        raise RecyclerieError(N_("“{text}” is not a number."), N_("Write a whole number."), text=text) from None


@router.get("/lots")
def show_lots(request: Request, user: Receiver, core: CoreDep) -> Response:
    """Every lot."""
    with core.database.read() as session:
        lots = all_lots(session)
    return render(request, "pages/lots.html", user=user, lots=lots)


@router.get("/lots/new")
def new_lot(request: Request, user: Receiver, core: CoreDep) -> Response:
    """The form for a donation."""
    profiles = sorted({*built_profiles(core.settings), core.settings.default_profile})
    return render(
        request,
        "pages/lot-new.html",
        user=user,
        kinds=tuple(DONOR_KINDS.items()),
        regimes=tuple(REGIMES.items()),
        profiles=profiles,
        default_profile=core.settings.default_profile,
        today=dt.datetime.now(dt.UTC).date(),
    )


@router.post("/lots")
def add_lot(
    user: Receiver,
    core: CoreDep,
    donor_name: Annotated[str, Form(max_length=160)] = "",
    donor_kind: Annotated[str, Form(max_length=16)] = "company",
    regime: Annotated[str, Form(max_length=32)] = "free",
    received_on: Annotated[str, Form(max_length=20)] = "",
    expected_count: Annotated[str, Form(max_length=10)] = "",
    profile: Annotated[str, Form(max_length=32, pattern=r"^[a-z0-9-]*$")] = "",
    notes: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Register a donation."""
    with core.database.write() as session:
        lot = create_lot(
            session,
            site=core.settings.site,
            donor_name=donor_name,
            donor_kind=donor_kind,
            regime=regime,
            received_on=read_date(received_on),
            expected_count=read_count(expected_count),
            profile=profile or core.settings.default_profile,
            notes=notes,
            actor=user.actor,
        )
        lot_id = lot.id
    return go(f"/lots/{lot_id}", "lot")


@router.get("/lots/{lot_id}")
def show_lot(request: Request, lot_id: Id, user: Receiver, core: CoreDep) -> Response:
    """One lot: what came, what is left to label."""
    with core.database.read() as session:
        lot = get_lot(session, lot_id)
        line = lot_lines(session, [lot])[0]
        machines = lot_machines(session, lot_id)
        by = Actors(session).name(lot.preauthorised_by)
    return render(
        request,
        "pages/lot.html",
        user=user,
        topic=f"lot:{lot_id}",
        lot=lot,
        line=line,
        machines=machines,
        preauthorised_by=by,
        waiting=sum(1 for m in machines if m.state is State.INSPECTED),
        to_label=max(0, lot.expected_count - len(machines)),
    )


@router.post("/lots/{lot_id}/preauthorise")
def preauthorise(lot_id: Id, user: Preauthoriser, core: CoreDep) -> Response:
    """Every machine of this lot may be erased once inspected."""
    with core.database.write() as session:
        preauthorise_lot(session, get_lot(session, lot_id), user.actor)
    return go(f"/lots/{lot_id}", "preauthorised")


@router.post("/lots/{lot_id}/labels")
def new_labels(lot_id: Id, user: Receiver, core: CoreDep, count: Annotated[str, Form(max_length=6)] = "") -> Response:
    """Reserve tags; the sheet to print follows."""
    with core.database.write() as session:
        machines = expect_machines(session, get_lot(session, lot_id), read_count(count), user.actor)
        first, last = machines[0].tag, machines[-1].tag
    return go(f"/lots/{lot_id}/labels.pdf?first={first}&last={last}")


@router.get("/lots/{lot_id}/labels.pdf")
def print_labels(
    request: Request,
    lot_id: Id,
    _user: Receiver,
    core: CoreDep,
    first: Annotated[str, Query(max_length=16)] = "",
    last: Annotated[str, Query(max_length=16)] = "",
    skip: Annotated[int, Query(ge=0, le=23)] = 0,
) -> Response:
    """The sheet of labels: a range of tags, else every machine of the lot that hasn't come yet."""
    with core.database.read() as session:
        lot = get_lot(session, lot_id)
        query = select(Machine).where(Machine.lot_id == lot_id, Machine.tag.is_not(None))
        if first and last:
            query = query.where(Machine.tag >= first, Machine.tag <= last)
        else:
            query = query.where(Machine.state_name == State.EXPECTED.value)
        machines = session.execute(query.order_by(Machine.tag).limit(500)).scalars().all()
        if not machines:
            raise NotFound(N_("There is no label to print for {lot}."), N_("Ask for new labels first."), lot=lot.code)
        labels = [Label(tag=m.tag or "", lot=lot.code) for m in machines]
    base = core.controller_url if core.settings.public_address else str(request.base_url).rstrip("/")
    pdf = label_sheets(labels, base, core.settings.workshop_name, skip=skip)
    name = f"{lot.code}-{labels[0].tag}.pdf"
    return Response(pdf, media_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})
