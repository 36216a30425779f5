"""Authorising an erase: for one machine, or for every machine of a lot that waits."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import Response

from controller.erasure.authorise import authorise
from controller.errors import Conflict
from controller.i18n import N_
from controller.machines.registry import get_machine
from controller.web.deps import Authoriser, ControlDep, CoreDep
from controller.web.page import go, render
from controller.web.routes.lots import get_lot
from controller.web.views.authorise import lot_to_erase, machine_to_erase, read_ids, read_keys

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
Ticks = Annotated[list[str], Form(default_factory=list)]
Keys = Annotated[list[str], Form(default_factory=list)]


@router.get("/machines/{machine_id}/authorise")
def authorise_page(request: Request, machine_id: Id, user: Authoriser, core: CoreDep) -> Response:
    """Drive by drive, what will be erased."""
    with core.database.read() as session:
        shown = machine_to_erase(session, get_machine(session, machine_id))
    return render(
        request,
        "pages/authorise.html",
        user=user,
        machines=(shown,),
        action=f"/machines/{machine_id}/authorise",
        back=f"/machines/{machine_id}",
        back_name=shown.name,
    )


@router.post("/machines/{machine_id}/authorise")
def authorise_machine(
    machine_id: Id, user: Authoriser, core: CoreDep, control: ControlDep, drive: Keys, lower: Ticks
) -> Response:
    """Authorise exactly the drives that were shown; ``lower``: those that may end below the policy's minimum."""
    with core.database.write() as session:
        authorise(session, get_machine(session, machine_id), read_keys(drive), user.actor, lower=read_ids(lower))
    control.go_on(machine_id)
    return go(f"/machines/{machine_id}", "authorised")


@router.get("/lots/{lot_id}/authorise")
def authorise_lot_page(request: Request, lot_id: Id, user: Authoriser, core: CoreDep) -> Response:
    """The same for every machine of the lot that waits."""
    with core.database.read() as session:
        lot = get_lot(session, lot_id)
        machines = lot_to_erase(session, lot_id)
    return render(
        request,
        "pages/authorise.html",
        user=user,
        machines=machines,
        action=f"/lots/{lot_id}/authorise",
        back="/",
        back_name=lot.code,
    )


@router.post("/lots/{lot_id}/authorise")
def authorise_lot(
    lot_id: Id,
    user: Authoriser,
    core: CoreDep,
    control: ControlDep,
    machine: Annotated[list[int], Form(default_factory=list)],
    drive: Keys,
    lower: Ticks,
) -> Response:
    """All or nothing: if one machine changed since it was shown, none is authorised.

    ``drive`` is ``<drive id>:<serial>``, prefixed with ``<machine id>:``.
    """
    if not machine or len(machine) > 500:
        raise Conflict(N_("No machine was shown."), N_("Open the page again."))
    given: dict[int, list[str]] = {i: [] for i in machine}
    for key in drive:
        number, _, rest = key.partition(":")
        if number.isdigit() and int(number) in given:
            given[int(number)].append(rest)
    with core.database.write() as session:
        get_lot(session, lot_id)
        for machine_id, keys in given.items():
            found = get_machine(session, machine_id)
            if found.lot_id != lot_id:
                raise Conflict(
                    N_("{machine} is no longer in this lot."), N_("Open the page again."), machine=found.name
                )
            authorise(session, found, read_keys(keys), user.actor, lower=read_ids(lower))
    for machine_id in given:
        control.go_on(machine_id)
    return go("/", "authorised")
