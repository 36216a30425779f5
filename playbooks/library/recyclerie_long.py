#!/usr/bin/python
"""Ansible module: work that a lost link must not interrupt."""

from __future__ import annotations

import re

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.recyclerie.long_work import LongWorkProblem, run_long, unit_name

DOCUMENTATION = r"""
module: recyclerie_long
short_description: Run a command as a systemd unit and wait for its end
description:
  - Starts C(recyclerie-maintain-NAME.service), or joins the one that runs, and waits for its end.
  - The link may be lost meanwhile, and the agent may be restarted, by the very update that this is.
options:
  name:
    description: What it is; one of a name runs at once.
    type: str
    required: true
  argv:
    description: The command.
    type: list
    elements: str
    required: true
  unchanged:
    description: A pattern in its output that says that nothing was changed.
    type: str
  timeout:
    description: Seconds to wait for its end.
    type: float
    default: 3600
  once:
    description: A name of this very piece of work. Asked again, its end is told; it is never run twice.
    type: str
    default: ""
  reader:
    description: Who asks; another one is told every line again.
    type: str
    default: ""
  patience:
    description: Seconds after which RV(running) is told rather than the end waited for; ask again then.
    type: float
author: ["Recyclerie"]
"""

EXAMPLES = r"""
- name: Bring the system up to date
  recyclerie_long:
    name: update
    argv: [apt-get, -y, upgrade]
"""

RETURN = r"""
last_line:
  description: The last thing that it said.
  returned: always
  type: str
joined:
  description: Whether it was there before this play came.
  returned: success
  type: bool
running:
  description: Whether it has not ended yet.
  returned: success
  type: bool
lines:
  description: What it said since it was asked before.
  returned: always
  type: list
"""


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "argv": {"type": "list", "elements": "str", "required": True},
            "unchanged": {"type": "str"},
            "timeout": {"type": "float", "default": 3600},
            "once": {"type": "str", "default": ""},
            "patience": {"type": "float"},
            "reader": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    name, argv, unchanged = module.params["name"], module.params["argv"], module.params["unchanged"]
    try:
        if module.check_mode:
            module.exit_json(changed=True, unit=unit_name(name), last_line="", running=False)
        given = {option: module.params[option] for option in ("timeout", "once", "patience", "reader")}
        ended = run_long(name, argv, **given)
    except (LongWorkProblem, OSError) as problem:
        module.fail_json(msg=str(problem), last_line="", running=False)
    lines = list(ended.lines)
    if ended.status is None:
        module.exit_json(changed=False, joined=ended.joined, last_line=ended.last_line, running=True, lines=lines)
    if ended.status != 0:
        hint = offline_hint(ended.log)
        words = "\n".join(ended.log.splitlines()[-12:])
        failure = f"{name} ended with {ended.status}. {hint}{words}"
        module.fail_json(msg=failure, last_line=ended.last_line, running=False, lines=lines)
    same = unchanged is not None and re.search(unchanged, ended.log, re.MULTILINE) is not None
    module.exit_json(changed=not same, joined=ended.joined, last_line=ended.last_line, running=False, lines=lines)


def offline_hint(log: str) -> str:
    """What to say first where no server of the internet answered."""
    signs = ("Temporary failure resolving", "Could not resolve", "Could not connect", "Unable to connect", "Can't get")
    if any(sign in log for sign in signs):
        return "The machine reaches no server of the internet, only its controller: try again later. "
    return ""


if __name__ == "__main__":
    main()
