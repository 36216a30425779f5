"""One drive with a memory: its state is a JSON file, its content the test's own loop device."""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import time
from contextlib import contextmanager
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

SECTOR = 512
CHUNK = 2**20

# What each kind of erase leaves behind.
ZEROS, ONES, NOISE = "zeros", "ones", "noise"
LEAVES = {"crypto": NOISE, "block": ONES, "overwrite": ZEROS, "security": ZEROS, "user-data": ZEROS, "mmc": ZEROS}


def new_state(device: str, backing: Path, bus: str, sectors: int, **more: Any) -> dict[str, Any]:
    """A healthy drive that can do everything. ``more`` replaces parts of it (dicts are merged)."""
    state: dict[str, Any] = {
        "device": device,
        "backing": str(backing),
        "bus": bus,
        "serial": "S1TEST",
        "model": "TEST DISK 1",
        "sectors": sectors,  # visible
        "native": sectors,  # what HPA or AMA hides is between the two
        "real": sectors,  # what a DCO hides is between native and this
        "ama": False,
        "seconds": 0.9,  # how long it takes to erase itself
        "sanitize_kinds": ["crypto", "block", "overwrite"],
        "sanitize": {"state": "idle", "kind": "", "succeeded": False, "began": 0.0, "erased": 0, "frozen": False},
        "security": {"supported": True, "enabled": False, "locked": False, "frozen": False, "enhanced": True},
        "password": "",
        "oacs": 0b1010,
        "fna": 0b100,
        "sanicap": 0b011,
        "namespaces": [1],
        "formatted": [],
        "ext_csd_sec": 0x55,
        "gone": False,
        "faults": {},  # operation → what goes wrong with it
        "calls": [],
    }
    for name, value in more.items():
        state[name] = {**state[name], **value} if isinstance(value, dict) else value
    return state


class Drive:
    """A drive model in its file. Use ``opened`` to read and change it."""

    def __init__(self, file: Path, state: dict[str, Any]) -> None:
        self.file = file
        self.state = state

    def fault(self, operation: str) -> str:
        """What goes wrong with an operation: "" when it is honest."""
        return str(self.state["faults"].get(operation, ""))

    def erase(self, kind: str, until: float = 1.0) -> None:
        """Really erase the drive from its beginning up to a part of it."""
        leaves = LEAVES[kind]
        size = Path(self.state["backing"]).stat().st_size
        end = int(size * until) // SECTOR * SECTOR if until < 1 else size
        fd = os.open(self.state["device"], os.O_RDWR | os.O_DIRECT)
        try:
            with mmap.mmap(-1, CHUNK) as buffer:
                buffer[:] = {ZEROS: bytes(CHUNK), ONES: b"\xff" * CHUNK}.get(leaves) or os.urandom(CHUNK)
                view = memoryview(buffer)
                at = 0
                while at < end:
                    at += os.pwrite(fd, view[: min(CHUNK, end - at)], at)
                view.release()
        finally:
            os.close(fd)

    def advance(self) -> float:
        """Let time pass for a sanitize under way; how far it is, 0.0 to 1.0."""
        run = self.state["sanitize"]
        if run["state"] != "in progress":
            return 1.0
        share: float = min(1.0, (time.time() - run["began"]) / max(0.01, self.state["seconds"]))
        fault = self.fault("sanitize")
        if fault == "stall":
            return 0.0
        if fault == "vanish" and share > 0.3:
            self.state["gone"] = True
            return share
        if fault == "fail" and share > 0.5:
            run["state"] = "failed"
            return share
        if fault != "noop":
            self.erase(run["kind"], share)
        if share >= 1.0:
            run["state"], run["succeeded"] = "idle", True
        return share

    def begin_sanitize(self, kind: str) -> None:
        """The drive takes a sanitize command."""
        self.state["sanitize"].update(state="in progress", kind=kind, succeeded=False, began=time.time())

    def grow(self, sectors: int) -> None:
        """Show more of the drive: the loop device follows its file, as the kernel follows a real drive."""
        import subprocess  # late: a double is started hundreds of times

        self.state["sectors"] = sectors
        with Path(self.state["backing"]).open("r+b") as stream:
            stream.truncate(sectors * SECTOR)
        subprocess.run(["losetup", "--set-capacity", self.state["device"]], check=True)

    def power_cut(self, *, freezes: bool = False) -> None:
        """Off and on: a password locks, the firmware of the machine may freeze, a sanitize goes on by itself."""
        security = self.state["security"]
        security["locked"] = security["enabled"]
        security["frozen"] = freezes and not security["locked"]
        self.state["sanitize"]["frozen"] = freezes
        self.state["sanitize"]["began"] = time.time()


@contextmanager
def opened(file: Path) -> Iterator[Drive]:
    """The drive of a file, alone; what is changed is kept."""
    with file.open("r+") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        drive = Drive(file, json.load(stream))
        try:
            yield drive
        finally:
            stream.seek(0)
            stream.truncate()
            json.dump(drive.state, stream)
            stream.flush()


def drive_files(folder: Path) -> list[Path]:
    """All drives of a bench."""
    return sorted(folder.glob("*.drive.json"))


def file_of(folder: Path, device: str) -> Path | None:
    """The file of the drive with this device node."""
    file = folder / f"{Path(device).name}.drive.json"
    return file if file.exists() else None
