"""Running the tools that build images: lists of arguments, errors with the tool's own last words."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from images.errors import ImageError

Report = Callable[[str, float | None], None]
"""Tells a person how far the build is: a line, and the share done (0 to 1) where it is known."""

# sbin is not on the path of every user of a Debian machine, and cron has neither.
_SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def tool_path() -> str:
    """PATH with the system administrator's folders."""
    parts = os.environ.get("PATH", "/usr/bin:/bin").split(":")
    return ":".join([*parts, *(part for part in _SBIN if part not in parts)])


def tool_environment() -> dict[str, str]:
    """The environment of every tool: C locale so that output can be parsed, no Debian questions."""
    return {**os.environ, "PATH": tool_path(), "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def need_tools(tools: dict[str, str]) -> None:
    """Fail early, naming every missing tool and the Debian package that has it. ``tools``: name → package."""
    missing = {name: package for name, package in tools.items() if not shutil.which(name, path=tool_path())}
    if missing:
        raise ImageError(
            f"Missing on this machine: {', '.join(sorted(missing))}",
            hint=f"apt-get install {' '.join(sorted(set(missing.values())))}",
        )


def need_root() -> None:
    """Fail unless we are root: mmdebstrap and chroot need it here."""
    if os.geteuid() != 0:
        raise ImageError(
            "Building an image needs root", hint="run the same command with sudo, or as root in a container"
        )


def run(
    command: Sequence[str | Path],
    *,
    hint: str,
    input_bytes: bytes | None = None,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
) -> bytes:
    """Run a tool to its end and return what it printed. Raises ``ImageError`` with its last lines."""
    arguments = [str(part) for part in command]
    try:
        done = subprocess.run(
            arguments,
            input=input_bytes,
            stdin=subprocess.DEVNULL if input_bytes is None else None,
            capture_output=True,
            cwd=cwd,
            env={**tool_environment(), **(env or {})},
            check=False,
        )
    except FileNotFoundError as error:
        raise ImageError(f"{arguments[0]} is not installed", hint=hint) from error
    if done.returncode != 0:
        raise _failed(arguments, done.returncode, (done.stdout + done.stderr).decode(errors="replace"), hint)
    return done.stdout


def run_lines(command: Sequence[str | Path], on_line: Callable[[str], None], *, log: Path, hint: str) -> None:
    """Run a long tool, give each line it prints to ``on_line``, keep all of them in the file ``log``."""
    arguments = [str(part) for part in command]
    tail: list[str] = []
    with log.open("w", encoding="utf-8") as kept:
        try:
            process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                env=tool_environment(),
            )
        except FileNotFoundError as error:
            raise ImageError(f"{arguments[0]} is not installed", hint=hint) from error
        try:
            assert process.stdout is not None  # noqa: S101 - stdout=PIPE above
            for line in process.stdout:
                kept.write(line)
                tail = [*tail[-30:], line.rstrip()]
                on_line(line.rstrip())
            code = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if code != 0:
        raise _failed(arguments, code, "\n".join(tail), f"{hint} (everything it printed: {log})")


def _failed(arguments: Sequence[str], code: int, output: str, hint: str) -> ImageError:
    lines: Iterable[str] = [line for line in output.splitlines() if line.strip()][-8:]
    words = "\n    ".join(lines) or "(it printed nothing)"
    if "No space left on device" in output:
        hint = "the disk is full: free some space (the cache folder can be deleted), then run it again"
    return ImageError(f"{arguments[0]} failed with status {code}:\n    {words}", hint=hint)
