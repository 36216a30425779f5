"""Which way Ansible and a technician's terminal reach a machine: its address in the workshop, or its agent's link."""

from __future__ import annotations

from controller.machines.lifecycle import State
from controller.machines.tables import Boot, Machine

# Sealed: nothing listens on the machine any more.
SEALED = (State.READY, State.ALLOCATED, State.DELIVERED)


def through_link(machine: Machine, boot: Boot) -> bool:
    """Whether only the agent's link leads to the machine."""
    state = State(machine.held_return) if machine.state is State.HELD and machine.held_return else machine.state
    return boot.mode == "resident" and state in SEALED
