"""Debian's own updates, from the files that it keeps of them: nothing is asked over the network, nothing is started.

What unattended-upgrades did: the stamp that it touches at the end of each run, and its log. Its words are in the
language of the system; the levels (INFO, WARNING, ERROR) are not. How many security updates wait: a dry run of apt over
the lists that are there, which names the archive that each package comes from.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.files import read_json
from agent.tools import Ran, run

STAMPS = Path("var/lib/apt/periodic")
LOG = Path("var/log/unattended-upgrades/unattended-upgrades.log")
PROGRAM = Path("usr/bin/unattended-upgrade")
REBOOT = Path("run/reboot-required")
LISTS = Path("var/lib/apt/lists")
LOG_BYTES = 200_000  # of its end: months
RUN_SECONDS = 3 * 3600  # lines further apart belong to different runs
_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d+ ([A-Z]+) ")
# "Inst libc6 [2.41-12] (2.41-12+deb13u1 Debian-Security:13/stable-security [amd64])"
_INST = re.compile(r"^Inst (\S+) (\[[^]]*\] )?\((\S+) ([^)]*)\)", re.MULTILINE)


def collect_updates(
    root: Path = Path("/"), *, state_dir: Path | None = None, ask: Callable[[list[str]], Ran] | None = None
) -> dict[str, Any]:
    """What is known; null where it can't be read. Times are UTC."""
    pending, security = _pending(ask or (lambda argv: run(argv, seconds=120)))
    last_run, failed = _last_run(root)
    return {
        "unattended": (root / PROGRAM).exists(),
        "lists_at": _time_of(root / STAMPS / "update-success-stamp") or _newest(root / LISTS),
        "last_run_at": last_run,
        "last_success_at": _time_of(root / STAMPS / "unattended-upgrades-stamp"),
        "last_run_failed": failed,
        "pending": pending,
        "pending_security": security,
        "reboot_required": (root / REBOOT).exists(),
        "agent": _agent(state_dir),
    }


def _pending(ask: Callable[[list[str]], Ran]) -> tuple[int | None, int | None]:
    """How many packages wait, and how many of them for security. A dry run takes no lock and changes nothing."""
    ran = ask(["apt-get", "--just-print", "-o", "Debug::NoLocking=1", "dist-upgrade"])
    return count_pending(ran.out) if ran.ok else (None, None)


def count_pending(out: str) -> tuple[int, int]:
    """Packages, and those among them that come from a security archive. What is newly pulled in is not counted."""
    found = [match for match in _INST.finditer(out) if match.group(2)]
    return len(found), sum("security" in match.group(4).lower() for match in found)


def _last_run(root: Path) -> tuple[str | None, bool | None]:
    """When unattended-upgrades last said something, and whether an error was in what belongs to that run."""
    lines = parse_log(_tail(root / LOG))
    if not lines:
        return _time_of(root / STAMPS / "unattended-upgrades-stamp"), None
    last = lines[-1][0]
    mine = [level for at, level in lines if (last - at).total_seconds() <= RUN_SECONDS]
    return _text(last.timestamp()), any(level in ("ERROR", "CRITICAL") for level in mine)


def parse_log(text: str) -> list[tuple[datetime, str]]:
    """Local time and level of each line that has them. A clock that was put back begins a new list."""
    found: list[tuple[datetime, str]] = []
    for match in _LINE.finditer(text):
        try:
            at = datetime.strptime(match.group(1), "%Y-%m-%d %H:%M:%S").astimezone()
        except (ValueError, OverflowError, OSError):
            continue
        if found and at < found[-1][0]:
            found = []
        found.append((at, match.group(2)))
    return found


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - LOG_BYTES))
            return stream.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _agent(state_dir: Path | None) -> dict[str, str] | None:
    """What came of the agent's last look for a new version of itself (agent/update)."""
    last = (read_json(state_dir / "update" / "memory.json") or {}).get("last") if state_dir else None
    if not isinstance(last, dict):
        return None
    return {name: str(last.get(name) or "") for name in ("at", "outcome", "version", "detail")}


def _time_of(path: Path) -> str | None:
    try:
        return _text(path.stat().st_mtime)
    except OSError:
        return None


def _newest(folder: Path) -> str | None:
    """When apt's lists were last written."""
    times = [_time_of(path) for path in folder.glob("*_InRelease")]
    return max((time for time in times if time), default=None)


def _text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
