"""Loop devices to erase for a measurement: each over a file that the bench made itself, and checked to be.

Without a rate, a file in memory: the tool and not the drive is the limit. With one, the same file behind QEMU's
throttle (``qemu-storage-daemon`` → FUSE → loop), as a drive with the speed of a real one. nbdkit's rate filter would
let the first two seconds' worth pass at full speed, which on short runs is most of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.rig.command import RigError, quietly, run

MIB = 1 << 20
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
DONOR = b"a donor's letter that nobody may read again. " * 512  # what lies on the device before


class NotOurs(Exception):
    """The device is not the one that the bench made: nothing may be written to it."""


@dataclass(frozen=True)
class Device:
    """A loop device and the file of ours that it must be over. ``content``: where its bytes really are."""

    node: Path
    behind: Path
    content: Path
    size_bytes: int

    def check(self) -> None:
        """Compare the device with what the bench made. Called before every first write.

        :raises NotOurs: when anything differs
        """
        status = self.node.stat()
        if not stat.S_ISBLK(status.st_mode) or os.major(status.st_rdev) != 7:  # the loop driver's number
            raise NotOurs(f"{self.node} is no loop device")
        name = Path("/sys/block") / f"loop{os.minor(status.st_rdev)}"
        backing = (name / "loop" / "backing_file").read_text().strip()
        size = int((name / "size").read_text()) * 512
        if (backing, size) != (str(self.behind), self.size_bytes):
            raise NotOurs(f"{self.node} is over {backing}, {size} bytes; not over {self.behind}")

    @property
    def number(self) -> str:
        """Major and minor, as the agent names a device."""
        status = self.node.stat()
        return f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"

    def moved(self) -> tuple[int, int]:
        """Bytes read from and written to the device so far: the kernel's count, without what the cache answered."""
        fields = (Path("/sys/block") / self.node.name / "stat").read_text().split()
        return int(fields[2]) * 512, int(fields[6]) * 512


@contextlib.contextmanager
def device(size_bytes: int, bytes_per_second: int | None = None, sector_bytes: int = 4096) -> Iterator[Device]:
    """A device of ``size_bytes`` full of a donor's data; slow where a rate is given. Gone afterwards.

    :param sector_bytes: logical sector, which recent kernels also report as the best size to write (``st_blksize``)
    """
    with tempfile.TemporaryDirectory(prefix="recyclerie-bench-erase-", dir=MEMORY) as folder:
        file = Path(folder) / "drive"
        fill(file, size_bytes)
        with contextlib.ExitStack() as stack:
            behind = stack.enter_context(throttled(file, bytes_per_second)) if bytes_per_second else file
            # Else reads would come from the host's cache. On a file in memory it needs Linux 6.6.
            options = ("--direct-io=on", "--sector-size", str(sector_bytes))
            node = Path(run("losetup", "--find", "--show", *options, behind).strip())
            stack.callback(run, "losetup", "--detach", node)
            made = Device(node, behind, file, size_bytes)
            made.check()
            yield made


@contextlib.contextmanager
def throttled(file: Path, bytes_per_second: int) -> Iterator[Path]:
    """``file`` again, at most so fast, reads and writes together.

    :raises RigError: when the server can't be started
    """
    shown = file.with_name("throttled")
    shown.touch()
    server = subprocess.Popen(throttle_command(file, shown, bytes_per_second), stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while shown.stat().st_size != file.stat().st_size:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RigError("qemu-storage-daemon does not show the file", "apt-get install qemu-system-common fuse3")
            time.sleep(0.02)
        yield shown
    finally:
        server.terminate()
        server.wait()
        quietly("fusermount3", "-u", "-z", shown)


def throttle_command(file: Path, shown: Path, bytes_per_second: int) -> list[str]:
    """The server that shows ``file`` as ``shown``; a tenth of a second's worth may pass in a burst (QEMU's default)."""
    group = {"qom-type": "throttle-group", "id": "rate", "limits": {"bps-total": bytes_per_second}}
    raw = {"driver": "file", "node-name": "raw", "filename": str(file)}
    slow = {"driver": "throttle", "node-name": "slow", "throttle-group": "rate", "file": "raw"}
    export = {"type": "fuse", "id": "shown", "node-name": "slow", "mountpoint": str(shown), "writable": True}
    blocks = [word for node in (raw, slow) for word in ("--blockdev", json.dumps(node))]
    return ["qemu-storage-daemon", "--object", json.dumps(group), *blocks, "--export", json.dumps(export)]


def fill(file: Path, size_bytes: int) -> None:
    """Write the donor's data all over a file: every later write finds its place allocated."""
    block = (DONOR * (MIB // len(DONOR) + 1))[:MIB]
    with file.open("r+b" if file.exists() else "xb") as out:
        for _ in range(size_bytes // MIB):
            out.write(block)


def first_nonzero(file: Path) -> int | None:
    """Offset of the first MiB of the file that isn't zeros, read past the device: the bench's own witness."""
    zeros = bytes(MIB)
    with file.open("rb", buffering=0) as source:
        at = 0
        while block := source.read(MIB):
            if block != zeros[: len(block)]:
                return at
            at += len(block)
    return None
