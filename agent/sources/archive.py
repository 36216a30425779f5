"""Captures as one file: .tar, .tar.gz and .tar.zst. They come from anywhere, so nothing in them is trusted."""

from __future__ import annotations

import atexit
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from agent.errors import AgentError

MAX_BYTES = 256 * 2**20  # a capture is a few MiB: more is a mistake, or meant to fill the disk
MAX_MEMBERS = 100_000
ENDINGS = (".tar", ".tar.gz", ".tgz", ".tar.zst")


def is_archive(path: Path) -> bool:
    """Whether a path names an archive, by its ending."""
    return path.is_file() and path.name.lower().endswith(ENDINGS)


def unpacked(path: Path) -> Path:
    """A temporary folder with the archive's content, removed when the program ends. Raises AgentError."""
    folder = Path(tempfile.mkdtemp(prefix="recyclerie-capture-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        with _opened(path) as archive:
            left = MAX_BYTES
            for number, member in enumerate(archive):
                left -= member.size
                if left < 0 or number > MAX_MEMBERS:
                    raise AgentError(f"{path} is too large for a capture.", hint="Unpack it and look into it yourself.")
                _put(archive, member, folder)
    except (tarfile.TarError, OSError, EOFError, KeyError, ValueError) as problem:
        raise AgentError(f"{path} can't be unpacked: {problem}.", hint="Is it whole? Copy it again.") from problem
    return folder


def _put(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """One member, where it belongs inside ``folder``. Left out: what would lie or point outside, devices, pipes.

    tarfile's own filter "data" does the same, but Debian 12's Python 3.11.2 doesn't have it yet.
    """
    folder, place = folder.resolve(), folder / member.name.lstrip("/")
    parent = place.parent.resolve()  # links in an archive lead to other places of it
    if ".." in place.parts or place == folder or not parent.is_relative_to(folder):
        return
    parent.mkdir(parents=True, exist_ok=True)
    place = parent / place.name
    if member.isdir():
        place.mkdir(exist_ok=True)
    elif member.issym():
        target = Path(os.path.normpath(parent / member.linkname))
        if target.is_relative_to(folder) and not os.path.lexists(place):
            place.symlink_to(member.linkname)
    elif (member.isfile() or member.islnk()) and not os.path.lexists(place):
        content = archive.extractfile(member)
        if content is not None:
            with content, place.open("xb") as file:
                shutil.copyfileobj(content, file)


def _opened(path: Path) -> tarfile.TarFile:
    if not path.name.lower().endswith(".zst"):
        return tarfile.open(path)
    try:
        process = subprocess.Popen(["zstd", "-dc", "--", str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError as problem:
        raise AgentError(f"{path} can't be unpacked: zstd is not installed.", hint="apt install zstd") from problem
    with process.stdout or io.BytesIO() as stream:
        content = stream.read(MAX_BYTES + 1)
    process.kill() if len(content) > MAX_BYTES else None
    if process.wait() != 0:
        raise AgentError(f"{path} can't be unpacked: it is damaged, or too large.", hint="Copy it again.")
    return tarfile.open(fileobj=io.BytesIO(content))


def pack(folder: Path, out: Path) -> None:
    """Write ``folder`` into one file, by the ending of ``out``. Raises AgentError."""
    name = out.name.lower()
    inside = out.name
    for ending in sorted(ENDINGS, key=len, reverse=True):
        inside = inside.removesuffix(ending)
    try:
        if not name.endswith(".zst"):
            with tarfile.open(out, "w:gz" if name.endswith("gz") else "w") as archive:
                archive.add(folder, arcname=inside, filter=_anonymous)
            return
        with subprocess.Popen(
            ["zstd", "-q", "-f", "-o", str(out)], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            pipe = process.stdin or io.BytesIO()
            with pipe, tarfile.open(fileobj=pipe, mode="w|") as archive:
                archive.add(folder, arcname=inside, filter=_anonymous)
            if process.wait() != 0:
                raise OSError(f"zstd ended with status {process.returncode}")
    except (OSError, tarfile.TarError) as problem:
        raise AgentError(
            f"The capture {out} can't be written: {problem}.", hint="Name a folder, or a file .tar.gz."
        ) from problem


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
