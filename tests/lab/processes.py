"""Processes that end with the lab that started them, and only those."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.lab.errors import LabError


def run(*command: str | os.PathLike[str], check: bool = True) -> str:
    """Standard output of a short command.

    :raises LabError: with what the command printed, when it failed and ``check`` is on
    """
    done = subprocess.run([os.fspath(part) for part in command], capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(map(str, command))}: exit {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


class Process:
    """One process of the lab, its output in a file.

    The kernel sends it SIGTERM when the lab dies in whatever way (``setpriv --pdeathsig``). It has a session of its
    own, so that Ctrl-C in the terminal reaches the lab alone, which then stops it in order.
    """

    def __init__(self, name: str, command: Sequence[str | os.PathLike[str]], log: Path) -> None:
        self.name, self.command, self.log = name, [os.fspath(part) for part in command], log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, env: Mapping[str, str] | None = None) -> None:
        """Start it; its output is appended to the log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "--", *self.command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(env) if env is not None else None,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id. ``setpriv`` and ``ip netns exec`` replace themselves, so this is the command's own."""
        if self._process is None:
            raise LabError(f"{self.name} was not started")
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """None while it runs."""
        return self._process.poll() if self._process else None

    def must_run(self) -> None:
        """:raises LabError: when it has ended, with the end of its log."""
        status = self.exit_status
        if self._process is None or status is not None:
            raise LabError(f"{self.name} ended (exit {status}):\n{self.tail()}", f"read {self.log}")

    def tail(self, lines: int = 15) -> str:
        """The last lines of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self, grace: float = 20) -> None:
        """SIGTERM, then SIGKILL after ``grace`` seconds. Nothing when it has already ended."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """SIGKILL: what a power cut does to it."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def stopping(process: Process) -> Iterator[Process]:
    """``process``, stopped at the end."""
    try:
        yield process
    finally:
        process.stop()


def alive(pid: int) -> bool:
    """Whether a process with this id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def end(pid: int) -> None:
    """SIGKILL to a process left behind by a lab that is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
