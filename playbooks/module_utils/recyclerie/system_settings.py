"""Settings of an installed system that a family asks to change: time zone, keyboard."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

ZONES = Path("/usr/share/zoneinfo")
LOCALTIME = Path("/etc/localtime")
TIMEZONE = Path("/etc/timezone")
KEYBOARD = Path("/etc/default/keyboard")
ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}")
LAYOUT = re.compile(r"([a-z]{2,3})(?:\(([A-Za-z0-9_-]+)\))?")


class SettingProblem(Exception):
    """What can't be set, and what to do next."""


def set_timezone(zone: str) -> bool:
    """Set the time zone; whether that changed something."""
    target = ZONES / zone
    if not ZONE.fullmatch(zone) or not target.is_file():
        raise SettingProblem(f"There is no time zone {zone!r} on this system. Write it as Europe/Paris.")
    if LOCALTIME.is_symlink() and LOCALTIME.resolve() == target.resolve():
        return False
    fresh = LOCALTIME.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(LOCALTIME)
    TIMEZONE.write_text(f"{zone}\n")
    return True


def set_keyboard(layout: str) -> bool:
    """Set the keyboard's layout (``fr``, ``fr(oss)``): on text consoles at once, on the desktop at the next login."""
    match = LAYOUT.fullmatch(layout)
    if match is None:
        raise SettingProblem(f"{layout!r} is no keyboard layout. Write it as fr or fr(oss).")
    wanted = {"XKBLAYOUT": match.group(1), "XKBVARIANT": match.group(2) or ""}
    before = KEYBOARD.read_text() if KEYBOARD.exists() else 'XKBMODEL="pc105"\nXKBOPTIONS=""\nBACKSPACE="guess"\n'
    after = before
    for name, value in wanted.items():
        line = f'{name}="{value}"'
        after, found = re.subn(rf"^{name}=.*$", line, after, flags=re.MULTILINE)
        after += "" if found else f"{line}\n"
    if after == before:
        return False
    KEYBOARD.write_text(after)
    if shutil.which("setupcon"):
        subprocess.run(["setupcon", "--save-only"], capture_output=True, check=False)
    return True
