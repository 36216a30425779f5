"""A desktop to be looked at: Xvfb and openbox as an ordinary account, with a display number that nobody else has."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import ImageGrab

from tests.lab.waiting import wait_until

PROGRAMS = ("Xvfb", "openbox", "xdotool", "xprop", "xclip", "x11vnc", "xauth", "setpriv")
ACCOUNTS = ("nobody", "games", "list", "news")  # ordinary ones that every Debian has, where the tests are root

# XKeyboardState of Xlib.h; xset may not be there.
REPEATS = """
import ctypes
class State(ctypes.Structure):
    _fields_ = [("click", ctypes.c_int), ("bell", ctypes.c_int), ("pitch", ctypes.c_uint), ("duration", ctypes.c_uint),
                ("leds", ctypes.c_ulong), ("repeat", ctypes.c_int), ("keys", ctypes.c_char * 32)]
x = ctypes.CDLL("libX11.so.6")
x.XOpenDisplay.restype = ctypes.c_void_p
display, state = ctypes.c_void_p(x.XOpenDisplay(None)), State()
x.XGetKeyboardControl(display, ctypes.byref(state))
print(state.repeat)
"""


def missing() -> str:
    """What this computer lacks, or nothing."""
    lacks = [name for name in PROGRAMS if shutil.which(name) is None]
    if lacks:
        return f"{', '.join(lacks)} not installed (make setup-test)"
    gtk = "import gi; gi.require_version('Gtk', '3.0'); from gi.repository import Gtk"
    if subprocess.run(["/usr/bin/python3", "-c", gtk], capture_output=True, check=False).returncode:
        return "python3-gi and GTK 3 are not installed (make setup-test)"
    return ""


def account() -> str:
    """The account at the screen: one for each process of tests, whose shared memory is told apart by its owner."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    return ACCOUNTS[int(worker.removeprefix("gw")) % len(ACCOUNTS)]


class Desktop:
    """One X server with a window manager. Closed by ``close``."""

    def __init__(self, size: str = "1280x800") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="rcy-desk-"))
        self.account = pwd.getpwnam(account()) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self.xauthority = self.folder / "xauthority"
        self._started: list[subprocess.Popen[bytes]] = []
        self.folder.chmod(0o711)
        self._make_cookie()
        self.display = self._start_server(size)
        self.run_in("openbox", "--sm-disable")
        wait_until(lambda: "_NET_SUPPORTING" in self.ask("xprop", "-root"), "the window manager runs", 30, poll=0.1)

    # -- running things ------------------------------------------------------------------------------

    def environment(self, **more: str) -> dict[str, str]:
        """What a program on this desktop is started with."""
        found = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8", "NO_AT_BRIDGE": "1"}
        return found | {"DISPLAY": self.display, "XAUTHORITY": str(self.xauthority)} | more

    def run_in(self, *command: str, **more: str) -> subprocess.Popen[bytes]:
        """Start a program of the family; it ends with the desktop."""
        process = subprocess.Popen(
            [*self._as_account(), *command],
            env=self.environment(**more),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        self._started.append(process)
        return process

    def ask(self, *command: str, seconds: float = 20) -> str:
        """What a short program says."""
        ran = subprocess.run(
            command, env=self.environment(), capture_output=True, text=True, check=False, timeout=seconds
        )
        return ran.stdout

    def rig(self, **environment: str) -> dict[str, object]:
        """The rig's ``display`` entry."""
        return {
            "display": self.display,
            "xauthority": str(self.xauthority),
            "user": self.account.pw_name,
            "environment": environment or {"LANG": "fr_FR.UTF-8"},
        }

    # -- windows -------------------------------------------------------------------------------------

    def windows(self, name: str) -> list[str]:
        """Windows that are shown and whose title or program matches."""
        return self.ask("xdotool", "search", "--onlyvisible", "--name", name).split()

    def ours(self) -> list[int]:
        """Processes of ours that run as the account at the screen."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    line = (entry / "cmdline").read_bytes().split(b"\0")
                    environment = (entry / "environ").read_bytes()
                except OSError:
                    continue
                here = f"DISPLAY={self.display}\0".encode() in environment
                if here and (b"agent.assist.window" in line or line[0].endswith(b"x11vnc")):
                    found.append(int(entry.name))
        return found

    def geometry(self, window: str) -> tuple[int, int, int, int]:
        """x, y, width, height of a window."""
        said = dict(
            line.split("=", 1)
            for line in self.ask("xdotool", "getwindowgeometry", "--shell", window).splitlines()
            if "=" in line
        )
        return int(said["X"]), int(said["Y"]), int(said["WIDTH"]), int(said["HEIGHT"])

    def click(self, x: int, y: int) -> None:
        """A click of the family's mouse."""
        # Without --sync: that waits for ever where the pointer is there already.
        self.ask("xdotool", "mousemove", str(x), str(y), "click", "1")

    def key(self, *keys: str) -> None:
        """Keys of the family's keyboard."""
        self.ask("xdotool", "key", *keys)

    def shot(self, path: Path) -> Path:
        """A picture of the whole screen."""
        path.parent.mkdir(parents=True, exist_ok=True)
        before = os.environ.get("XAUTHORITY")
        os.environ["XAUTHORITY"] = str(self.xauthority)
        try:
            ImageGrab.grab(xdisplay=self.display).save(path)
        finally:
            os.environ.pop("XAUTHORITY")
            if before is not None:
                os.environ["XAUTHORITY"] = before
        return path

    def repeats(self) -> bool:
        """Whether a key that is held down repeats."""
        return self.ask("/usr/bin/python3", "-c", REPEATS).strip() == "1"

    def close(self) -> None:
        """End it, and everything on it."""
        for process in reversed(self._started):
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- parts ---------------------------------------------------------------------------------------

    def _as_account(self) -> list[str]:
        if os.geteuid() != 0:
            return ["setpriv", "--pdeathsig", "KILL", "--"]
        who = [f"--reuid={self.account.pw_uid}", f"--regid={self.account.pw_gid}", "--clear-groups"]
        return ["setpriv", *who, "--pdeathsig", "KILL", "--"]

    def _make_cookie(self) -> None:
        # Before the server: it takes no connection without. The name is made right once the number is known.
        self.xauthority.touch(0o600)
        self._cookie = secrets.token_hex(16)
        subprocess.run(["xauth", "-f", self.xauthority, "add", ":0", ".", self._cookie], check=True)
        self._own()

    def _own(self) -> None:
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.iterdir()):
                os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def _start_server(self, size: str) -> str:
        read, write = os.pipe()
        server = subprocess.Popen(
            [
                *self._as_account(),
                *("Xvfb", "-displayfd", str(write), "-screen", "0", f"{size}x24", "-nolisten", "tcp", "-noreset"),
                *("-auth", str(self.xauthority)),
            ],
            pass_fds=(write,),
            env={"PATH": os.environ["PATH"]},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        self._started.append(server)
        os.close(write)
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        subprocess.run(["xauth", "-f", self.xauthority, "add", f":{number}", ".", self._cookie], check=True)
        self._own()
        return f":{number}"
