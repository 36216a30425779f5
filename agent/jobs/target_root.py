"""The installed system's root file system, mounted while it is made this machine's own."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from agent.collectors.mounts import parse_mountinfo
from agent.errors import AgentError
from agent.files import read_text
from agent.tools import Ran, run


@contextlib.contextmanager
def mounted(node: str, where: Path) -> Iterator[Path]:
    """Mount an ext4 at ``where``; unmounted and flushed at the end, whatever happens. Raises AgentError.

    Its device nodes work: scripts of packages write to its /dev/null, and take a refusal for a missing program.
    """
    where.mkdir(parents=True, exist_ok=True)
    ran = run(["mount", "-t", "ext4", "-o", "noatime", node, str(where)], seconds=60)
    if not ran.ok:
        raise AgentError(f"{node} can't be mounted: {ran.explain()}.", hint="Start the install step again.")
    try:
        yield where
    finally:
        unmount(where)


def unmount(where: Path) -> None:
    """Unmount, waiting a little for whatever still looks at it. Raises AgentError when it stays busy."""
    for attempt in range(10):
        ran = run(["umount", str(where)], seconds=300)
        if ran.ok:
            return
        time.sleep(0.2 * (attempt + 1))
    raise AgentError(f"{where} can't be unmounted: {ran.explain()}.", hint="Restart the machine and try again.")


def unmount_leftovers(folder: Path) -> None:
    """Unmount what an earlier, killed run of a job left mounted below its folder."""
    mounts = parse_mountinfo(read_text(Path("/proc/self/mountinfo")))
    for mount in reversed(mounts):
        if Path(mount.where).is_relative_to(folder):
            unmount(Path(mount.where))


class TargetRoot:
    """The mounted root file system, and how to change it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def inside(self, name: str) -> Path:
        """The path of a file of the installed system. A link on the way must not lead out of it.

        ``etc/localtime`` → /usr/share/zoneinfo/… means the installed system's, not ours.
        """
        path = self.path / name.lstrip("/")
        parent = path.parent.resolve()
        if not parent.is_relative_to(self.path.resolve()):
            raise AgentError(f"{name} of the image leads out of it.", hint="Build the image again.")
        return path

    def write(self, name: str, text: str, *, mode: int = 0o644) -> None:
        """Replace a file of the installed system; a link in its place is replaced too. Root owns it."""
        path = self.inside(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.touch(mode=mode)
        path.chmod(mode)
        path.write_text(text, encoding="utf-8")

    def link(self, name: str, target: str) -> None:
        """Replace a file by a symbolic link."""
        path = self.inside(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    def run(self, arguments: Sequence[str], *, text_in: str | None = None) -> Ran:
        """Run a program of the installed system in it. Raises AgentError when it fails."""
        ran = run(["chroot", str(self.path), *arguments], seconds=120, text_in=text_in)
        if not ran.ok:
            raise AgentError(
                f"In the installed system: {arguments[0]} failed: {ran.explain().removeprefix('chroot: ')}.",
                hint="Build the image again; it must hold passwd and login.",
            )
        return ran
