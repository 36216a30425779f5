"""Running something as the person at the screen: their account, nothing of the agent's, and it dies with the agent."""

from __future__ import annotations

import os
from pathlib import Path

import agent
from agent.assist.display import Screen

PYTHON = "/usr/bin/python3"  # Debian's own: it has GTK
CODE = Path(agent.__file__).resolve().parent.parent
PATH = "/usr/local/bin:/usr/bin:/bin"


def as_person(screen: Screen, command: list[str]) -> list[str]:
    """``command`` with that account's rights and no way to more; killed by the kernel when the agent ends."""
    rights = ["--pdeathsig", "KILL", "--no-new-privs"]
    if os.geteuid() == 0:
        rights += [f"--reuid={screen.uid}", f"--regid={screen.gid}", "--init-groups", "--inh-caps=-all"]
    return ["setpriv", *rights, "--", *command]


def environment_for(screen: Screen) -> dict[str, str]:
    """All that such a process gets: display and language of the session, nothing of the agent's own."""
    given = {
        **screen.environment,
        "HOME": screen.home,
        "USER": screen.user,
        "LOGNAME": screen.user,
        "PATH": PATH,
        "DISPLAY": screen.display,
        "GDK_BACKEND": "x11",
        "PYTHONPATH": str(CODE),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if screen.xauthority:
        given["XAUTHORITY"] = screen.xauthority
    if "DBUS_SESSION_BUS_ADDRESS" not in given:
        given["NO_AT_BRIDGE"] = "1"  # else GTK starts a bus of its own to look for a screen reader
    given.setdefault("LANG", "C.UTF-8")
    return given


def window_command(kind: str) -> list[str]:
    """One of our windows, ``question`` or ``banner``, or an errand (errands.py). What is shown never stands here."""
    return [PYTHON, "-s", "-P", "-m", "agent.assist.window", kind]
