"""A family's PC behind its router: the real agent as root, and the family's screen beside it."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import Any

import psutil

from tests.acceptance.assist.screen import UID, USER, Screen
from tests.integration.agent.played import ROOT
from tests.integration.assist.network import HomeNetwork
from tests.integration.assist.world import Home, World
from tests.lab.waiting import wait_until

LIMITS = {"pause_seconds": 1.0, "link_seconds": 20.0, "questions_an_hour": 50}  # agent.assist.rules.Limits
QUESTION, BANNER = "question", "banner"


class FamilyPC:
    """The agent and the screen of one machine. A context manager: linked when it begins."""

    def __init__(self, world: World, net: HomeNetwork, screen: Screen, **limits: Any) -> None:
        self.world, self.net, self.screen = world, net, screen
        self.home: Home = world.home()
        self.tag, self.machine_id = self.home.tag, self.home.machine_id
        self.socket = screen.folder / "run" / "assist" / "screen.sock"
        self._account()
        code = self._code()
        pc = self.home.pc
        pc.rig |= {
            "screen_socket": str(self.socket),
            "assist": LIMITS | limits,
            "display": {
                "display": screen.display,
                "xauthority": str(screen.xauthority),
                "user": USER,
                "environment": {"LANG": "C.UTF-8", "LANGUAGE": "fr", "XDG_RUNTIME_DIR": str(screen.home)},
            },
        }
        pc.extra_environment = {"PYTHONPATH": str(code)}
        pc.write()
        self.home.prefix = [*net.inside(net.home), "env", "-C", str(code)]

    def _account(self) -> None:
        """The family's account exists on their PC, not on this computer."""
        line = f"{USER}:x:{UID}:{UID}:Famille:{self.screen.home}:/bin/sh\n"
        self.net.give_home("passwd", Path("/etc/passwd").read_text() + line)
        self.net.give_home("group", Path("/etc/group").read_text() + f"{USER}:x:{UID}:\n")

    def _code(self) -> Path:
        """The agent where everybody may read it, as on an installed system; the checkout may be nobody's business."""
        code = self.screen.folder / "lib"
        shutil.copytree(ROOT / "agent", code / "agent", ignore=shutil.ignore_patterns("__pycache__"))
        return code

    def __enter__(self) -> FamilyPC:
        self.start()
        return self

    def __exit__(self, *unused: object) -> None:
        if self.home.process is not None:
            self.home.stop()

    def start(self) -> None:
        """Switch the agent on, until it is linked."""
        self.home.start()
        self.world.wait_linked(self.home)

    def kill_agent(self) -> None:
        """As a power cut would, but for the screen."""
        self.home.stop(signal.SIGKILL)

    # -- what runs and what is shown -----------------------------------------------------------------

    def processes(self, *words: str) -> list[psutil.Process]:
        """The family's processes on this screen whose command has these words in it."""
        found = []
        for process in psutil.process_iter(["uids", "cmdline", "status"]):
            uids, argv = process.info["uids"], process.info["cmdline"] or []
            mine = uids is not None and uids.real == UID and process.info["status"] != psutil.STATUS_ZOMBIE
            if mine and all(word in argv for word in words) and self._is_here(process):
                found.append(process)
        return found

    def _is_here(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("DISPLAY") == self.screen.display
        except psutil.Error:
            return False

    def servers(self) -> list[psutil.Process]:
        """Each x11vnc."""
        return self.processes("x11vnc")

    def windows(self, kind: str) -> list[psutil.Process]:
        """Our windows: ``question`` or ``banner``."""
        return self.processes("agent.assist.window", kind)

    def nothing_is_left(self) -> bool:
        """No server, no window, no socket of a session."""
        return not (self.servers() or self.processes("agent.assist.window") or self.socket.exists())

    def wait_for_nothing(self, seconds: float = 30) -> None:
        """Until nothing of a session is left."""
        wait_until(
            self.nothing_is_left,
            "nothing of the session is left on the family's PC",
            seconds,
            poll=0.1,
            hint=lambda: str([*self.servers(), *self.processes("agent.assist.window")]) + self.home.log[-2000:],
        )
