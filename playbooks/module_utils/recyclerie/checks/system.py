"""The system as a whole: started, nothing failed, on its own disk, in French, with room left."""

from __future__ import annotations

import fnmatch
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .outcome import Outcome, failed, passed, run

Options = Mapping[str, Any]
LIVE_SOURCES = ("overlay", "tmpfs", "squashfs", "aufs", "rootfs")


def check_booted(options: Options) -> Outcome:
    """The start is over and ``target`` (default multi-user.target) was reached. ``wait_seconds``: default 300."""
    target = str(options.get("target", "multi-user.target"))
    wait = float(options.get("wait_seconds", 300))
    state = run(["systemctl", "is-system-running", "--wait"], timeout=wait).last_line
    active = run(["systemctl", "is-active", target]).last_line
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    if active != "active":
        return failed(f"{target} is {active}, the system is {state}: see `journalctl -b -p err` on the machine.")
    return passed(f"{target} reached, the system is {state}, up for {uptime:.0f} s")


def failed_units(listing: str, ignore: list[str]) -> list[str]:
    """Names of the failed units in ``systemctl list-units --state=failed --plain --no-legend``'s output."""
    names = [line.split()[0] for line in listing.splitlines() if line.strip()]
    return [name for name in names if not any(fnmatch.fnmatch(name, pattern) for pattern in ignore)]


def check_no_failed_units(options: Options) -> Outcome:
    """No unit has failed, but for those that match a pattern in ``ignore``."""
    ran = run(["systemctl", "list-units", "--state=failed", "--plain", "--no-legend", "--no-pager"])
    if ran.status:
        return failed(f"systemctl: {ran.last_line}")
    names = failed_units(ran.output, [str(pattern) for pattern in options.get("ignore", [])])
    if names:
        return failed(f"failed: {', '.join(names)}. See `systemctl status` of each on the machine.")
    return passed("no unit has failed")


def check_unit_active(options: Options) -> Outcome:
    """The unit named ``unit`` is active, if need be after ``wait_seconds`` (default 30)."""
    unit = str(options["unit"])
    deadline = time.monotonic() + float(options.get("wait_seconds", 30))
    while (state := run(["systemctl", "is-active", unit]).last_line) != "active" and time.monotonic() < deadline:
        time.sleep(1)
    if state == "active":
        return passed(f"{unit} is active")
    return failed(f"{unit} is {state}: see `systemctl status {unit}` on the machine.")


def root_mount(mounts: str) -> tuple[str, str, str]:
    """Source, file system type and options of ``/`` in /proc/self/mounts; the last mount over it counts."""
    lines = [line.split() for line in mounts.splitlines()]
    found = [line for line in lines if len(line) > 3 and line[1] == "/"]
    if not found:
        return "", "", ""
    return found[-1][0], found[-1][2], found[-1][3]


def check_installed_root(_: Options) -> Outcome:
    """The system runs from its own disk, writable, and not from the live image."""
    source, kind, flags = root_mount(Path("/proc/self/mounts").read_text())
    if kind in LIVE_SOURCES or Path("/run/live").is_dir():
        return failed(f"/ is {kind} from {source}: the machine runs the live image, not its own disk.")
    if "rw" not in flags.split(","):
        return failed(f"/ ({source}) is mounted read-only: the disk or its file system is damaged.")
    return passed(f"/ is {kind} on {source}, writable")


def check_locale(options: Options) -> Outcome:
    """``locale`` (default fr_FR.UTF-8) is generated and the system's default."""
    wanted = str(options.get("locale", "fr_FR.UTF-8"))
    files = [Path("/etc/locale.conf"), Path("/etc/default/locale")]
    text = "\n".join(path.read_text() for path in files if path.is_file())
    found = re.search(r'^\s*LANG="?([^"\s]+)"?', text, re.MULTILINE)
    default = found.group(1) if found else "not set"
    generated = {_plain(name) for name in run(["locale", "-a"]).output.split()}
    if _plain(default) != _plain(wanted):
        return failed(f"the system's language is {default}, expected {wanted}")
    if _plain(wanted) not in generated:
        return failed(f"{wanted} is chosen but was not generated: run locale-gen")
    return passed(f"{wanted} is generated and the default")


def _plain(locale: str) -> str:
    return locale.lower().replace("-", "")


def check_disk_space(options: Options) -> Outcome:
    """At least ``min_free_mib`` (default 1024) are free for users on ``mount`` (default /)."""
    mount = str(options.get("mount", "/"))
    minimum = int(options.get("min_free_mib", 1024))
    usage = os.statvfs(mount)
    free = usage.f_bavail * usage.f_frsize // 2**20
    total = usage.f_blocks * usage.f_frsize // 2**20
    words = f"{free} MiB of {total} MiB are free on {mount}"
    return passed(words) if free >= minimum else failed(f"{words}, at least {minimum} MiB are needed")
