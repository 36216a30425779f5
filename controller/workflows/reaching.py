"""Reaching a machine over SSH, and what to say when it can't be reached: the same words in every step."""

from __future__ import annotations

import paramiko

from controller.i18n import N_
from controller.machines.ssh import HostKeyMismatch, wait_for_ssh
from controller.machines.tables import Boot, Machine
from controller.workflows.context import Acting
from controller.workflows.outcome import Outcome, failed, retry


def not_live(machine: Machine) -> Outcome:
    """The machine doesn't run the live system."""
    return retry(
        N_("{machine} is not running the live system: start it from the network or the USB stick, then try again."),
        machine=machine.name,
    )


def not_resident(machine: Machine) -> Outcome:
    """The machine doesn't run the system that was installed on it."""
    return retry(
        N_("{machine} is not running its installed system: switch it on, then try again."), machine=machine.name
    )


def no_answer(machine: Machine, error: Exception) -> Outcome:
    """The machine announced itself, but its sshd doesn't answer, or answers as somebody else."""
    if isinstance(error, HostKeyMismatch):
        return failed(error.message, **error.params)
    return retry(
        N_("{machine} doesn't answer over SSH: look at its cable and its screen, then try again. {detail}"),
        machine=machine.name,
        detail=str(error),
    )


def wait_until_reached(acting: Acting, machine: Machine, boot: Boot, seconds: float) -> Outcome | None:
    """Wait for the machine's sshd. Returns why it can't be reached, or None when it can."""
    try:
        wait_for_ssh(boot.address, boot.ssh_host_keys, acting.core.keys.ssh, seconds)
    except (HostKeyMismatch, TimeoutError, paramiko.SSHException) as error:
        return no_answer(machine, error)
    return None
