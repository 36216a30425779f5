"""Puts our icons on the desktop of the account that signed in (XDG autostart, as that account, once for each icon).

Xfce starts a ``.desktop`` file from the desktop folder without a question only if it is executable and its own SHA-256
stands in the file's metadata (``xfce_g_file_is_trusted`` of libxfce4util 4.20). An icon that the family threw away
stays away; one that they didn't touch follows ours.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

APPLICATIONS = Path("/usr/share/applications")
LAUNCHERS = ("recyclerie-help.desktop", "recyclerie-promises.desktop")
CHECKSUM = "metadata::xfce-exe-checksum"
Trust = Callable[[Path, str], None]


def place_icons(home: Path, desktop: Path, applications: Path = APPLICATIONS, trust: Trust | None = None) -> list[str]:
    """Put each launcher that is installed onto ``desktop``. Returns the names of those that were written.

    Args:
        home: of the account; what was placed is remembered in ``.config/recyclerie/icons.json`` below it.
        trust: notes a checksum in a file's metadata; default: through GIO.
    """
    memory = home / ".config" / "recyclerie" / "icons.json"
    placed = _read(memory)
    written = []
    for name in LAUNCHERS:
        source, goal = applications / name, desktop / name
        if not source.is_file():
            continue
        content = source.read_bytes()
        wanted = hashlib.sha256(content).hexdigest()
        known = placed.get(name)
        if known is not None and not goal.exists():
            continue  # thrown away
        if goal.exists() and hashlib.sha256(goal.read_bytes()).hexdigest() not in (known, wanted):
            continue  # changed by the family: theirs
        if known != wanted or not goal.exists():
            desktop.mkdir(parents=True, exist_ok=True)
            fresh = desktop / f".{name}.new"
            fresh.write_bytes(content)
            fresh.chmod(0o755)
            fresh.replace(goal)
            written.append(name)
        (trust or trust_by_gio)(goal, wanted)
        placed[name] = wanted
    if written:
        memory.parent.mkdir(parents=True, exist_ok=True)
        memory.write_text(json.dumps(placed, indent=1) + "\n", encoding="utf-8")
    return written


def trust_by_gio(path: Path, checksum: str, tries: int = 20) -> None:
    """Note the checksum in the file's metadata. GVfs may be starting just now: asked again for ten seconds.

    Raises:
        OSError: GVfs doesn't take it; the icon then asks once whether it may start.
    """
    import gi  # type: ignore[import-not-found,import-untyped,unused-ignore]  # Debian's own, not in every checkout

    gi.require_version("Gio", "2.0")
    from gi.repository import Gio, GLib  # type: ignore[import-not-found,import-untyped,unused-ignore]

    file = Gio.File.new_for_path(str(path))
    for left in reversed(range(tries)):
        try:
            file.set_attribute_string(CHECKSUM, checksum, Gio.FileQueryInfoFlags.NONE, None)
            return
        except GLib.Error as problem:
            if not left:
                raise OSError(f"{path}: its metadata can't be written: {problem.message}") from problem
            time.sleep(0.5)


def desktop_folder(home: Path) -> Path:
    """The account's desktop folder, in its own language (~/Bureau, ~/Desktop…)."""
    try:
        done = subprocess.run(["xdg-user-dir", "DESKTOP"], capture_output=True, text=True, check=False, timeout=10)
        named = Path(done.stdout.strip() or "/")
    except (OSError, subprocess.SubprocessError):
        named = home
    # Without a folder of its own the answer is the home folder itself: nothing is strewn about there.
    return named if named not in (home, Path("/")) else home / "Desktop"


def _read(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def main() -> int:
    """``recyclerie-agent place-icons``."""
    home = Path(os.environ.get("HOME") or Path.home())
    try:
        for name in place_icons(home, desktop_folder(home)):
            print(f"placed {name}")
    except (OSError, ImportError) as problem:
        print(f"recyclerie-agent: the icons can't be put on the desktop: {problem}")
        return 1
    return 0
