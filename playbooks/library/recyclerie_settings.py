#!/usr/bin/python
"""Ansible module: settings of an installed system."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.recyclerie.system_settings import SettingProblem, set_keyboard, set_timezone

DOCUMENTATION = r"""
module: recyclerie_settings
short_description: Change the time zone or the keyboard of this system
description:
  - Changes what differs, and nothing else.
options:
  timezone:
    description: For example C(Europe/Paris).
    type: str
  keyboard:
    description: XKB layout, C(fr) or C(fr(oss)).
    type: str
author: ["Recyclerie"]
"""

EXAMPLES = r"""
- name: The family has moved
  recyclerie_settings:
    timezone: Indian/Reunion
"""

RETURN = r"""
settings:
  description: What was changed.
  returned: success
  type: list
"""


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={"timezone": {"type": "str"}, "keyboard": {"type": "str"}},
        required_one_of=[["timezone", "keyboard"]],
    )
    changed = []
    try:
        for name, change in (("timezone", set_timezone), ("keyboard", set_keyboard)):
            if module.params[name] and change(module.params[name]):
                changed.append(name)
    except (SettingProblem, OSError) as problem:
        module.fail_json(msg=str(problem), settings=changed)
    module.exit_json(changed=bool(changed), settings=changed)


if __name__ == "__main__":
    main()
