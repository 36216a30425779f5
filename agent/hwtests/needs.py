"""What a test needs before it can run, in the words of its header.

``tool:iw`` a program; ``tool:nwipe|memtester`` one of several; ``path:/dev/rtc*`` a file or device, as a pattern;
``module:NAME`` one of Python's own libraries; ``root`` the administrator; ``controller`` settings that name one.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterable

from agent.hwtests.machine import Machine
from agent.tools import environment


def missing_needs(needs: Iterable[str], machine: Machine) -> list[str]:
    """What is missing, each in words; a need that nobody knows is missing too."""
    return [said for need in needs if (said := _missing(need, machine))]


def _missing(need: str, machine: Machine) -> str:
    kind, _, value = need.partition(":")
    check = CHECKS.get(kind)
    return check(value, machine) if check else f"the unknown need {need!r}"


def _tool(value: str, _: Machine) -> str:
    names = value.split("|")
    if any(shutil.which(name, path=environment()["PATH"]) for name in names):
        return ""
    return f"the program {' or '.join(names)}"


def _path(value: str, machine: Machine) -> str:
    pattern = value.lstrip("/")
    return "" if next(machine.root.glob(pattern), None) is not None else f"/{pattern}"


def _module(value: str, _: Machine) -> str:
    return "" if importlib.util.find_spec(value) else f"Python's {value}"


def _root(_: str, __: Machine) -> str:
    return "" if os.geteuid() == 0 else "the administrator's rights"


def _controller(_: str, machine: Machine) -> str:
    return "" if machine.config is not None else "settings that name a controller"


# Each of them gets the word after the colon and the machine.
CHECKS: dict[str, Callable[[str, Machine], str]] = {
    "tool": _tool,
    "path": _path,
    "module": _module,
    "root": _root,
    "controller": _controller,
}
