"""What changed while the machine runs: a quick look at drives and screens, put into the last whole inventory.

A whole inspection asks every drive many things and takes seconds; what was plugged in must show within two.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from agent.clock import now_text
from agent.config import Config

QUIET_SECONDS = 0.3  # one drive makes many events: its partitions, its links
LONGEST_WAIT = 0.8  # a device that stutters must not put the look off for ever


def quick_look(config: Config | None, root: Path = Path("/")) -> dict[str, Any]:
    """The drives without the slow questions, and the screens. Never raises."""
    from agent.collectors.drives import collect_drives
    from agent.collectors.guard import guarded
    from agent.collectors.screens import collect_screens

    problems: list[str] = []
    rig = config.rig if config else None
    drives = guarded("drives", problems, None, lambda: collect_drives(root, problems, rig=rig, smart=False))
    return {"drives": drives, "screens": guarded("screens", problems, None, lambda: collect_screens(root, []))}


def with_changes(last: dict[str, Any], look: dict[str, Any]) -> dict[str, Any] | None:
    """The last inventory with the drives and screens of now; None when nothing changed.

    Drives that were there keep what they answered; new ones have answered nothing yet. ``quick`` says that a whole
    inventory follows.
    """
    drives, screens = look.get("drives"), look.get("screens")
    before = {_key(drive): drive for drive in last.get("drives", [])}
    new = dict(last, quick=True, taken_at=now_text())
    if isinstance(drives, list):
        new["drives"] = [_kept(drive, before.get(_key(drive))) for drive in drives]
    if isinstance(screens, list):
        new["screens"] = screens
    same_drives = sorted(map(_key, new.get("drives", []))) == sorted(before)
    return None if same_drives and new.get("screens") == last.get("screens") else new


def _kept(drive: dict[str, Any], known: dict[str, Any] | None) -> dict[str, Any]:
    answers = ("smart", "erase") if known is not None else ()
    return {**drive, **{key: known[key] for key in answers if known and key in known}}


def _key(drive: dict[str, Any]) -> tuple[str, str, int]:
    return str(drive.get("path")), str(drive.get("serial")), int(drive.get("size_bytes") or 0)


async def quiet(changed: asyncio.Event) -> None:
    """Wait for a change, and then until no more come."""
    await changed.wait()
    until = asyncio.get_running_loop().time() + LONGEST_WAIT
    while changed.is_set() and asyncio.get_running_loop().time() < until:
        changed.clear()
        await asyncio.sleep(QUIET_SECONDS)
    changed.clear()
