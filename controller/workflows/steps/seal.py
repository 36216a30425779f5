"""Seal: take the workshop's access away. What makes the machine ready."""

from __future__ import annotations

import socket
from typing import Any

from sqlalchemy import select

from controller.erasure.authorise import revoke
from controller.erasure.recheck import OPEN, drive_name, rechecks_of
from controller.erasure.tables import Erasure
from controller.errors import Conflict
from controller.i18n import N_, translate
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.drives import drives_of
from controller.machines.lifecycle import State
from controller.machines.moves import move
from controller.machines.registry import get_machine
from controller.workflows.context import Acting, InTransaction, boot_in, play_failure, target_of
from controller.workflows.outcome import Outcome, done
from controller.workflows.playing import play
from controller.workflows.reaching import not_resident
from controller.workflows.steps.base import Step
from controller.workflows.tables import Run, RunStep


def act(acting: Acting) -> Outcome:
    """Remove the controller's key and close sshd on the installed system."""
    core = acting.core
    with core.database.read() as session:
        machine = get_machine(session, acting.machine_id)
        boot = boot_in(session, machine.id, "resident")
        profile = session.get_one(Run, acting.run_id).profile
        step = session.get_one(RunStep, acting.step_id)
    if (step.result or {}).get("sealed"):
        return done(sealed=True)  # the door is closed: it can't be closed twice
    if boot is None:
        return not_resident(machine)
    keys = [core.keys.maintenance_public] if core.settings.remote_maintenance else []
    result = play(acting, "seal.yml", target_of(machine, boot, profile), {"seal_maintenance_keys": keys})
    if result.status == "unreachable" and _closed(boot.address):
        acting.log("sshd is closed already: an earlier try went through")
    elif not result.ok:
        return play_failure(result, N_("{detail}"))
    with core.database.write() as session:
        session.get_one(RunStep, acting.step_id).result = {"sealed": True}
    return done(sealed=True)


def _closed(address: str) -> bool:
    """Whether nothing listens on the SSH port: seal.yml closes it last, so all before is done."""
    try:
        socket.create_connection((address, 22), timeout=5).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False


def complete(tx: InTransaction, _: dict[str, Any]) -> None:
    """Ready: only with passed checks and a valid erase of every drive in the machine (R122-4).

    Raises:
        Conflict: one of these is missing.
    """
    missing = not_erased(tx)
    if missing:
        raise Conflict(
            N_("{machine} can't be ready: {drives} was not erased in this run."),
            N_("Start it over from the beginning."),
            machine=tx.machine.name,
            drives=", ".join(missing),
        )
    unread = [row for row in rechecks_of(tx.session, tx.run.id) if row.state in OPEN]
    if unread:
        raise Conflict(
            N_("{machine} can't be ready: {drives} was drawn to be read again, and was not."),
            N_("Start it over from the beginning."),
            machine=tx.machine.name,
            drives=", ".join(drive_name(tx.session, row) for row in unread),
        )
    append(tx.session, Kind.MACHINE_SEALED, tx.machine.subject, {"run": tx.run.id}, site=tx.machine.site)
    revoke(tx.session, tx.machine, "controller", "used")
    if tx.machine.state is State.INSTALLED:
        move(tx.session, tx.machine, State.READY, "controller", {"run": tx.run.id})


def not_erased(tx: InTransaction) -> list[str]:
    """The drives in the machine now that have no valid erase in this run, in words."""
    erased = set(
        tx.session.execute(
            select(Erasure.drive_id).where(Erasure.run_id == tx.run.id, Erasure.outcome == "erased")
        ).scalars()
    )
    drives = drives_of(tx.session, tx.machine.id)
    if not drives:
        return [translate(N_("(no drive is known)"))]
    return [f"{d.model} {d.serial}".strip() for d in drives if d.id not in erased]


STEP = Step(name="seal", act=act, complete=complete)
