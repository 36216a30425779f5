#!/usr/bin/python
"""Ansible module: the machine's inventory snapshot."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.recyclerie.agent import AGENT, AgentProblem, read_inventory

DOCUMENTATION = r"""
module: recyclerie_inventory
short_description: Read what this machine is made of
description:
  - Runs C(recyclerie-agent inventory) on the machine and returns the snapshot. Changes nothing.
options:
  agent:
    description: Path of the agent's command.
    type: path
    default: /usr/bin/recyclerie-agent
  timeout:
    description: Seconds until it is given up; a dying drive answers slowly.
    type: int
    default: 180
author: ["Recyclerie"]
"""

EXAMPLES = r"""
- name: Take the inventory
  recyclerie_inventory:
  register: taken
"""

RETURN = r"""
inventory:
  description: The snapshot (C(recyclerie.inventory/1)).
  returned: success
  type: dict
"""


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={"agent": {"type": "path", "default": AGENT}, "timeout": {"type": "int", "default": 180}},
        supports_check_mode=True,
    )
    try:
        inventory = read_inventory(module.params["agent"], module.params["timeout"])
    except AgentProblem as problem:
        module.fail_json(msg=str(problem))
    module.exit_json(changed=False, inventory=inventory)


if __name__ == "__main__":
    main()
