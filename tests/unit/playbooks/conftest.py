"""Lets tests import the modules' shared code under the name it has on a target: ansible.module_utils.recyclerie."""

from __future__ import annotations

from pathlib import Path

import ansible.module_utils

MODULE_UTILS = Path(__file__).resolve().parents[3] / "playbooks" / "module_utils"

if str(MODULE_UTILS) not in ansible.module_utils.__path__:
    ansible.module_utils.__path__.append(str(MODULE_UTILS))
