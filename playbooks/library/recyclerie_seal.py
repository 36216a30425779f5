#!/usr/bin/python
"""Ansible module: takes the workshop's access to an installed system away."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.recyclerie.seal import SealProblem, is_sealed, seal

DOCUMENTATION = r"""
module: recyclerie_seal
short_description: Close the workshop's access to this machine
description:
  - Disables sshd, removes the controller's key, clears the workshop's logs and caches.
  - The running sshd ends O(close_after) seconds later, so that a play whose answer was lost can be repeated.
options:
  close_after:
    description: Seconds until the running sshd ends.
    type: int
    default: 30
  maintenance_keys:
    description: Public keys that the agent's own sshd will take, through its link only. None means no maintenance.
    type: list
    elements: str
    default: []
author: ["Recyclerie"]
"""

EXAMPLES = r"""
- name: Seal the installed system
  recyclerie_seal:
"""

RETURN = r"""
cleared:
  description: Files and folders that were removed.
  returned: success
  type: list
"""


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "close_after": {"type": "int", "default": 30},
            "maintenance_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
        },
        supports_check_mode=True,
    )
    if is_sealed():
        module.exit_json(changed=False, cleared=[])
    if module.check_mode:
        module.exit_json(changed=True, cleared=[])
    try:
        cleared = seal(module.params["close_after"], module.params["maintenance_keys"])
    except (SealProblem, OSError) as problem:
        module.fail_json(msg=f"The system could not be sealed: {problem}")
    module.exit_json(changed=True, cleared=cleared)


if __name__ == "__main__":
    main()
