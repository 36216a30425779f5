"""A disk that returns I/O errors on demand, or is slow: nbdkit's filters behind a file that nbdfuse shows.

``nbdkit file PATH`` → Unix socket → nbdfuse → a file → the loop device of :class:`tests.rig.disk.RigDisk`.
Packages: nbdkit, libnbd-bin, fuse3. Tried with nbdkit 1.32: direct writes fail with EIO exactly while the flag
file is there.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from .command import RigError, quietly


class FaultServer:
    """Serves ``path`` as :attr:`mount_file`, failing reads or writes while their flag is set."""

    def __init__(self, path: Path, bytes_per_second: int | None = None) -> None:
        self.path = path
        self.mount_file = path.with_suffix(".nbd")
        self.socket = path.with_suffix(".sock")
        self.flags = {kind: path.with_suffix(f".fail-{kind}") for kind in ("pread", "pwrite")}
        self.bytes_per_second = bytes_per_second
        self._processes: list[subprocess.Popen[bytes]] = []

    def fail(self, *, reads: bool = False, writes: bool = False) -> None:
        """From now on reads or writes of the disk end with EIO; both False: the disk works again."""
        for kind, wanted in (("pread", reads), ("pwrite", writes)):
            if wanted:
                self.flags[kind].touch()
            else:
                self.flags[kind].unlink(missing_ok=True)

    def start(self) -> None:
        """Starts both programs and waits until the file can be read."""
        filters, parameters = ["--filter=error"], ["error=EIO"]
        for kind, flag in self.flags.items():
            parameters += [f"error-{kind}-rate=100%", f"error-{kind}-file={flag}"]
        if self.bytes_per_second:
            filters.append("--filter=rate")
            parameters.append(f"rate={self.bytes_per_second * 8}")
        self.socket.unlink(missing_ok=True)
        self.mount_file.touch()
        server = ["nbdkit", "--foreground", "--exit-with-parent", "--unix", str(self.socket), *filters]
        self._spawn([*server, "file", str(self.path), *parameters])
        self._wait(self.socket.exists)
        self._spawn(["nbdfuse", str(self.mount_file), "--unix", str(self.socket)])
        self._wait(lambda: self.mount_file.stat().st_size == self.path.stat().st_size)

    def stop(self) -> None:
        """Unmounts the file and ends both programs."""
        quietly("fusermount3", "-u", "-z", self.mount_file)
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._processes.clear()

    def _spawn(self, argv: list[str]) -> None:
        try:
            self._processes.append(subprocess.Popen(argv, stdin=subprocess.DEVNULL))
        except FileNotFoundError as error:
            raise RigError(f"{argv[0]} is not installed", "apt-get install nbdkit libnbd-bin fuse3") from error

    def _wait(self, ready: Callable[[], bool], timeout: float = 10) -> None:
        deadline = time.monotonic() + timeout
        while not ready():
            if time.monotonic() > deadline or any(one.poll() is not None for one in self._processes):
                self.stop()
                raise RigError(f"the failing disk over {self.path} did not start", "run nbdkit and nbdfuse by hand")
            time.sleep(0.02)
