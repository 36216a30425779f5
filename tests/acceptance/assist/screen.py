"""The family's screen: a real X server with a French keyboard, a window manager, an editor, and their hand.

Everything runs as an ordinary user (``UID``), as it does at home; the display's number, its cookie and its folder are
the test's own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from agent.assist.shared_memory import remove_segments
from tests.acceptance.assist.framebuffer import Colour, Framebuffer
from tests.lab.waiting import wait_until

UID = 41973  # of nobody else
USER = "famille"
TOOLS = {
    "Xvfb": "xvfb",
    "openbox": "openbox",
    "xdotool": "xdotool",
    "xauth": "xauth",
    "setxkbmap": "x11-xkb-utils",
    "xclip": "xclip",
    "x11vnc": "x11vnc",
    "setpriv": "util-linux",
}


def missing() -> str:
    """Why a screen can't be played here, or nothing."""
    absent = [package for tool, package in TOOLS.items() if not shutil.which(tool)]
    if absent:
        return f"not installed: {' '.join(absent)} (make setup-test)"
    return "" if Path("/usr/lib/python3/dist-packages/gi").is_dir() else "python3-gi is not installed (make setup-test)"


class Screen:
    """One X server and what runs on it. A context manager."""

    def __init__(self, size: str = "1280x800", layout: str = "fr") -> None:
        self.size, self.layout = size, layout
        # Below /run and not in a private folder: the family's user must be able to walk through.
        self.folder = Path(tempfile.mkdtemp(prefix="rcy-screen-", dir="/run"))
        self.folder.chmod(0o755)
        self.home = self.folder / "home"
        self.home.mkdir(mode=0o700)
        self.own(self.home)
        self.xauthority = self.home / ".Xauthority"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.display = ""
        self.server: subprocess.Popen[bytes] | None = None

    def own(self, path: Path) -> None:
        """Give a file to the family."""
        os.chown(path, UID, UID)

    def __enter__(self) -> Screen:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    # -- starting and ending -------------------------------------------------------------------------

    def _start(self) -> None:
        Path("/tmp/.X11-unix").mkdir(mode=0o1777, exist_ok=True)  # noqa: S108  X's own place
        Path("/tmp/.X11-unix").chmod(0o1777)  # noqa: S108
        cookie = os.urandom(16).hex()
        reading, writing = os.pipe()
        # The server reads one cookie, whatever the number of the display will be; the programs look for their own's.
        key = self.folder / "server.xauth"
        self._add_cookie(key, ":0", cookie)
        pictures = self.folder / "picture"
        pictures.mkdir()
        self.own(pictures)
        argv = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{self.size}x24", "-fbdir", str(pictures)]
        argv += ["-auth", str(key), "-nolisten", "tcp", "-noreset", "-s", "0"]
        log = (self.folder / "Xvfb.log").open("wb")
        self.server = subprocess.Popen([*self.as_family(), *argv], stderr=log, pass_fds=(writing,))
        self.processes.append(self.server)
        os.close(writing)
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        assert number, (self.folder / "Xvfb.log").read_text()
        self.display = f":{number}"
        self._add_cookie(self.xauthority, self.display, cookie)
        self.framebuffer = Framebuffer(pictures)
        self.tool("setxkbmap", self.layout)
        self.run("openbox", "--sm-disable")
        wait_until(lambda: self.tool("xdotool", "get_desktop", check=False), "the window manager runs", 30, poll=0.1)

    def _add_cookie(self, path: Path, display: str, cookie: str) -> None:
        subprocess.run(["xauth", "-q", "-f", path, "add", display, ".", cookie], check=True, capture_output=True)
        self.own(path)

    def as_family(self) -> list[str]:
        """What a command of the family's user begins with."""
        return ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "--inh-caps=-all"]

    def environment(self) -> dict[str, str]:
        """Of the family's programs."""
        return {
            "DISPLAY": self.display,
            "XAUTHORITY": str(self.xauthority),
            "HOME": str(self.home),
            "USER": USER,
            "LANG": "C.UTF-8",
            "LANGUAGE": "fr",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "XDG_RUNTIME_DIR": str(self.home),
            "GSETTINGS_BACKEND": "memory",
            "NO_AT_BRIDGE": "1",
            "GTK_USE_PORTAL": "0",
        }

    def run(self, *argv: str) -> subprocess.Popen[bytes]:
        """A program of the family, until the screen is closed."""
        with (self.folder / "programs.log").open("ab") as log:
            process = subprocess.Popen(
                [*self.as_family(), *argv],
                env=self.environment(),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def tool(self, *argv: str, text: str | None = None, check: bool = True) -> str:
        """A short program of the family; its output, or nothing when it failed and ``check`` is off."""
        done = subprocess.run(
            [*self.as_family(), *argv],
            env=self.environment(),
            input=text,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert done.returncode == 0 or not check, f"{argv}: {done.stderr}"
        return done.stdout.strip() if done.returncode == 0 else ""

    def close(self) -> None:
        """End all that was started here, the server last."""
        for process in reversed(self.processes):
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        remove_segments({process.pid for process in self.processes})
        self.processes.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- the family's hand and eyes ------------------------------------------------------------------

    def windows(self, title: str = ".") -> list[int]:
        """The visible windows whose title matches."""
        found = self.tool("xdotool", "search", "--onlyvisible", "--name", title, check=False)
        return [int(line) for line in found.split()]

    def titles(self) -> list[str]:
        """What the visible windows are called."""
        return [self.tool("xdotool", "getwindowname", str(window), check=False) for window in self.windows()]

    def click(self, x: int, y: int) -> None:
        """Left button at that place."""
        self.tool("xdotool", "mousemove", str(x), str(y), "click", "1")

    def keys(self, *names: str) -> None:
        """Press keys, by their X names (``ctrl+s``)."""
        self.tool("xdotool", "key", "--clearmodifiers", *names)

    def put_in_clipboard(self, text: str) -> None:
        """Copy, as an ordinary program would."""
        process = self.run("sh", "-c", 'cat "$0" | xclip -selection clipboard -in -quiet', str(self._note(text)))
        assert process.poll() is None

    def _note(self, text: str) -> Path:
        path = self.home / f"note-{os.urandom(4).hex()}"
        path.write_text(text)
        self.own(path)
        return path

    def clipboard(self) -> str:
        """What a paste would give. x11vnc offers Latin-1, everybody else UTF-8."""
        argv = [*self.as_family(), "xclip", "-selection", "clipboard", "-out", "-target", "UTF8_STRING"]
        data = subprocess.run(argv, env=self.environment(), capture_output=True, timeout=20, check=False).stdout
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data.decode("latin-1")

    def picture(self, path: Path) -> Path:
        """Keep what is on the screen as a PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.framebuffer.image().save(path)
        return path

    def pixel(self, x: int, y: int) -> Colour:
        """One pixel, as it is now."""
        return self.framebuffer.pixel(x, y)
