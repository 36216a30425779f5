"""What a build takes and must give back: temporary folders, mounts, loop devices, the lock of the cache."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from images.command import Report, run
from images.errors import ImageError

_STALE_SECONDS = 6 * 3600  # no build of ours lasts this long


@contextmanager
def work_folder(parent: Path, name: str) -> Iterator[Path]:
    """A folder of our own under ``parent`` (same file system as the result, so that it can be renamed).

    Removed at the end, whatever is mounted below it first. What an interrupted build left is removed too:
    the caller holds the cache's lock, so nobody else is working there.
    """
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f".work-{name}-*"):
        remove_tree(left)
    folder = Path(tempfile.mkdtemp(prefix=f".work-{name}-", dir=parent))
    folder.chmod(0o755)  # it becomes "/" of a rootfs: users other than root must be able to enter
    try:
        yield folder
    finally:
        remove_tree(folder)


def remove_tree(folder: Path) -> None:
    """Remove a folder after unmounting all that is below it; never crosses into something still mounted."""
    unmount_below(folder)
    below = mounts_below(folder)
    if below:
        raise ImageError(
            f"{below[-1]} is still mounted", hint=f"find who uses it (fuser -vm {below[-1]}), umount it, try again"
        )
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)


def mounts_below(folder: Path) -> list[Path]:
    """Mount points at or below ``folder``, outermost first (from /proc/self/mountinfo)."""
    top = str(folder.resolve())
    found = []
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        place = line.split()[4].encode().decode("unicode_escape")
        if place == top or place.startswith(top + "/"):
            found.append(Path(place))
    return found


def unmount_below(folder: Path) -> None:
    """Unmount everything below ``folder``, innermost first; lazily where something holds it."""
    for place in reversed(mounts_below(folder)):
        if subprocess.run(["umount", place], capture_output=True, check=False).returncode:
            subprocess.run(["umount", "--lazy", place], capture_output=True, check=False)


@contextmanager
def mounted(source: Path | str, place: Path, *options: str) -> Iterator[Path]:
    """Mount ``source`` on ``place`` with ``mount``'s own options; unmounted at the end."""
    place.mkdir(parents=True, exist_ok=True)
    run(["mount", *options, source, place], hint=f"check that {source} and {place} exist, as root")
    try:
        yield place
    finally:
        unmount_below(place)


@contextmanager
def chroot_ready(root: Path) -> Iterator[Path]:
    """A root file system in which Debian's tools run: /proc, /sys, /dev (nothing of the host's disks)."""
    with ExitStack() as stack:
        stack.enter_context(mounted("proc", root / "proc", "-t", "proc"))
        stack.enter_context(mounted("sysfs", root / "sys", "-t", "sysfs", "-o", "ro"))
        # A /dev of our own: with the host's bound there, update-initramfs and grub would look at its disks.
        dev = stack.enter_context(mounted("tmpfs", root / "dev", "-t", "tmpfs", "-o", "mode=755,size=1m"))
        for name in ("null", "zero", "full", "random", "urandom", "tty"):
            node = Path("/dev", name).stat()
            os.mknod(dev / name, 0o666 | 0o020000, node.st_rdev)
            (dev / name).chmod(0o666)
        for name, goal in {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}.items():
            (dev / name).symlink_to(goal)
        yield root


def in_chroot(root: Path, *command: str, hint: str, input_bytes: bytes | None = None) -> bytes:
    """Run a command inside ``root`` (made ready by ``chroot_ready``)."""
    return run(["chroot", root, *command], hint=hint, input_bytes=input_bytes)


@contextmanager
def loop_device(file: Path, *, offset: int = 0, size: int | None = None) -> Iterator[Path]:
    """A loop device over (a part of) ``file``, in bytes; detached at the end."""
    command: list[str | Path] = ["losetup", "--find", "--show", "--offset", str(offset)]
    if size is not None:
        command += ["--sizelimit", str(size)]
    shown = run([*command, file], hint="no free loop device? see losetup -l; containers need /dev/loop-control")
    device = Path(shown.decode().strip())
    try:
        yield device
    finally:
        subprocess.run(["losetup", "--detach", device], capture_output=True, check=False)


@contextmanager
def locked(folder: Path, name: str, report: Report) -> Iterator[None]:
    """One build of ``name`` at a time in this cache: a second one waits, and says that it waits."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{name}.lock").open("w", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(f"another build of {name} is running: waiting for it", None)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def need_space(folder: Path, size_bytes: int, what: str) -> None:
    """Fail before the work when ``folder``'s file system can't hold ``size_bytes``."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < size_bytes:
        raise ImageError(
            f"{what} needs about {size_bytes / 1e9:.1f} GB in {folder}, {free / 1e9:.1f} GB are free",
            hint="free some space there, or set RECYCLERIE_CACHE_DIR and RECYCLERIE_IMAGE_DIR to a larger disk",
        )


@contextmanager
def replacing(goal: Path) -> Iterator[Path]:
    """A file beside ``goal`` that takes its place, whole, only when the block ends well."""
    goal.parent.mkdir(parents=True, exist_ok=True)
    for left in goal.parent.glob(f".{goal.name}.*.new"):
        if time.time() - left.stat().st_mtime > _STALE_SECONDS:
            left.unlink(missing_ok=True)
    new = goal.with_name(f".{goal.name}.{os.getpid()}.new")
    try:
        yield new
        new.replace(goal)
    finally:
        with suppress(FileNotFoundError):
            new.unlink()
