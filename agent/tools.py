"""Running other programs: a list of arguments, a time limit, the C locale, and never an exception."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

MISSING = 127  # exit status when the tool is not installed, as shells have it
TIMED_OUT = 124  # exit status when it took too long, as timeout(1) has it


@dataclass(frozen=True)
class Ran:
    """What a tool did. ``status`` is its exit status, MISSING or TIMED_OUT, or minus the signal."""

    command: str
    status: int
    out: str
    err: str

    @property
    def ok(self) -> bool:
        return self.status == 0

    def explain(self) -> str:
        """One line for a person: the tool, how it ended, the last thing it said."""
        said = (self.err.strip() or self.out.strip()).splitlines()
        last = said[-1].strip() if said else ""
        if self.status == MISSING:
            return f"{self.command}: not installed"
        if self.status == TIMED_OUT:
            return f"{self.command}: took too long and was stopped"
        return f"{self.command}: exit status {self.status}{': ' + last if last else ''}"


def run(arguments: Sequence[str], *, seconds: float = 30.0, text_in: str | None = None, cwd: str | None = None) -> Ran:
    """Run a tool and wait for it, at most ``seconds``. ``text_in`` goes to its standard input."""
    name = arguments[0]
    try:
        process = subprocess.Popen(
            list(arguments),
            stdin=subprocess.DEVNULL if text_in is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env=environment(),
            cwd=cwd,
        )
    except FileNotFoundError:
        return Ran(name, MISSING, "", "")
    except OSError as problem:
        return Ran(name, 126, "", str(problem))
    try:
        out, err = process.communicate(text_in, timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        # A tool that asks a dying drive may be stuck in the kernel, where no signal reaches it: leave it there.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=2)
        return Ran(name, TIMED_OUT, "", "")
    return Ran(name, process.returncode, out, err)


def environment() -> dict[str, str]:
    """What a tool runs in: ours, with plain English and the administrator's directories."""
    return dict(os.environ, LC_ALL="C", LANG="C", PATH=_path())


def _path() -> str:
    """PATH with the administrator's directories: smartctl and dmidecode live in sbin."""
    path = os.environ.get("PATH", "")
    return ":".join([path, "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"]).lstrip(":")
