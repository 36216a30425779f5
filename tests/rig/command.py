"""Runs one host command and turns a failure into an error that says what to do next."""

from __future__ import annotations

import subprocess
from pathlib import Path


class RigError(Exception):
    """Something the fast rig could not do; ``hint`` is the next step for the person running the tests."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}\n  next: {hint}" if hint else message)
        self.hint = hint


def run(*argv: str | Path, timeout: float = 60, hint: str = "") -> str:
    """Standard output of a command; :class:`RigError` with its standard error when it fails."""
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=False)
    except FileNotFoundError as error:
        raise RigError(f"{words[0]} is not installed", hint or f"install the package of {words[0]}") from error
    if done.returncode:
        raise RigError(f"`{' '.join(words)}` ended with {done.returncode}: {done.stderr.strip()}", hint)
    return done.stdout


def quietly(*argv: str | Path, timeout: float = 60) -> bool:
    """Whether a command succeeded: for clean-up, where what is already gone is fine."""
    done = subprocess.run([str(word) for word in argv], capture_output=True, timeout=timeout, check=False)
    return done.returncode == 0
