"""Whose screen it is: the X11 session that is in front at the seat, and how to reach its display.

systemd-logind says who is signed in (``loginctl``); how to reach the display is read from the environment of that
session's own processes, as display managers put XAUTHORITY in different places.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.protocol_assist import LOCKED, NOBODY, WAYLAND
from agent.tools import run

SEAT = "seat0"
FIELDS = ("Id", "Name", "User", "Type", "Class", "State", "Active", "Display", "LockedHint", "Seat", "Remote")
# What the family's session says that its windows need: language, look, where a screen reader listens.
PASSED_ON = (
    *("LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"),
    *("GDK_SCALE", "GDK_DPI_SCALE", "GTK_THEME"),
)
LOGINCTL_SECONDS = 10.0


class NoDisplay(Exception):
    """There is no screen that can be shared. ``code`` is one of protocol_assist."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


@dataclass(frozen=True)
class Screen:
    """One signed-in person's X11 screen."""

    display: str  # ":0"
    xauthority: str  # "" where the server takes the account itself
    user: str
    uid: int
    gid: int
    home: str
    session: str = ""  # logind's name of it; "" in a test's rig
    loginctl: str = "loginctl"
    environment: dict[str, str] = field(default_factory=dict)


def find_screen(rig: dict[str, Any] | None = None) -> Screen:
    """The screen in front of which somebody sits. Raises NoDisplay."""
    played = (rig or {}).get("display")
    played = played if isinstance(played, dict) else {}
    if rig is not None and "loginctl" not in played:
        return _played(played)
    loginctl = str(played.get("loginctl") or "loginctl")
    chosen = choose(_sessions(loginctl))
    around = played.get("environment") or environment_of(_processes(int(chosen["User"]), chosen["Id"]))
    account = _account(chosen["Name"])
    display = chosen.get("Display") or around.get("DISPLAY", "")
    if not display:
        raise NoDisplay(NOBODY, "the session in front has no display")
    return Screen(
        display=display,
        xauthority=around.get("XAUTHORITY") or _usual_xauthority(account),
        user=account.pw_name,
        uid=account.pw_uid,
        gid=account.pw_gid,
        home=account.pw_dir,
        session=chosen["Id"],
        loginctl=loginctl,
        environment={name: around[name] for name in PASSED_ON if name in around},
    )


def still_there(screen: Screen) -> str:
    """Nothing while the same session is in front and not locked; else what became of it, in English."""
    if not screen.session:
        return ""
    ran = run([screen.loginctl, "show-session", screen.session, *_wanted()], seconds=LOGINCTL_SECONDS)
    if not ran.ok:
        return "the family signed out"
    found = parse_properties(ran.out)
    if found.get("Active") != "yes":
        return "another session is in front"
    return "the screen was locked" if found.get("LockedHint") == "yes" else ""


def choose(sessions: Iterable[dict[str, str]]) -> dict[str, str]:
    """The session at the seat that can be shared. Raises NoDisplay saying why there is none."""
    here = [one for one in sessions if one.get("Seat") == SEAT and one.get("Remote") != "yes"]
    people = [one for one in here if one.get("Class", "").startswith("user")]
    in_front = next((one for one in here if one.get("Active") == "yes"), None)
    if in_front is None or in_front not in people:
        if any(one.get("LockedHint") == "yes" for one in people):
            raise NoDisplay(LOCKED, "the screen is locked")
        raise NoDisplay(NOBODY, "nobody is signed in at the screen")
    if in_front.get("LockedHint") == "yes":
        raise NoDisplay(LOCKED, "the screen is locked")
    if in_front.get("Type") == "x11":
        return in_front
    if in_front.get("Type") in ("wayland", "mir"):
        raise NoDisplay(WAYLAND, f"the session in front is {in_front['Type']}")
    raise NoDisplay(NOBODY, "no desktop is open at the screen")


def parse_properties(text: str) -> dict[str, str]:
    """``Name=value`` lines, as loginctl prints them."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def environment_of(processes: Iterable[Path]) -> dict[str, str]:
    """The environment of the first of these processes that knows its display; empty when none does."""
    for process in processes:
        try:
            parts = (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        found = dict(part.decode("utf-8", "replace").split("=", 1) for part in parts if b"=" in part)
        if found.get("DISPLAY"):
            return found
    return {}


def _sessions(loginctl: str) -> list[dict[str, str]]:
    listed = run([loginctl, "list-sessions", "--no-legend"], seconds=LOGINCTL_SECONDS)
    if not listed.ok:
        raise NoDisplay(NOBODY, listed.explain())
    names = [line.split()[0] for line in listed.out.splitlines() if line.split()]
    shown = [run([loginctl, "show-session", name, *_wanted()], seconds=LOGINCTL_SECONDS) for name in names[:50]]
    return [parse_properties(ran.out) for ran in shown if ran.ok]


def _wanted() -> list[str]:
    return [f"--property={name}" for name in FIELDS]


def _processes(uid: int, session: str) -> list[Path]:
    """That session's own processes, the oldest first; where the scope isn't known, all of that account."""
    scope = Path(f"/sys/fs/cgroup/user.slice/user-{uid}.slice/session-{session}.scope/cgroup.procs")
    try:
        pids = sorted(int(line) for line in scope.read_text().split())
    except (OSError, ValueError):
        pids = sorted(int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [Path(f"/proc/{pid}") for pid in pids if _owner(pid) == uid]


def _owner(pid: int) -> int:
    try:
        return Path(f"/proc/{pid}").stat().st_uid
    except OSError:
        return -1


def _usual_xauthority(account: pwd.struct_passwd) -> str:
    places = (Path(f"/run/lightdm/{account.pw_name}/xauthority"), Path(account.pw_dir) / ".Xauthority")
    return next((str(path) for path in places if path.is_file()), "")


def _account(name: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(name)
    except KeyError as problem:
        raise NoDisplay(NOBODY, "the account in front is not known here") from problem


def _played(played: dict[str, Any]) -> Screen:
    """A test's display: ``display``, ``xauthority``, ``user``, and ``environment`` (its language)."""
    if not played.get("display"):
        raise NoDisplay(str(played.get("code") or NOBODY), "the rig has no display")
    account = _account(str(played.get("user") or pwd.getpwuid(os.geteuid()).pw_name))
    return Screen(
        display=str(played["display"]),
        xauthority=str(played.get("xauthority") or ""),
        user=account.pw_name,
        uid=account.pw_uid,
        gid=account.pw_gid,
        home=account.pw_dir,
        environment={str(name): str(value) for name, value in (played.get("environment") or {}).items()},
    )
