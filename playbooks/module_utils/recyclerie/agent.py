"""Asks the agent on this machine what the machine is."""

from __future__ import annotations

import json
import subprocess
from typing import Any

AGENT = "/usr/bin/recyclerie-agent"
SCHEMA = "recyclerie.inventory/1"


class AgentProblem(Exception):
    """The agent gave no usable inventory; the text says why and what to do next."""


def read_inventory(agent: str = AGENT, timeout: float = 180) -> dict[str, Any]:
    """The inventory snapshot that ``recyclerie-agent inventory`` prints.

    Raises:
        AgentProblem: it is missing, failed, took too long, or printed something else.
    """
    command = f"{agent} inventory"
    try:
        done = subprocess.run([agent, "inventory"], capture_output=True, text=True, timeout=timeout, check=False)
    except FileNotFoundError:
        hint = "start the machine from the workshop's live image, or install it again"
        raise AgentProblem(f"{agent} is not on this machine: {hint}.") from None
    except subprocess.TimeoutExpired:
        hint = "a drive may hang: look at the machine's log, unplug drives one by one"
        raise AgentProblem(f"`{command}` said nothing for {timeout:.0f} s: {hint}.") from None
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        raise AgentProblem(f"`{command}` ended with {done.returncode}: {last}. Run it by hand on the machine.")
    try:
        inventory = json.loads(done.stdout)
    except ValueError as error:
        raise AgentProblem(f"`{command}` printed no JSON ({error}). Run it by hand on the machine.") from error
    schema = inventory.get("schema") if isinstance(inventory, dict) else None
    if schema != SCHEMA:
        hint = "start the machine again from the controller's live image"
        raise AgentProblem(f"`{command}` printed {schema or 'no schema'}, expected {SCHEMA}: {hint}.")
    return dict(inventory)
