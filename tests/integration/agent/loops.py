"""Loop devices that a test makes for itself, over its own file, checked before anything is written to them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


class LoopDisk:
    """A disk as a file behind a loop device. A context manager: the device is given back at the end."""

    def __init__(
        self, file: Path, size_bytes: int | None = None, *, offset: int = 0, limit: int = 0, direct: bool = False
    ) -> None:
        self.file = file
        self.offset = offset
        self.limit = limit
        self.direct = direct  # past the cache of the file system that the file lies on
        self.path = ""
        if size_bytes is not None:
            with file.open("ab") as stream:
                stream.truncate(size_bytes)

    def __enter__(self) -> LoopDisk:
        options = ["--offset", str(self.offset)] if self.offset else []
        options += ["--sizelimit", str(self.limit)] if self.limit else []
        options += ["--direct-io=on"] if self.direct else []
        done = subprocess.run(
            ["losetup", "--find", "--show", *options, str(self.file)], capture_output=True, text=True, check=True
        )
        self.path = done.stdout.strip()
        self.check_own()
        return self

    def __exit__(self, *exc: object) -> None:
        if self.path:
            subprocess.run(["losetup", "--detach", self.path], check=True)

    def check_own(self) -> None:
        """Refuse to go on unless the device lies over this very file: nothing else may ever be written."""
        behind = Path("/sys/block") / Path(self.path).name / "loop/backing_file"
        if behind.read_text().strip() != str(self.file.resolve()):
            raise AssertionError(f"{self.path} lies over {behind.read_text().strip()}, not over {self.file}")

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.file.stat().st_size

    def put(self, offset: int, content: bytes) -> None:
        """Leave something on the disk, as a donor would have."""
        with self.file.open("r+b") as stream:
            stream.seek(offset)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())

    def first_nonzero(self) -> int | None:
        """Where the file's first byte that isn't zero is; read from the file, not through the device."""
        with self.file.open("rb") as stream:
            at = 0
            while block := stream.read(2**20):
                if block.count(0) != len(block):
                    return at + len(block) - len(block.lstrip(b"\0"))
                at += len(block)
        return None


def can_use_loops() -> bool:
    """Whether this process may make loop devices here."""
    return os.geteuid() == 0 and Path("/dev/loop-control").exists()
