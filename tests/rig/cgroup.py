"""A control group of the PC's own: its processes can all be ended at once, and only its disks can be opened.

Two PCs in one control group would be one tree to their two systemds, each killing the other's services. The
``devices`` controller (where the host has cgroup v1's) is the second lock on the host's disks: without it a
root shell in the PC could mount a devtmpfs and open them, although it may not make nodes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

from .command import RigError

# null, zero, full, random, urandom and kmsg; tty, console and ptmx; pseudo-terminals; tun and fuse
ALWAYS_ALLOWED = ("c 1:* rwm", "c 5:* rwm", "c 136:* rwm", "c 10:200 rw", "c 10:229 rw")


def hierarchies() -> dict[str, Path]:
    """Mount points of the host's control groups that the rig uses: ``unified``, ``systemd``, ``devices``."""
    found: dict[str, Path] = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        left, _, right = line.partition(" - ")
        mount_point = Path(left.split()[4])
        kind, _, options = right.split(maxsplit=2)
        if kind == "cgroup2":
            found["unified"] = mount_point
        elif kind == "cgroup" and "name=systemd" in options.split(","):
            found["systemd"] = mount_point
        elif kind == "cgroup" and "devices" in options.split(","):
            found["devices"] = mount_point
    return found


def device_number(node: str | Path) -> str:
    """``major:minor`` of a device node."""
    number = os.stat(node).st_rdev  # noqa: PTH116 - Path.stat would do the same
    return f"{os.major(number)}:{os.minor(number)}"


class RigCgroup:
    """Control groups named after one PC, in every hierarchy the rig uses."""

    def __init__(self, name: str) -> None:
        self.folders = [mount / name for mount in hierarchies().values()]
        if not self.folders:
            raise RigError("this host has no control groups mounted", "mount cgroup2 on /sys/fs/cgroup")
        devices = hierarchies().get("devices")
        self.devices = devices / name if devices else None

    def create(self, block_devices: Iterable[str]) -> None:
        """Makes the groups; of all block devices only ``block_devices`` may be opened inside."""
        for folder in self.folders:
            folder.mkdir(exist_ok=True)
        if self.devices:
            (self.devices / "devices.deny").write_text("a")
            rules = (*ALWAYS_ALLOWED, *(f"b {device_number(node)} rw" for node in block_devices))
            for rule in rules:
                (self.devices / "devices.allow").write_text(rule)

    def wrap(self, argv: list[str]) -> list[str]:
        """The command, started inside the groups."""
        enter = 'while [ "$1" != -- ]; do echo $$ > "$1"; shift; done; shift; exec "$@"'
        procs = [str(folder / "cgroup.procs") for folder in self.folders]
        return ["sh", "-c", enter, "rcy-enter", *procs, "--", *argv]

    def pids(self) -> list[int]:
        """Processes in the groups and below."""
        found: set[int] = set()
        for folder in self.folders:
            for path in folder.rglob("cgroup.procs"):
                try:
                    found.update(int(word) for word in path.read_text().split())
                except OSError:
                    continue  # the group went away while we looked
        return sorted(found - {0})

    def kill(self, timeout: float = 10) -> None:
        """Ends everything inside at once, as a pulled plug does, and waits until it is gone."""
        deadline = time.monotonic() + timeout
        while pids := self.pids():
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            if time.monotonic() > deadline:
                raise RigError(f"processes {pids} of {self.folders[0].name} do not die")
            time.sleep(0.01)

    def remove(self) -> None:
        """Removes the groups, deepest first."""
        for folder in self.folders:
            if not folder.exists():
                continue
            for path in (*sorted(folder.rglob("*"), reverse=True), folder):
                if path.is_dir():
                    with contextlib.suppress(FileNotFoundError):  # two test runs may sweep at once
                        path.rmdir()
