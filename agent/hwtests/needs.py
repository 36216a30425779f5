"""What a test needs before it can run, in the words of its header.

``tool:iw`` a program; ``tool:nwipe|memtester`` one of several; ``path:/dev/rtc*`` a file or device, as a pattern;
``module:NAME`` one of Python's own libraries; ``root`` the administrator; ``controller`` settings that name one.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterable

from agent.hwtests.machine import Machine
from agent.tools import environment

KINDS = ("tool", "path", "module", "root", "controller")


def missing_needs(needs: Iterable[str], machine: Machine) -> list[str]:
    """What is missing, each in words; a need that nobody knows is missing too."""
    return [said for need in needs if (said := _missing(need, machine))]


def _missing(need: str, machine: Machine) -> str:
    kind, _, value = need.partition(":")
    match kind:
        case "tool":
            return _tool(value.split("|"))
        case "path":
            return _path(value.lstrip("/"), machine)
        case "module":
            return "" if importlib.util.find_spec(value) else f"the Python module {value}"
        case "root":
            return "" if os.geteuid() == 0 else "the administrator's rights"
        case "controller":
            return "" if machine.config is not None else "settings that name a controller"
    return f"the unknown need {need!r}"


def _tool(names: list[str]) -> str:
    if any(shutil.which(name, path=environment()["PATH"]) for name in names):
        return ""
    return f"the program {' or '.join(names)}"


def _path(pattern: str, machine: Machine) -> str:
    return "" if next(machine.root.glob(pattern), None) is not None else f"/{pattern}"
