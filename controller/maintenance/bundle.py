"""Log bundles: fetched from the machine by SFTP through its link, bounded, kept for a while, for those who maintain.

The machine is the family's: what it says of its own files is not believed. Only a name of our own module's is opened,
and no more is read than ``MOST_BYTES``.
"""

from __future__ import annotations

import re
import stat
import time
from pathlib import Path

import paramiko

from controller.assist.pipe import connect
from controller.core import Core
from controller.errors import RecyclerieError
from controller.i18n import N_
from controller.machines.ssh import connect_through

NAME = re.compile(r"/run/recyclerie-logs-[A-Za-z0-9_]{1,20}\.tar\.gz")
MOST_BYTES = 32 * 1024 * 1024
PIECE = 256 * 1024
GZIP = b"\x1f\x8b"
STALL_SECONDS = 60.0


class BundleTooBig(RecyclerieError):
    """It was not taken."""


def bundle_path(core: Core, action_id: int) -> Path:
    """Where an action's bundle is kept."""
    return core.settings.bundles_dir / f"maintenance-{action_id}.tar.gz"


def fetch(core: Core, machine: str, host_keys: list[str], actor: str, name: str, to: Path) -> int:
    """Fetch the bundle ``name`` and remove it from the machine. Returns its bytes.

    Raises:
        BundleTooBig: it is larger than it may be.
        RecyclerieError, OSError, paramiko.SSHException: the machine is away, or gave no bundle.
    """
    if not NAME.fullmatch(name):
        raise RecyclerieError(N_("{machine} named no log bundle."), N_("Try again."), machine=machine)
    plug = connect(core.settings, machine, "ssh", who=actor, why="logs")
    with connect_through(plug, host_keys, core.keys.maintenance) as client:
        sftp = client.open_sftp()
        sftp.get_channel().settimeout(STALL_SECONDS)  # type: ignore[union-attr]
        try:
            return _take(sftp, machine, name, to)
        finally:
            sftp.remove(name)


def _take(sftp: paramiko.SFTPClient, machine: str, name: str, to: Path) -> int:
    found = sftp.lstat(name)
    if not stat.S_ISREG(found.st_mode or 0):
        raise RecyclerieError(N_("{machine} named no log bundle."), N_("Try again."), machine=machine)
    temporary = to.with_suffix(".new")
    size = 0
    try:
        with sftp.open(name, "rb") as source, temporary.open("wb") as target:
            temporary.chmod(0o600)
            source.prefetch(min(found.st_size or 0, MOST_BYTES))
            while data := source.read(PIECE):
                if size == 0 and not data.startswith(GZIP):
                    raise RecyclerieError(N_("{machine} named no log bundle."), N_("Try again."), machine=machine)
                size += len(data)
                if size > MOST_BYTES:
                    raise BundleTooBig(
                        N_("The log bundle of {machine} is larger than {megabytes} MB: it was not taken."),
                        machine=machine,
                        megabytes=MOST_BYTES // 1_000_000,
                    )
                target.write(data)
        if size == 0:
            raise RecyclerieError(N_("{machine} named no log bundle."), N_("Try again."), machine=machine)
        temporary.rename(to)
    finally:
        temporary.unlink(missing_ok=True)
    return size


def forget_old(folder: Path, days: float) -> list[int]:
    """Delete bundles that were kept for long enough. Returns the ids of their actions."""
    gone = []
    for path in folder.glob("maintenance-*.tar.gz"):
        number = path.name.removeprefix("maintenance-").removesuffix(".tar.gz")
        if number.isdecimal() and path.stat().st_mtime < time.time() - days * 86400:
            path.unlink(missing_ok=True)
            gone.append(int(number))
    return gone
