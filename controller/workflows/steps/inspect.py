"""Inspect: read what the machine is made of, over SSH."""

from __future__ import annotations

from typing import Any

from controller.health.reports import store_report
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.drives import drives_of
from controller.machines.lifecycle import State
from controller.machines.moves import move
from controller.machines.registry import get_machine
from controller.workflows.context import Acting, InTransaction, boot_in, play_failure, target_of
from controller.workflows.outcome import Outcome, again, done, failed, wait
from controller.workflows.playing import play
from controller.workflows.reaching import wait_until_reached
from controller.workflows.steps.base import Step

SSH_WAIT_SECONDS = 120


def act(acting: Acting) -> Outcome:
    """Wait for the machine's sshd, then take its inventory."""
    core = acting.core
    with core.database.read() as session:
        machine = get_machine(session, acting.machine_id)
        boot = boot_in(session, machine.id, "live")
        profile = machine.profile or (machine.lot.profile if machine.lot else core.settings.default_profile)
    if boot is None:
        return wait()
    unreached = wait_until_reached(acting, machine, boot, SSH_WAIT_SECONDS)
    if unreached is not None:
        return unreached
    result = play(acting, "inspect.yml", target_of(machine, boot, profile), {})
    if not result.ok:
        return play_failure(result, N_("The inspection failed: {detail}"))
    inventory = result.data.get("inventory")
    if not isinstance(inventory, dict):
        return failed(N_("The inspection brought no inventory back: restart the machine and try again."))
    with core.database.write() as session:
        store_report(
            session,
            get_machine(session, acting.machine_id),
            boot,
            "inventory",
            inventory,
            f"inspect-{acting.run_id}-{boot.id}-{inventory.get('taken_at')}",
        )
    return done()


def poll(tx: InTransaction) -> Outcome:
    """A machine that is gone over again runs its own system, or nothing: wait for it in the live system."""
    if boot_in(tx.session, tx.machine.id, "live") is not None:
        tx.step.message = ""
        return again()
    tx.step.message = N_("waiting for the machine to be restarted from the network or the USB stick")
    return wait()


def complete(tx: InTransaction, _: dict[str, Any]) -> None:
    """The machine is inspected: its drives and problems enter the ledger."""
    drives = drives_of(tx.session, tx.machine.id)
    if tx.machine.state is State.PLUGGED:
        move(tx.session, tx.machine, State.INSPECTED, "controller", {"run": tx.run.id})
    append(
        tx.session,
        Kind.MACHINE_INSPECTED,
        tx.machine.subject,
        {
            "run": tx.run.id,
            "drives": [d.id for d in drives],
            "manufacturer": tx.machine.manufacturer,
            "product": tx.machine.product,
        },
        site=tx.machine.site,
    )


STEP = Step(name="inspect", act=act, poll=poll, complete=complete)
