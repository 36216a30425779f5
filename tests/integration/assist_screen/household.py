"""A family's PC: the real agent as a process, a real desktop, and a controller that may lie to it."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psutil

from agent.assist.shared_memory import SEGMENTS, remove_segments
from agent.protocol_assist import ASSIST_ASK, ASSIST_ASK_CONTROL, ASSIST_STOP
from tests.integration.agent.ending import TRACED, end
from tests.integration.agent.played import PlayedPC
from tests.integration.assist_screen.desktop import Desktop
from tests.integration.assist_screen.lying import LyingController
from tests.lab.waiting import wait_until

QUESTION = "Aide à distance|Help from a distance|مساعدة عن بُعد"


class Household:
    """All of it. ``limits`` are the rig's (see agent.assist.rules.Limits)."""

    def __init__(self, desktop: Desktop, **limits: Any) -> None:
        self.desktop = desktop
        self._before = self.abandoned()
        self.folder = Path(tempfile.mkdtemp(prefix="rcy-house-"))
        self.folder.chmod(0o711)  # the account at the screen passes through
        self.controller = LyingController(self.folder)
        self.pc = PlayedPC(self.folder / "pc", url=self.controller.url, ca_file=self.controller.ca)
        self.pc.folder.chmod(0o711)
        self.pc.settings |= {"mode": "resident", "health_seconds": 3600, "heartbeat_seconds": 1, "services": ["screen"]}
        (self.pc.folder / "token").write_text("a-token-of-a-test-0000\n")
        self.limits = {"questions_an_hour": 1000, "tries_an_hour": 1000, "pause_seconds": 0.0} | limits
        self.socket = self.pc.folder / "assist" / "screen.sock"
        self.language("fr_FR.UTF-8")
        self.process: subprocess.Popen[bytes] | None = None

    def language(self, locale: str) -> None:
        """Of the family's session; from the agent's next start on."""
        self.pc.rig = {
            "boot_id": secrets.token_hex(16),
            "screen_socket": str(self.socket),
            "display": self.desktop.rig(LANG=locale),
            "assist": self.limits,
        }
        self.pc.write()

    # -- the agent -----------------------------------------------------------------------------------

    @property
    def log(self) -> str:
        """What the agent said so far."""
        return (self.folder / "agent.log").read_text()

    def start(self) -> None:
        """Switch it on; returns once it is linked."""
        with (self.folder / "agent.log").open("ab") as log:
            self.process = subprocess.Popen(self.pc.command("run"), env=self.pc.environment(**TRACED), stderr=log)
        self.wait_linked()

    def wait_linked(self, seconds: float = 60) -> None:
        """Until the agent is linked (again)."""
        wait_until(lambda: self.controller.linked, "linked", seconds, poll=0.05, hint=lambda: self.log[-2000:])

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Switch the agent off."""
        if self.process is not None:
            end(self.process, how, lambda: self.log, 20)
            self.process = None

    def close(self) -> None:
        """Everything of it, and what a killed agent can't take away."""
        self.stop(signal.SIGKILL)
        for pid in self.desktop.ours():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not self.desktop.ours(), "nothing of ours runs", 30, poll=0.05)
        remove_segments(self.abandoned() - self._before)
        self.controller.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- asking --------------------------------------------------------------------------------------

    def ask(self, *, session: str = "", **other: Any) -> str:
        """Send a question; returns the session's id."""
        session = session or secrets.token_hex(16)
        body = {
            "session": session,
            "who": "Camille Martin",
            "organisation": "Recyclerie d’Aix",
            "why": "Régler l’imprimante, comme convenu au téléphone",
            "minutes": 20,
            "answer_seconds": 60,
        }
        self.controller.say(ASSIST_ASK, body | other)
        return session

    def ask_control(self, session: str, seconds: int = 60) -> None:
        """Send the second question."""
        self.controller.say(ASSIST_ASK_CONTROL, {"session": session, "answer_seconds": seconds})

    def stop_session(self, session: str) -> None:
        """The assistant ends it."""
        self.controller.say(ASSIST_STOP, {"session": session})

    # -- the family ----------------------------------------------------------------------------------

    def question(self, seconds: float = 30) -> str:
        """The question's window, once it can be answered."""
        wait_until(
            lambda: self.desktop.windows(QUESTION),
            "the question is shown",
            seconds,
            poll=0.1,
            hint=lambda: self.log[-1500:],
        )
        return self.desktop.windows(QUESTION)[0]

    def answer(self, accept: bool, *, right_to_left: bool = False) -> None:
        """Click on one of the two big buttons until the window is gone (it takes no click in its first second)."""
        window = self.question()
        x, y, width, height = self.desktop.geometry(window)
        right = accept != right_to_left

        def gone() -> bool:
            if window not in self.desktop.windows(QUESTION):
                return True
            self.desktop.click(x + width * (3 if right else 1) // 4, y + height - 60)
            return False

        wait_until(gone, "the question is answered", 30, poll=0.3)

    def accepted(self, **other: Any) -> str:
        """A session that the family accepted."""
        session = self.ask(**other)
        self.controller.wait_for(session, "asked")
        self.answer(True)
        self.controller.wait_for(session, "accepted")
        return session

    def banner(self) -> tuple[int, int, int, int]:
        """Where the banner is."""
        wait_until(lambda: self.desktop.windows("^banner$"), "the banner is shown", 30, poll=0.1)
        return self.desktop.geometry(self.desktop.windows("^banner$")[0])

    def press_stop(self, *, right_to_left: bool = False) -> None:
        """The banner's button."""
        x, y, width, height = self.banner()
        self.desktop.click(x + (40 if right_to_left else width - 40), y + height // 2)

    def quiet(self) -> bool:
        """Whether nothing of ours is left on the screen."""
        return not self.desktop.ours() and not self.socket.exists() and not self.abandoned() - self._before

    def abandoned(self) -> set[int]:
        """Ended makers of the family's shared memory: nobody else takes it away, and it runs out."""
        lines = [line.split() for line in SEGMENTS.read_text().splitlines()[1:]]
        uid = str(self.desktop.account.pw_uid)
        return {int(line[4]) for line in lines if line[7] == uid and ended(int(line[4]))}

    def left(self) -> str:
        """What is, in words."""
        memory = self.abandoned() - self._before
        return f"processes {self.desktop.ours()}, socket {self.socket.exists()}, shared memory of {memory}"

    def wait_quiet(self, seconds: float = 20) -> None:
        """Until then."""
        wait_until(self.quiet, "nothing of the session is left", seconds, poll=0.1, hint=self.left)

    @property
    def pid(self) -> int:
        """The agent's process."""
        assert self.process is not None
        return self.process.pid


def ended(pid: int) -> bool:
    """Whether that process is no more; one that nobody has asked about yet (a zombie) counts as ended."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def as_root() -> bool:
    """Whether the family has an account of its own here."""
    return os.geteuid() == 0
