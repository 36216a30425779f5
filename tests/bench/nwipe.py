"""nwipe as the live image has it, on one loop device; and, counted by strace, what it spends its time with.

It runs in the live image's root file system, in a mount namespace of its own, where the one device is the only
drive that has a node: nwipe can't reach another one.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

from agent.jobs.erase_nwipe import nwipe_command
from tests.bench.erase_devices import Device
from tests.rig.requirements import live_rootfs

# $1 the root file system, $2 an empty folder, $3 the loop device's minor number, $4 the control group to join or "";
# then nwipe's own arguments.
_SCRIPT = """
root=$1 place=$2 minor=$3 group=$4; shift 4
[ -z "$group" ] || echo $$ >"$group"
mount --bind "$root" "$place"
mount -t proc proc "$place/proc"
mount -t sysfs -o ro sysfs "$place/sys"
mount -t tmpfs -o mode=755,size=1m tmpfs "$place/dev"
mount -t tmpfs -o mode=755,size=16m tmpfs "$place/run"
mknod -m 666 "$place/dev/null" c 1 3
mknod -m 666 "$place/dev/zero" c 1 5
mknod -m 444 "$place/dev/urandom" c 1 9
mknod -m 444 "$place/dev/random" c 1 8
mknod -m 600 "$place/dev/loop$minor" b 7 "$minor"
mkdir "$place/run/report"
exec chroot "$place" "$@"
"""


def nwipe_in_live(device: Device, place: Path, group: Path | None = None) -> list[str]:
    """nwipe: one pass of zeros, all of it read back (`--verify=last`), unattended.

    :param place: an empty folder, where the root file system is mounted
    :param group: ``cgroup.procs`` of a control group to run it in
    """
    minor = os.minor(device.node.stat().st_rdev)
    words = nwipe_command(f"/dev/loop{minor}", Path("/run/report"), Path("/run/nwipe.log"))
    return [
        *("unshare", "--mount", "--propagation", "private", "sh", "-ec", _SCRIPT, "sh"),
        *(str(live_rootfs()), str(place), str(minor), str(group or ""), *words),
    ]


def profile(trace: str, node_name: str) -> dict[str, Any]:
    """What ``strace -f -y -T`` saw of the device: how much at a time, how often flushed, where the seconds went. Pure.

    :param node_name: ``loop5``; strace shows it in each descriptor as ``4</…/dev/loop5>``
    """
    calls: dict[str, list[tuple[int, float]]] = {"write": [], "read": [], "fdatasync": []}
    line = re.compile(
        rf"^\d+ +(write|read|fdatasync)\(\d+<[^>]*/dev/{re.escape(node_name)}>.*\) = (\d+) <([0-9.]+)>$", re.MULTILINE
    )
    for name, answer, seconds in line.findall(trace):
        calls[name].append((int(answer), float(seconds)))
    flags = re.findall(rf'^\d+ +openat\([^\n]*"/dev/{re.escape(node_name)}", ([A-Z_|]+)\)', trace, re.MULTILINE)
    writes, reads, syncs = calls["write"], calls["read"], calls["fdatasync"]
    return {
        "writes": len(writes),
        "bytes_per_write": round(sum(count for count, _ in writes) / max(1, len(writes))),
        "reads": len(reads),
        "bytes_per_read": round(sum(count for count, _ in reads) / max(1, len(reads))),
        "syncs": len(syncs),
        "sync_seconds": round(sum(seconds for _, seconds in syncs), 3),
        "direct": any("O_DIRECT" in flag for flag in flags),
    }


def profiled(device: Device, place: Path, trace: Path) -> dict[str, Any]:
    """Run nwipe on the device under strace (many times slower: only counts are of use) and say what it did."""
    words = ["strace", "-f", "-y", "-T", "-e", "trace=openat,read,write,fdatasync", "-o", str(trace)]
    device.check()
    subprocess.run([*words, *nwipe_in_live(device, place)], capture_output=True, check=True)
    return profile(trace.read_text(errors="replace"), device.node.name)
