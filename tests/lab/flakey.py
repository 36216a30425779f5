"""A drive that loses writes, inside a virtual PC: the kernel's own dm-flakey over one of its (erased) drives.

The live image leaves the device mapper out; its modules are taken from the root file system that the image was made
of, and put into the running kernel over SSH.
"""

from __future__ import annotations

import json
import lzma
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.lab.errors import LabError

MODULE = "kernel/drivers/md/dm-flakey.ko.xz"
# Runs in the guest with the agent's own code: one pass of the writer, then the validator, over the node given.
PASS = """\
import json, os, sys
sys.path.insert(0, "/usr/lib/recyclerie")
from agent.jobs.erase_write import ZeroWriter
from agent.jobs.validate_read import Validator
node = os.path.realpath(sys.argv[1])
fd = os.open(node, os.O_RDWR | os.O_DIRECT | os.O_EXCL)
size = os.lseek(fd, 0, os.SEEK_END)
report = ZeroWriter(fd, size, advance=lambda _: None, stopping=lambda: False).run()
os.close(fd)
status = os.stat(node)
number = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
print(json.dumps({"writer": report.evidence(), "validator": Validator(node, size, expected_number=number).run()}))
"""
FILL = """\
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_EXCL)
left = int(sys.argv[2])
while left:
    left -= os.write(fd, b"secret! " * (min(left, 2**20) // 8))
os.fsync(fd)
"""


def modules_for(root: Path, module: str = MODULE) -> list[Path]:
    """``module`` and what it needs, in the order of loading, from a root file system's modules.dep.

    :raises LabError: when the root file system doesn't have it
    """
    for listed in sorted((root / "usr/lib/modules").glob("*/modules.dep")):
        for line in listed.read_text().splitlines():
            name, _, needed = line.partition(":")
            if name == module:
                return [listed.parent / part for part in [*reversed(needed.split()), name]]
    raise LabError(f"{root} holds no {module}", "build the live image with its root file system: make image-live")


class Flakey:
    """A PC's disk behind dm-flakey. ``ssh``: the beginning of a command that runs the rest of it on the PC."""

    NAME = "flakey"

    def __init__(self, ssh: Callable[..., list[str]], disk: str, size_bytes: int, root: Path) -> None:
        self._ssh, self.disk, self.size_bytes, self.root = ssh, disk, size_bytes, root
        self.node = f"/dev/mapper/{self.NAME}"

    def run(self, *command: str, stdin: bytes = b"") -> str:
        """Standard output of a command on the PC.

        :raises LabError: with what it said, when it fails
        """
        done = subprocess.run(self._ssh(*command), input=stdin, capture_output=True, check=False)
        if done.returncode:
            raise LabError(f"{' '.join(command)[:200]}: exit {done.returncode}: {done.stderr.decode()[-2000:]}")
        return done.stdout.decode()

    def load(self) -> None:
        """Put the modules into the PC's kernel."""
        for path in modules_for(self.root):
            module = lzma.decompress(path.read_bytes())
            name = path.name.removesuffix(".ko.xz").replace("-", "_")
            self.run(f"[ -d /sys/module/{name} ] || {{ cat >/run/{name}.ko && insmod /run/{name}.ko; }}", stdin=module)

    def fill(self) -> None:
        """Data all over the disk, as if it had never been erased."""
        self.run(f"python3 - {self.disk} {self.size_bytes}", stdin=FILL.encode())

    def make(self, feature: str, up: int = 0, down: int = 3600) -> None:
        """The device: sound for ``up`` seconds, then ``feature`` (drop_writes, error_writes…) for ``down`` seconds."""
        table = f"0 {self.size_bytes // 512} flakey {self.disk} 0 {up} {down} 1 {feature}"
        self.run(f"dmsetup create {self.NAME} --table '{table}'")

    def remove(self) -> None:
        """The disk by itself again."""
        self.run(f"dmsetup remove --retry {self.NAME}")

    def erase(self) -> dict[str, Any]:
        """The agent's writer and validator over it: their part of the evidence."""
        return dict(json.loads(self.run(f"python3 - {self.node}", stdin=PASS.encode())))
