"""What one check found, and how checks run other programs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """Whether the check passed, and what was seen, in words a technician can act on."""

    ok: bool
    detail: str


def passed(detail: str) -> Outcome:
    """A check that passed."""
    return Outcome(True, detail)


def failed(detail: str) -> Outcome:
    """A check that didn't."""
    return Outcome(False, detail)


@dataclass(frozen=True)
class Ran:
    """How a program ended: its exit status (127 not installed, 124 too slow, minus the signal) and its output."""

    status: int
    output: str

    @property
    def last_line(self) -> str:
        """The last thing it said."""
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        return lines[-1][:300] if lines else "no output"


def run(argv: Sequence[str], *, timeout: float = 60, home: str | Path | None = None) -> Ran:
    """Runs a program in the C locale, output and errors together. ``home``: a throw-away home folder."""
    environment = os.environ | {"LC_ALL": "C.UTF-8", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin:/usr/games"}
    if home is not None:
        environment |= {"HOME": str(home), "XDG_CONFIG_HOME": f"{home}/.config", "XDG_CACHE_HOME": f"{home}/.cache"}
    try:
        done = subprocess.run(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
            env=environment,
        )
    except FileNotFoundError:
        return Ran(127, f"{argv[0]} is not installed")
    except subprocess.TimeoutExpired:
        return Ran(124, f"{argv[0]} took longer than {timeout:.0f} s")
    except OSError as error:
        return Ran(126, f"{argv[0]}: {error}")
    return Ran(done.returncode, done.stdout.decode("utf-8", "replace"))
