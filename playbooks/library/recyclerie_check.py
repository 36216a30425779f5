#!/usr/bin/python
"""Ansible module: proves what the installed system can do, one check after the data of its profile."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.recyclerie.checks.registry import run_checks

DOCUMENTATION = r"""
module: recyclerie_check
short_description: Run a profile's checks on this machine
description:
  - Runs every check and returns one result for each. Never fails because of a check; whoever asked judges.
  - The kinds of checks and their options are described in C(docs/playbooks.md).
options:
  checks:
    description: The checks, each with C(name), C(kind), and the options of its kind.
    type: list
    elements: dict
    required: true
  parallel:
    description: How many run at once.
    type: int
    default: 3
author: ["Recyclerie"]
"""

EXAMPLES = r"""
- name: Prove the installed system
  recyclerie_check:
    checks:
      - {name: boot, kind: booted, target: graphical.target, mandatory: true}
"""

RETURN = r"""
checks:
  description: One result for each check, in their order (name, title, ok, detail, mandatory, seconds).
  returned: success
  type: list
"""


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "checks": {"type": "list", "elements": "dict", "required": True},
            "parallel": {"type": "int", "default": 3},
        },
        supports_check_mode=True,
    )
    module.exit_json(changed=False, checks=run_checks(module.params["checks"], module.params["parallel"]))


if __name__ == "__main__":
    main()
