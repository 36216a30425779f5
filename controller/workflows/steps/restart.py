"""First start: fetch the logs, restart into the machine's own drive, wait until the installed agent phones home."""

from __future__ import annotations

from typing import Any

import paramiko
from sqlalchemy import select

from controller.health.tables import Report
from controller.i18n import N_
from controller.machines.announce import wired_macs
from controller.machines.lifecycle import State
from controller.machines.moves import move
from controller.machines.registry import get_machine
from controller.machines.ssh import HostKeyMismatch, connect, fetch_bundle, run
from controller.netboot.bootmode import set_boot_mode
from controller.workflows.context import Acting, InTransaction, boot_in
from controller.workflows.outcome import Outcome, done, failed, wait
from controller.workflows.reaching import no_answer, not_live
from controller.workflows.steps.base import Step
from controller.workflows.tables import RunStep

# Returns at once: the connection would otherwise die with the machine.
REBOOT = "systemd-run --on-active=1 --timer-property=AccuracySec=100ms systemctl reboot"


def act(acting: Acting) -> Outcome:
    """Tell the network to let the machine start from its own drive, then restart it."""
    core = acting.core
    with core.database.read() as session:
        machine = get_machine(session, acting.machine_id)
        boot = boot_in(session, machine.id, "live")
        resident = boot_in(session, machine.id, "resident")
    if resident is not None:
        return wait()  # it was restarted already
    if boot is None:
        return not_live(machine)
    set_boot_mode(core.settings, wired_macs(boot), "local")
    bundle = core.settings.bundles_dir / f"run-{acting.run_id}-{machine.name}.tar.gz"
    try:
        with connect(boot.address, boot.ssh_host_keys, core.keys.ssh) as client:
            size = fetch_bundle(client, bundle)
            acting.log(f"log bundle fetched: {bundle.name}, {size} bytes")
            status, output = run(client, REBOOT)
    except (HostKeyMismatch, OSError, paramiko.SSHException) as error:
        return no_answer(machine, error)
    if status != 0:
        return failed(N_("{machine} refused to restart: {detail}"), machine=machine.name, detail=output.decode()[-300:])
    acting.log("restarting into the installed system")
    return wait()


def poll(tx: InTransaction) -> Outcome:
    """The installed agent is linked and has reported its health: that is what makes the machine installed."""
    boot = boot_in(tx.session, tx.machine.id, "resident")
    if boot is not None:
        health = tx.session.execute(select(Report.id).where(Report.boot_id == boot.id, Report.kind == "health")).first()
        if health is None:
            return wait()
        expected = _installed_keys(tx)
        if expected and not set(boot.ssh_host_keys) <= set(expected):
            return failed(
                N_("The system that phoned home as {machine} has other SSH host keys than the one installed."),
                machine=tx.machine.name,
            )
        return done()
    live = boot_in(tx.session, tx.machine.id, "live")
    if live is not None and tx.step.started_at is not None and live.announced_at > tx.step.started_at:
        return failed(
            N_(
                "{machine} started the live system again instead of its own drive: take the USB stick out, "
                "put the drive before the network in its firmware's boot order, then try again."
            ),
            machine=tx.machine.name,
        )
    return wait()


def _installed_keys(tx: InTransaction) -> list[str]:
    install = tx.session.execute(
        select(RunStep).where(RunStep.run_id == tx.run.id, RunStep.name == "install")
    ).scalar_one()
    return list((install.result or {}).get("ssh_host_keys", []))


def complete(tx: InTransaction, _: dict[str, Any]) -> None:
    """The machine is installed."""
    if tx.machine.state is State.INSTALLING:
        move(tx.session, tx.machine, State.INSTALLED, tx.machine.subject, {"run": tx.run.id})


STEP = Step(name="restart", act=act, poll=poll, complete=complete)
