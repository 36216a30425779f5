"""x11vnc for one session: as the person at the screen, on one Unix socket, with nothing that was not accepted."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import stat
import struct
import time
from pathlib import Path

from agent.assist.display import Screen
from agent.assist.errands import run_errand
from agent.assist.person import as_person, environment_for
from agent.assist.screen_words import Words
from agent.assist.shared_memory import remove_segments

X11VNC = "x11vnc"
START_SECONDS = 45.0
TERM_SECONDS = 2.0
WORDS_SECONDS = 1.0  # for what it still has to say
LISTENS = "00010000"  # the flag of a listening socket in /proc/net/unix (SO_ACCEPTCON)
PEER = struct.Struct("iII")  # struct ucred: pid, uid, gid


def arguments(screen: Screen, path: Path, *, control: bool) -> list[str]:
    """x11vnc's command line. It knows neither network nor files, takes no orders, and reads no settings of others."""
    command = [
        *(X11VNC, "-norc", "-display", screen.display),
        *("-unixsock", str(path), "-rfbport", "0", "-rfbportv6", "0", "-no6", "-noipv6", "-nolookup"),  # no port
        *("-forever", "-nevershared", "-nopw"),  # one viewer after the other: the agent lets one in at a time
        *("-safer", "-noremote", "-novncconnect", "-nocmds", "-noultraext"),  # no orders, no calls out, no files
        *("-nobell", "-noxinerama", "-xrandr"),
    ]
    if screen.xauthority:
        command += ["-auth", screen.xauthority]
    if control:
        # A release that comes late over a slow line would repeat its key; the viewer sends repetitions of its own.
        command += ["-norepeat"]
    else:
        command += ["-repeat", "-viewonly", "-nosel", "-noprimary", "-nosetprimary", "-noclipboard", "-nosetclipboard"]
    return command


def prepare_folder(path: Path, screen: Screen) -> None:
    """The socket's folder: that account's alone, and empty. Raises OSError."""
    folder = path.parent
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    around = stat.S_IMODE(folder.parent.stat().st_mode)
    if around & 0o011 != 0o011:
        folder.parent.chmod(around | 0o011)  # that account passes through it, and sees nothing in it
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if not stat.S_ISDIR(folder.lstat().st_mode):
        raise NotADirectoryError(f"{folder} is no folder")
    if os.geteuid() == 0:
        os.chown(folder, screen.uid, screen.gid, follow_symlinks=False)
    folder.chmod(0o700)
    path.unlink(missing_ok=True)


def remove_folder(path: Path) -> None:
    """Nothing of a session is left."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
        path.parent.rmdir()


class ScreenServer:
    """One running x11vnc."""

    def __init__(self, process: asyncio.subprocess.Process, path: Path, screen: Screen, *, control: bool) -> None:
        self.screen = screen
        self.process = process
        self.path = path
        self.control = control
        self.words = Words()
        self._reading = asyncio.create_task(self.words.read(process.stderr)) if process.stderr is not None else None

    @classmethod
    async def start(cls, screen: Screen, path: Path, *, control: bool) -> ScreenServer:
        """Start it; returns once it listens. Raises OSError saying why it doesn't."""
        prepare_folder(path, screen)
        process = await asyncio.create_subprocess_exec(
            *as_person(screen, arguments(screen, path, control=control)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            # Else it makes its selection window some 9 s after the viewer came, and the clipboard is lost until then.
            env=environment_for(screen) | {"X11VNC_AVOID_WINDOWS": "never"},
            cwd="/",
            start_new_session=True,
        )
        server = cls(process, path, screen, control=control)
        try:
            await server._until_it_listens()
        except BaseException:
            await server.stop()
            raise
        return server

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.pid

    async def connect(self) -> socket.socket:
        """A socket to this x11vnc and nobody else. Raises OSError."""
        ours = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        ours.setblocking(False)
        try:
            async with asyncio.timeout(5):
                await asyncio.get_running_loop().sock_connect(ours, str(self.path))
            # The folder is the person's own: whatever they put there instead is not what was accepted.
            peer = PEER.unpack(ours.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER.size))[0]
            if peer != self.pid:
                raise ConnectionRefusedError("something else listens in the place of x11vnc")
        except BaseException:
            ours.close()
            raise
        return ours

    async def stop(self) -> None:
        """Gone when this returns, and its socket too."""
        for end in (self.process.terminate, self.process.kill):
            if self.process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    end()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(TERM_SECONDS):
                        await self.process.wait()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
        remove_segments({self.pid})
        if self.control and self.process.returncode == -signal.SIGKILL:
            await run_errand(self.screen, "keys")  # a killed one can't give the keyboard's repetition back

    async def ended(self) -> str:
        """Wait until it has ended by itself; how, and its last words."""
        status = await self.process.wait()
        if self._reading is not None:
            await asyncio.wait({self._reading}, timeout=WORDS_SECONDS)
        return f"x11vnc ended with status {status}" + (f" ({said})" if (said := self.words.last()) else "")

    async def _until_it_listens(self) -> None:
        until = time.monotonic() + START_SECONDS
        while not listens(self.path):
            if self.process.returncode is not None:
                raise OSError(await self.ended())
            if time.monotonic() > until:
                raise OSError("x11vnc does not listen")
            await asyncio.sleep(0.02)


def installed() -> bool:
    """Whether x11vnc is there at all."""
    return shutil.which(X11VNC) is not None


def listens(path: Path) -> bool:
    """Whether something listens on the Unix socket; asks nothing of it."""
    try:
        lines = Path("/proc/net/unix").read_text().splitlines()
    except OSError:
        return path.exists()
    return any(line.endswith(f" {path}") and line.split()[3] == LISTENS for line in lines)
