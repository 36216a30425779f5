"""After the image is on the drive: partition table to the drive's end, root grown, new identities."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import re
import time
import uuid

from agent.collectors.block import BLKFLSBUF, geometry, partition_path, reread_partitions
from agent.errors import AgentError
from agent.jobs.layout import SECTOR, Partition
from agent.tools import Ran, run

log = logging.getLogger("agent.install")

NODE_SECONDS = 30.0
ROOT_TYPE = "8304"  # Linux root (x86-64) of the Discoverable Partitions Specification
ROOT_NAME = "recyclerie"
_ACTIVE = 446  # first byte of the MBR's first entry


def grow_partition(disk: str, grown: Partition) -> None:
    """Move the backup table to the drive's end, make the root partition ``grown``, give everything new GUIDs.

    Raises AgentError when the table on the drive isn't the wanted one afterwards.
    """
    number = str(grown.number)
    active = _active_flag(disk)
    ran = run(
        [
            "sgdisk",
            "--move-second-header",
            "--set-alignment=1",  # the places are computed: sgdisk must not move them
            f"--delete={number}",
            f"--new={number}:{grown.first_sector}:{grown.last_sector}",
            f"--typecode={number}:{ROOT_TYPE}",
            f"--change-name={number}:{ROOT_NAME}",
            "--randomize-guids",
            disk,
        ],
        seconds=120,
    )
    _must(ran, f"The partition table of {disk} can't be grown", ok=(0,))
    _active_flag(disk, restore=active)
    info = run(["sgdisk", f"--info={number}", disk], seconds=60).out
    first = re.search(r"^First sector: (\d+)", info, re.MULTILINE)
    last = re.search(r"^Last sector: (\d+)", info, re.MULTILINE)
    found = (int(first.group(1)) if first else None, int(last.group(1)) if last else None)
    if found != (grown.first_sector, grown.last_sector):
        raise AgentError(
            f"The root partition of {disk} is at sectors {found}, wanted {grown.first_sector}–{grown.last_sector}.",
            hint="Start the install step again.",
        )


def _active_flag(disk: str, restore: bytes | None = None) -> bytes:
    """The active flag of the protective MBR's entry; ``restore`` writes it back.

    The image has it set, since some BIOSes only start a disk with an active entry, and sgdisk clears it.
    """
    fd = os.open(disk, os.O_RDWR | os.O_CLOEXEC)
    try:
        sector = os.pread(fd, SECTOR, 0)
        if restore is not None and sector[_ACTIVE : _ACTIVE + 1] != restore:
            os.pwrite(fd, sector[:_ACTIVE] + restore + sector[_ACTIVE + 1 :], 0)
            os.fsync(fd)
    finally:
        os.close(fd)
    return sector[_ACTIVE : _ACTIVE + 1]


def wait_for_partition(disk: str, part: Partition, *, seconds: float = NODE_SECONDS) -> str:
    """The path of a partition's node, once the kernel shows it with the right size. Raises AgentError."""
    path = partition_path(disk, part.number)
    until = time.monotonic() + seconds
    asked = 0.0
    while True:
        with contextlib.suppress(OSError):
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                if geometry(fd).size_bytes == part.size_bytes:
                    # What the kernel may remember of this place is from before the image was written.
                    fcntl.ioctl(fd, BLKFLSBUF)
                    return path
            finally:
                os.close(fd)
        now = time.monotonic()
        if now > until:
            raise AgentError(
                f"{path} of {part.size_bytes} bytes does not appear.",
                hint="The kernel still uses the old partition table: restart the machine and try again.",
            )
        if now - asked > 2.0:
            asked = now
            _ask_kernel(disk)
        time.sleep(0.1)


def _ask_kernel(disk: str) -> None:
    """Have the partition table read again, in the ways that kernels accept."""
    with contextlib.suppress(OSError):
        fd = os.open(disk, os.O_RDONLY | os.O_CLOEXEC)
        try:
            reread_partitions(fd)
            return
        except OSError:
            pass
        finally:
            os.close(fd)
    run(["partx", "--update", disk], seconds=20)


def grow_filesystem(node: str) -> str:
    """Check, rename and grow the ext4 of the root partition; returns its new UUID. Raises AgentError."""
    new_uuid = str(uuid.uuid4())
    # 1: errors were corrected. Anything more is a drive or an image that can't be trusted.
    _must(run(["e2fsck", "-f", "-y", node], seconds=1800), f"The file system on {node} is damaged", ok=(0, 1))
    _must(run(["tune2fs", "-U", new_uuid, node], seconds=600), f"{node} can't be given a new UUID", ok=(0,))
    _must(run(["resize2fs", node], seconds=1800), f"The file system on {node} can't be grown", ok=(0,))
    return new_uuid


def _must(ran: Ran, what: str, *, ok: tuple[int, ...]) -> None:
    for line in (ran.out + ran.err).splitlines():
        if line.strip():
            log.info("%s: %s", ran.command, line.strip()[:300])
    if ran.status not in ok:
        raise AgentError(
            f"{what}: {ran.explain()}.", hint="Start the install step again; if it fails again, replace the drive."
        )
