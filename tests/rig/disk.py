"""A disk of a rig PC: a file on the host behind a loop device, with the identity a real drive would have.

The host kernel scans no partitions, so the root partition of the installed system gets a loop device of its
own at the partition's offset, shown to the PC as ``<disk>p3``. What is on the disk is proved by reading the
**file** on the host, which no code of the agent ever touches.
"""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from agent.jobs.layout import ROOT_NUMBER, Partition, grown_root

from .command import RigError, quietly, run
from .faults import FaultServer

MIB = 1024 * 1024
ROOT_PARTITION_START = 258 * MIB  # BIOS boot (1 MiB) and ESP (256 MiB) before it; else see the image's manifest


@dataclass(frozen=True, kw_only=True)
class DriveFacts:
    """What the drive says of itself; the fields of the agent's ``rig`` section."""

    serial: str
    model: str = "RIG SSD 2000"
    wwn: str = ""
    rotational: bool = False
    transport: str = "sata"


def root_partition_size(disk_bytes: int, start: int) -> int:
    """Bytes of the root partition once the install job has grown it to the disk's end (the agent's own rule)."""
    return grown_root(Partition(ROOT_NUMBER, start, 0), disk_bytes).size_bytes


class RigDisk:
    """A disk as a file; ``attach`` gives it its loop devices. Use :class:`tests.rig.pc.RigPC` to plug it in."""

    def __init__(
        self,
        folder: Path,
        size_bytes: int,
        facts: DriveFacts,
        *,
        root_start: int = ROOT_PARTITION_START,
        faulty: bool = False,
        bytes_per_second: int | None = None,
    ) -> None:
        self.facts = facts
        self.size_bytes = size_bytes
        self.root_start = root_start
        self.path = folder / f"disk-{facts.serial}.raw"
        self.node = ""
        self.root_node = ""
        with self.path.open("ab") as file:
            file.truncate(size_bytes)
        self.faults = FaultServer(self.path, bytes_per_second) if faulty or bytes_per_second else None

    @property
    def backing(self) -> Path:
        """The file behind the loop devices: the disk's own, or the one whose reads and writes can fail."""
        return self.faults.mount_file if self.faults else self.path

    def attach(self) -> None:
        """Makes the loop devices (again): a disk's node may have another number after each power-on."""
        if self.node:
            return
        if self.faults:
            self.faults.start()
        direct = ("--direct-io=on",) if self.faults else ()  # else the host would answer reads from its cache
        self.node = run("losetup", "--find", "--show", *direct, self.backing).strip()
        if self.size_bytes > self.root_start:
            size = root_partition_size(self.size_bytes, self.root_start)
            options = ("--offset", str(self.root_start), "--sizelimit", str(size))
            self.root_node = run("losetup", "--find", "--show", *options, self.backing).strip()
        self.check_own()
        for node in filter(None, (self.node, self.root_node)):
            run("blockdev", "--setrw", node)  # `blockdev --setro` of an earlier user of the number outlives its file

    def detach(self) -> None:
        """Gives the loop devices back."""
        for node in filter(None, (self.root_node, self.node)):
            quietly("losetup", "--detach", node)
            self._wait_gone(node)
        self.node = self.root_node = ""
        if self.faults:
            self.faults.stop()

    def _wait_gone(self, node: str) -> None:
        """A loop device that something still holds is detached later, and writes back then: wait for it."""
        behind = Path("/sys/block") / Path(node).name / "loop" / "backing_file"
        for _ in range(600):
            if not behind.exists() or behind.read_text().strip() != str(self.backing.resolve()):
                return
            time.sleep(0.05)

    def check_own(self) -> None:
        """Refuses to go on unless both loop devices are over this disk's own file: nothing else is ever written."""
        for node in filter(None, (self.node, self.root_node)):
            name = Path("/sys/block") / Path(node).name / "loop" / "backing_file"
            behind = name.read_text().strip() if name.exists() else "nothing"
            if behind != str(self.backing.resolve()):
                raise RigError(f"{node} is over {behind}, not over {self.backing}", "look at `losetup --list`")

    def agent_facts(self) -> dict[str, object]:
        """This drive in the ``rig`` section of agent.json."""
        return asdict(self.facts)

    def binds(self) -> list[str]:
        """The ``--bind`` values that show the disk, and its root partition, to the PC."""
        return [self.node, *([f"{self.root_node}:{self.node}p3"] if self.root_node else [])]

    # -- reading and writing the file on the host, independent of everything inside the PC ----------------
    def put(self, offset: int, data: bytes) -> None:
        """Puts recognisable content on the disk, as the donor left it."""
        with self.path.open("r+b") as file:
            file.seek(offset)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def get(self, offset: int, length: int) -> bytes:
        """What the file holds."""
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def first_nonzero(self) -> int | None:
        """Offset of the 1 MiB block with the first byte that isn't zero; None: the whole disk reads as zeros."""
        zeros = bytes(MIB)
        with self.path.open("rb") as file:
            offset = 0
            while offset < self.size_bytes:
                try:
                    offset = os.lseek(file.fileno(), offset, os.SEEK_DATA) // MIB * MIB
                except OSError:
                    return None  # only a hole is left, which reads as zeros
                file.seek(offset)
                block = file.read(MIB)
                if block != zeros[: len(block)]:
                    return offset
                offset += MIB
        return None
