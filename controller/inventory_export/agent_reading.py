"""A folder of dumps or a capture, read by the agent's own code: another program, which is run and not imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import controller
from controller.errors import RecyclerieError
from controller.i18n import N_
from controller.inventory_export.clean import rows, text

SECONDS = 120.0
SCHEMA = "recyclerie.inventory/"
MAX_FILE = 64 * 2**20
# The agent that came with this controller, wherever it is called from.
HOME = Path(controller.__file__).resolve().parents[1]


def read_snapshot(source: Path) -> dict[str, Any]:
    """The snapshot in ``source``: a snapshot's own JSON file as it is, anything else as the agent reads it.

    Raises:
        RecyclerieError: there is nothing, or the agent can't read it.
    """
    if not source.exists():
        raise RecyclerieError(
            N_("There is no {path}."),
            N_("Give a folder of dumps, a capture or the JSON file of an inventory."),
            path=source,
        )
    return _own_file(source) or _by_the_agent(source)


def unknown(snapshot: dict[str, Any]) -> list[str]:
    """What a snapshot doesn't say, in words for a person: the agent's problems, then the names of what is missing."""
    problems = snapshot.get("problems")
    lines = [text(problem) for problem in problems[:50]] if isinstance(problems, list) else []
    missing = ", ".join(text(row.get("what")) for row in rows(snapshot, "missing"))
    return [*filter(None, lines), *([f"not known: {missing}"] if missing else [])]


def _own_file(source: Path) -> dict[str, Any] | None:
    """An inventory snapshot in a file; None for anything else."""
    if not source.is_file() or source.stat().st_size > MAX_FILE:
        return None
    with source.open("rb") as file:
        if not file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return None
    try:
        found = json.loads(source.read_text(encoding="utf-8-sig", errors="replace"))
    except (ValueError, RecursionError):
        return None
    return found if _is_snapshot(found) else None


def _by_the_agent(source: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "agent", "inspect", "--from", str(source.resolve()), "--json"]
    # Whatever this system's language is, and half pairs of UTF-16 too: they are in some drives' names.
    around = os.environ | {"PYTHONIOENCODING": "utf-8:surrogatepass"}
    try:
        ran = subprocess.run(
            command,
            cwd=HOME,
            env=around,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise _unreadable(source, f"no answer after {SECONDS:.0f} seconds") from None
    said = (ran.stderr.decode(errors="replace").strip().splitlines() or [f"exit status {ran.returncode}"])[-1]
    try:
        found = json.loads(ran.stdout)
    except (ValueError, RecursionError):
        raise _unreadable(source, said) from None
    if not _is_snapshot(found):
        raise _unreadable(source, said)
    return dict(found)


def _is_snapshot(found: object) -> bool:
    return isinstance(found, dict) and str(found.get("schema", "")).startswith(SCHEMA)


def _unreadable(source: Path, why: str) -> RecyclerieError:
    return RecyclerieError(
        N_("{path} can't be read as a machine: {why}."),
        N_("It must hold what dmidecode, lscpu, lspci and smartctl print, or be a capture of recyclerie-agent."),
        path=source,
        why=text(why).rstrip("."),
    )
