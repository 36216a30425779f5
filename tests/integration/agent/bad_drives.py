"""Drives that fail or lie: nbdkit behind a file that nbdfuse shows, under a loop device (see ../shared/lab.md)."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.integration.agent.loops import LoopDisk


def can_play_bad_drives() -> bool:
    """Whether nbdkit, nbdfuse and fuse are here."""
    return all(shutil.which(tool) for tool in ("nbdkit", "nbdfuse", "fusermount3")) and Path("/dev/fuse").exists()


class BadDrive:
    """A drive whose content is ``store``. Reads or writes fail while their flag file is there.

    ``slow``: parameters of nbdkit's delay and rate filters ("wdelay=8", "rate=400M").
    ``liar``: writes are acknowledged and thrown away, as by an SSD whose erase command does nothing.
    """

    def __init__(self, folder: Path, size: int, *, liar: bool = False, slow: Sequence[str] = ()) -> None:
        self.store = folder / "bad.store"
        self.file = folder / "bad.drive"
        self.socket = folder / "bad.sock"
        self.liar = liar
        self.slow = list(slow)
        self.flags = {kind: folder / f"fail-{kind}" for kind in ("pread", "pwrite")}
        self._processes: list[subprocess.Popen[bytes]] = []
        with self.store.open("wb") as stream:
            stream.truncate(size)
        self.file.touch()
        # Else FUSE's cache answers the reads with what was written, and the drive is never asked.
        self.loop = LoopDisk(self.file, direct=True)

    def __enter__(self) -> LoopDisk:
        parameters = ["error=EIO"]
        for kind, flag in self.flags.items():
            parameters += [f"error-{kind}-rate=100%", f"error-{kind}-file={flag}"]
        if self.liar:
            size = self.store.stat().st_size
            plugin = [
                "eval", f"get_size=echo {size}", "can_write=exit 0", "pwrite=cat > /dev/null", "flush=exit 0",
                "can_flush=exit 0", f"pread=dd if='{self.store}' iflag=skip_bytes,count_bytes skip=$4 count=$3 bs=1M",
            ]  # fmt: skip
        else:
            plugin = ["file", str(self.store)]
        try:
            filters = ["--filter=error", "--filter=delay", "--filter=rate"]
            command = ["nbdkit", "--foreground", "--unix", str(self.socket), *filters]
            self._start([*command, *plugin, *parameters, *self.slow])
            self._wait(self.socket.exists)
            self._start(["nbdfuse", str(self.file), "--unix", str(self.socket)])
            self._wait(lambda: self.file.stat().st_size == self.store.stat().st_size)
            return self.loop.__enter__()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *exc: object) -> None:
        self.loop.__exit__()
        subprocess.run(["fusermount3", "-u", "-z", str(self.file)], check=False, capture_output=True)
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self, command: list[str]) -> None:
        self._processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL))

    def _wait(self, ready: Callable[[], bool]) -> None:
        until = time.monotonic() + 10
        while not ready():
            if time.monotonic() > until or any(process.poll() is not None for process in self._processes):
                raise RuntimeError("the bad drive did not start: run nbdkit and nbdfuse by hand")
            time.sleep(0.02)
