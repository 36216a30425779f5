"""Takes away what a crashed test run left: only things whose name begins with the rig's prefix, without an owner.

Order matters: processes, loop devices (found by the path of their file, which an unmounted FUSE file has no
more; they go once their mount does), mounts, servers, network, the folder.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

from .cgroup import RigCgroup, hierarchies
from .command import quietly, run
from .network import PREFIX, base_folder


def owner_alive(folder: Path) -> bool:
    """Whether the test process that made this bench still runs."""
    try:
        pid = int((folder / "owner").read_text())
        return "python" in Path(f"/proc/{pid}/comm").read_text() or "pytest" in Path(f"/proc/{pid}/comm").read_text()
    except (OSError, ValueError):
        return False


def _mounts_below(folder: Path) -> list[str]:
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return sorted((point for point in points if point.startswith(f"{folder}/")), reverse=True)


def _end_servers(folder: Path) -> None:
    """nbdkit, nbdfuse and dnsmasq of this bench: their command lines name its folder."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        tool = Path(os.fsdecode(words[0])).name
        if tool in ("nbdkit", "nbdfuse", "dnsmasq") and any(str(folder).encode() + b"/" in one for one in words):
            os.kill(int(process.name), 15)


def sweep_bench(folder: Path) -> None:
    """Takes one dead bench away."""
    for mount in hierarchies().values():
        for group in mount.glob(f"{folder.name}-*"):
            cgroup = RigCgroup(group.name)
            cgroup.kill()
            cgroup.remove()
    for loop in json.loads(run("losetup", "--json", "--list") or "{}").get("loopdevices", []):
        if str(loop["back-file"]).startswith(f"{folder}/"):
            quietly("losetup", "--detach", loop["name"])
    for point in _mounts_below(folder):
        quietly("umount", "--lazy", point)
    _end_servers(folder)
    for namespace in Path("/run/netns").glob(f"{folder.name}-*"):
        quietly("ip", "netns", "delete", namespace.name)
    quietly("ip", "link", "delete", folder.name)
    shutil.rmtree(folder, ignore_errors=True)


def sweep() -> list[str]:
    """Takes every dead bench away; returns their names."""
    ours = re.compile(rf"{PREFIX}[0-9a-f]{{4}}")
    folders = [path for path in base_folder().iterdir() if ours.fullmatch(path.name) and (path / "owner").exists()]
    dead = [path for path in folders if not owner_alive(path)]
    for folder in dead:
        sweep_bench(folder)
    return [folder.name for folder in dead]
