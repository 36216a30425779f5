"""A control group with little memory, so that a tool meets a drive larger than the computer's memory, as most are."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def memory_limit(limit_bytes: int) -> Iterator[Path | None]:
    """The ``cgroup.procs`` of a new group whose processes, page cache included, get so much memory.

    None where this host's control groups can't do it.
    """
    group = None
    for parent, name in (_version_1(), "memory.limit_in_bytes"), (_version_2(), "memory.max"):
        if parent is None:
            continue
        group = parent / f"recyclerie-bench-{os.getpid()}"
        try:
            group.mkdir()
            (group / name).write_text(str(limit_bytes))
            break
        except OSError:
            _remove(group)
            group = None
    try:
        yield group / "cgroup.procs" if group else None
    finally:
        if group:
            _remove(group)


def _version_1() -> Path | None:
    folder = Path("/sys/fs/cgroup/memory")
    return folder if (folder / "memory.limit_in_bytes").exists() else None


def _version_2() -> Path | None:
    folder = Path("/sys/fs/cgroup")
    return folder if "memory" in _words(folder / "cgroup.subtree_control") else None


def _words(path: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return path.read_text().split()
    return []


def _remove(group: Path) -> None:
    for _ in range(50):  # a process that has just ended may still be counted in it
        with contextlib.suppress(FileNotFoundError):
            try:
                group.rmdir()
            except OSError:
                time.sleep(0.1)
                continue
        return
