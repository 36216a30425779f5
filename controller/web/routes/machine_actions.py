"""What a person does to one machine. Each is a form post that comes back to a page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path
from fastapi.responses import Response
from sqlalchemy.orm import Session

from controller.bus import publish_after_commit
from controller.errors import NotFound, RecyclerieError
from controller.i18n import N_
from controller.machines.intake import accept, refuse, tie
from controller.machines.merging import merge
from controller.machines.moves import hold, recycle, release, take_for_parts
from controller.machines.registry import get_machine
from controller.machines.tables import Lot
from controller.web.deps import ControlDep, CoreDep, Operator, Receiver
from controller.web.page import go
from controller.web.routes.session import safe_back
from controller.workflows.tables import Run

router = APIRouter(include_in_schema=False)
Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
Text = Annotated[str, Form(max_length=500)]


def _page(machine_id: int) -> str:
    return f"/machines/{machine_id}"


@router.post("/machines/{machine_id}/accept")
def accept_machine(
    machine_id: Id, core: CoreDep, control: ControlDep, user: Receiver, back: Text = "", another: Text = ""
) -> Response:
    """Let a machine out of quarantine; its inspection starts.

    ``another``: the known machines that it looks like were shown, and it is none of them.
    """
    with core.database.write() as session:
        accept(session, get_machine(session, machine_id), user.actor, another=another == "yes")
    control.ensure_run(machine_id)
    return go(safe_back(back or _page(machine_id)), "accepted")


@router.post("/machines/{machine_id}/refuse")
def refuse_machine(machine_id: Id, core: CoreDep, user: Receiver) -> Response:
    """Turn an unknown machine away."""
    with core.database.write() as session:
        refuse(session, get_machine(session, machine_id), user.actor)
    return go("/", "refused")


@router.post("/machines/{machine_id}/merge")
def merge_machine(
    machine_id: Id, core: CoreDep, control: ControlDep, user: Receiver, into: Annotated[int, Form(ge=1, le=2**31 - 1)]
) -> Response:
    """Say that a machine in quarantine is one that is known."""
    with core.database.write() as session:
        merge(session, get_machine(session, machine_id), get_machine(session, into), user.actor)
    control.ensure_run(into)
    return go(_page(into), "merged")


@router.post("/machines/{machine_id}/tie")
def tie_machine(
    machine_id: Id,
    core: CoreDep,
    control: ControlDep,
    user: Receiver,
    lot: Annotated[str, Form(max_length=10)] = "",
    tag: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Tie a machine to its lot and label; a scanned label may hold its whole address."""
    with core.database.write() as session:
        found = session.get(Lot, int(lot)) if lot.isdigit() else None
        if found is None:
            raise NotFound(N_("No lot was chosen."), N_("Choose the lot that it comes from, or create it in Intake."))
        tie(session, get_machine(session, machine_id), found, user.actor, tag.rsplit("/", 1)[-1])
    control.go_on(machine_id)
    return go(_page(machine_id), "tied")


@router.post("/machines/{machine_id}/hold")
def hold_machine(machine_id: Id, core: CoreDep, user: Operator, reason: Text = "") -> Response:
    """A person must look at it."""
    if not reason.strip():
        raise RecyclerieError(N_("The reason is missing."), N_("Write what must be done before it can go on."))
    with core.database.write() as session:
        hold(session, get_machine(session, machine_id), "{text}", user.actor, text=reason.strip())
    return go(_page(machine_id), "held")


@router.post("/machines/{machine_id}/release")
def release_machine(machine_id: Id, core: CoreDep, control: ControlDep, user: Operator) -> Response:
    """Back to the state it was in; a run that waited goes on."""
    with core.database.write() as session:
        release(session, get_machine(session, machine_id), user.actor)
    control.go_on(machine_id)
    return go(_page(machine_id), "released")


@router.post("/machines/{machine_id}/bench")
def note_bench(
    machine_id: Id, core: CoreDep, _user: Operator, bench: Annotated[str, Form(max_length=40)] = ""
) -> Response:
    """Note where it is."""
    with core.database.write() as session:
        machine = get_machine(session, machine_id)
        machine.bench = bench.strip()
        publish_after_commit(session, machine.subject)
    return go(_page(machine_id), "bench")


@router.post("/machines/{machine_id}/start")
def start_machine(machine_id: Id, control: ControlDep, user: Operator) -> Response:
    """Go over it from the start."""
    control.start_again(machine_id, user.actor)
    return go(_page(machine_id), "started")


@router.post("/machines/{machine_id}/recycle")
def recycle_machine(
    machine_id: Id,
    core: CoreDep,
    control: ControlDep,
    user: Operator,
    reference: Annotated[str, Form(max_length=80)] = "",
    weight: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """It left for the WEEE (DEEE) channel."""
    with core.database.write() as session:
        recycle(session, get_machine(session, machine_id), user.actor, reference, read_weight(weight))
    control.go_on(machine_id)
    return go(_page(machine_id), "recycled")


def read_weight(text: str) -> float:
    """Kilograms as typed: ``7,5``, ``7.5 kg``.

    Raises:
        RecyclerieError: it isn't a number.
    """
    try:
        return float(text.lower().replace("kg", "").replace(",", ".").strip())
    except ValueError:
        raise RecyclerieError(
            N_("“{text}” is not a weight."), N_("Give the machine's weight in kilograms."), text=text
        ) from None


@router.post("/machines/{machine_id}/parts")
def parts_machine(machine_id: Id, core: CoreDep, control: ControlDep, user: Operator) -> Response:
    """It was taken apart."""
    with core.database.write() as session:
        take_for_parts(session, get_machine(session, machine_id), user.actor)
    control.go_on(machine_id)
    return go(_page(machine_id), "parts")


def _machine_of(session: Session, run_id: int) -> int:
    run = session.get(Run, run_id)
    if run is None:
        raise NotFound(N_("There is no run {id}."), N_("Open the machine's page."), id=run_id)
    return run.machine_id


@router.post("/runs/{run_id}/retry")
def retry_run(run_id: Id, core: CoreDep, control: ControlDep, user: Operator) -> Response:
    """Try the failed step again."""
    with core.database.read() as session:
        machine_id = _machine_of(session, run_id)
    control.retry(run_id, user.actor)
    return go(_page(machine_id), "retried")


@router.post("/runs/{run_id}/cancel")
def cancel_run(run_id: Id, core: CoreDep, control: ControlDep, user: Operator) -> Response:
    """Stop the run; the machine is held."""
    with core.database.read() as session:
        machine_id = _machine_of(session, run_id)
    control.cancel(run_id, user.actor)
    return go(_page(machine_id), "cancelled")
