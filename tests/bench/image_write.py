"""How fast an OS image gets onto a drive: our way against the others, on the same loop device, as a ratio to dd.

Every way starts from what a PC would receive (compressed, here in the page cache, so that no network blurs it)
and ends with the content flushed to the device. ``dd`` is the yardstick: the same raw bytes, nothing to unpack.

    python -m tests.bench.image_write [--profile mini] [--runs 3]
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from agent.jobs.image_manifest import Chunk, Manifest, parse_manifest
from agent.jobs.image_write import ImageWriter, worker_count
from agent.jobs.zstd import load_zstd
from images.chunks import unpack
from images.resources import loop_device, mounted
from tests.bench.results import save

COMPRESSION = 3  # of tar, squashfs and the whole-disk stream: what the first trial used
GROWN_BYTES = 8 * 1024**3  # more than the image, so that growing the file system is part of the time


class LocalFrames:
    """The agent's fetcher without a network: frames from the image file."""

    cuts = 0

    def __init__(self, image: Path) -> None:
        self.file = image.open("rb")

    def frames(self, _path: str, chunks: Sequence[Chunk]) -> Iterator[tuple[Chunk, bytes]]:
        """Every chunk with its frame, in the order of the file."""
        for chunk in chunks:
            yield chunk, self.frame(_path, chunk)

    def frame(self, _path: str, chunk: Chunk) -> bytes:
        """One frame."""
        return os.pread(self.file.fileno(), chunk.file_length, chunk.file_offset)

    def close(self) -> None:
        """Give the file back."""
        self.file.close()


class Inputs:
    """The same system in each form, made once."""

    def __init__(self, image_dir: Path, work: Path) -> None:
        text = (image_dir / "manifest.json").read_bytes()
        self.manifest: Manifest = parse_manifest(text, hashlib.sha256(text).hexdigest())
        self.image = image_dir / "image.zst"
        self.disk, self.content = work / "disk.raw", work / "content.raw"
        self.stream, self.tar, self.squashfs = work / "disk.zst", work / "root.tar.zst", work / "root.squashfs"
        self.work = work
        self._make(json.loads(text))

    def _make(self, raw: dict[str, Any]) -> None:
        say("preparing the same system in each form")
        unpack(self.image, raw["chunks"], raw["size_bytes"], self.disk)
        with self.content.open("wb") as out, self.disk.open("rb") as source:
            for chunk in self.manifest.chunks:
                out.write(os.pread(source.fileno(), chunk.length, chunk.offset))
        level = f"-{COMPRESSION}"
        command("zstd", "-q", "-f", "-T0", level, self.disk, "-o", self.stream)
        root = self.manifest.root
        with contextlib.ExitStack() as stack:
            start = root.first_sector * 512
            loop = stack.enter_context(loop_device(self.disk, offset=start, size=(root.last_sector + 1) * 512 - start))
            place = stack.enter_context(mounted(loop, self.work / "root", "-o", "ro,noload"))
            pack = f"tar --xattrs --numeric-owner -C {place} -c . | zstd -q -T0 {level} > {self.tar}"
            command("sh", "-c", pack)
            compressor = ("-comp", "zstd", "-Xcompression-level", str(COMPRESSION))
            command("mksquashfs", place, self.squashfs, "-noappend", "-quiet", "-no-progress", *compressor)


def say(line: str) -> None:
    """Progress, beside the result on standard output."""
    print(line, file=sys.stderr, flush=True)


def command(*words: str | Path) -> None:
    """Run a tool; what it says is shown when it fails."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{words[0]} failed ({done.returncode}): {done.stderr.strip()}")


def flush(device: Path) -> None:
    """Until the kernel says that everything is on the device."""
    fd = os.open(device, os.O_RDWR)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def by_dd(inputs: Inputs, device: Path) -> None:
    """The yardstick: as many raw bytes, nothing to unpack or check."""
    command("dd", f"if={inputs.content}", f"of={device}", "bs=4M", "oflag=direct", "conv=fsync", "status=none")


def by_chunks(inputs: Inputs, device: Path) -> None:
    """Ours: frames unpacked and hashed in parallel, direct writes, then the file system takes the whole drive."""
    manifest = inputs.manifest
    fd = os.open(device, os.O_RDWR | os.O_DIRECT)
    try:
        writer = ImageWriter(
            fd,
            manifest,
            str(inputs.image),
            lambda _stopping: LocalFrames(inputs.image),  # type: ignore[arg-type,return-value]
            load_zstd(),
            workers=worker_count(8 * 1024**3, os.cpu_count() or 1, manifest.chunk_bytes),
            advance=lambda _done: None,
            stopping=lambda: False,
        )
        writer.run(write_holes=False)
    finally:
        os.close(fd)
    grow(device, manifest)


def by_stream(inputs: Inputs, device: Path) -> None:
    """One zstd stream through dd, holes left out."""
    pipe = (
        f"zstd -q -dc {inputs.stream} | dd of={device} bs=4M iflag=fullblock conv=sparse,fsync oflag=direct status=none"
    )
    command("sh", "-c", pipe)
    grow(device, inputs.manifest)


def grow(device: Path, manifest: Manifest) -> None:
    """The root's file system over the rest of the drive, with a UUID of its own."""
    with loop_device(device, offset=manifest.root.first_sector * 512) as root:
        subprocess.run(["e2fsck", "-f", "-y", root], capture_output=True, check=False)
        command("resize2fs", root)
        command("tune2fs", "-U", "random", root)
        flush(root)


def by_tar(inputs: Inputs, device: Path) -> None:
    """A new file system, files unpacked into it one by one."""
    _fresh(device)
    with mounted(device, inputs.work / "target") as place:
        command("sh", "-c", f"zstd -q -dc {inputs.tar} | tar --xattrs --numeric-owner -C {place} -x")
        command("sync", "-f", place)


def by_squashfs(inputs: Inputs, device: Path) -> None:
    """A new file system, files unpacked into it in parallel."""
    _fresh(device)
    with mounted(device, inputs.work / "target") as place:
        command("unsquashfs", "-q", "-n", "-f", "-d", place, inputs.squashfs)
        command("sync", "-f", place)


def _fresh(device: Path) -> None:
    command("mkfs.ext4", "-q", "-F", "-E", "nodiscard", device)


WAYS: dict[str, Callable[[Inputs, Path], None]] = {
    "dd": by_dd,
    "chunks": by_chunks,
    "zstd | dd": by_stream,
    "tar + zstd": by_tar,
    "squashfs": by_squashfs,
}


def measure(inputs: Inputs, runs: int) -> list[dict[str, Any]]:
    """Seconds of each way, the median of ``runs``, in turns so that a busy moment hits all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in WAYS}
    target = inputs.work / "drive"
    for turn in range(runs):
        for name, way in WAYS.items():
            target.unlink(missing_ok=True)
            with target.open("wb") as out:
                out.truncate(GROWN_BYTES)
            with loop_device(target) as device:
                os.sync()
                start = time.monotonic()
                way(inputs, device)
                flush(device)
                seconds[name].append(time.monotonic() - start)
            say(f"{turn + 1}/{runs} {name:<11} {seconds[name][-1]:6.2f} s")
    received = {
        "dd": inputs.manifest.content_bytes,
        "chunks": inputs.image.stat().st_size,
        "zstd | dd": inputs.stream.stat().st_size,
        "tar + zstd": inputs.tar.stat().st_size,
        "squashfs": inputs.squashfs.stat().st_size,
    }
    yardstick = statistics.median(seconds["dd"])
    return [
        {
            "way": name,
            "what": (way.__doc__ or "").strip(),
            "seconds": round(statistics.median(seconds[name]), 2),
            "ratio_to_dd": round(statistics.median(seconds[name]) / yardstick, 2),
            "received_bytes": received[name],
            "all_seconds": [round(value, 2) for value in seconds[name]],
        }
        for name, way in WAYS.items()
    ]


def main() -> None:
    """Measure, keep the result under docs/figures, print it."""
    images = Path(os.environ.get("RECYCLERIE_IMAGE_DIR", "~/.cache/recyclerie/images")).expanduser() / "os"
    parser = argparse.ArgumentParser(description=__doc__)
    built = [name for name in ("mini", "famille") if (images / name / "manifest.json").is_file()]
    parser.add_argument("--profile", default=os.environ.get("PROFILE") or (built[0] if built else "mini"))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--work", type=Path, default=None, help="a folder on the disk to measure on")
    chosen = parser.parse_args()
    image_dir = images / chosen.profile
    if not (image_dir / "manifest.json").is_file():
        raise SystemExit(f"no OS image in {image_dir}: recyclerie image build os --profile {chosen.profile}")
    for tool in ("zstd", "tar", "mksquashfs", "unsquashfs", "mkfs.ext4", "resize2fs"):
        if not shutil.which(tool):
            raise SystemExit(f"{tool} is missing: apt-get install zstd tar squashfs-tools e2fsprogs")
    with tempfile.TemporaryDirectory(prefix="recyclerie-bench-", dir=chosen.work) as folder:
        inputs = Inputs(image_dir, Path(folder))
        ways = measure(inputs, chosen.runs)
    figures = {
        "profile": chosen.profile,
        "image_version": inputs.manifest.version,
        "disk_bytes": inputs.manifest.size_bytes,
        "content_bytes": inputs.manifest.content_bytes,
        "drive": "loop device on a sparse file",
        "ways": ways,
    }
    command_line = f"python -m tests.bench.image_write --profile {chosen.profile} --runs {chosen.runs}"
    path = save("image_write", command_line, figures)
    print(json.dumps(figures, indent=1))
    say(f"kept in {path}")


if __name__ == "__main__":
    main()
