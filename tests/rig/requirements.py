"""What this computer must have for the fast rig, and where the live root file system is."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

PACKAGES = {
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "dnsmasq": "dnsmasq-base",
    "losetup": "mount",
    "ssh": "openssh-client",
    "sgdisk": "gdisk",
}


def live_rootfs() -> Path:
    """The live image's root file system: RECYCLERIE_RIG_ROOTFS, else ``rootfs/live`` in the build cache."""
    chosen = os.environ.get("RECYCLERIE_RIG_ROOTFS")
    cache = Path(os.environ.get("RECYCLERIE_CACHE_DIR", "~/.cache/recyclerie"))
    return Path(chosen) if chosen else (cache / "rootfs" / "live").expanduser()


def missing(rootfs: Path | None = None) -> str:
    """Why the rig can't run here, in words with the next step; ``""`` when it can."""
    if os.geteuid() != 0:
        return "the fast rig mounts file systems and makes namespaces: run the tests as root"
    for tool, package in PACKAGES.items():
        if not shutil.which(tool):
            return f"{tool} is not installed: apt-get install {package}"
    root = rootfs or live_rootfs()
    if not (root / "usr" / "bin" / "python3").exists():
        return f"no live root file system at {root}: build it with `recyclerie image build live`"
    if not Path("/dev/loop-control").exists():
        return "this kernel offers no loop devices (/dev/loop-control is missing)"
    return ""
