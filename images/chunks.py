"""A disk image as independent zstd frames, one per chunk that isn't all zeros: written and read in parallel.

One frame a chunk lets the target unpack several at once, check each against the manifest before it reaches
the disk, and take up again after a cut. Free space costs nothing: an all-zero chunk is a hole, not a frame.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, TypedDict

from images.command import tool_environment
from images.errors import ImageError

CHUNK_BYTES = 16 * 1024 * 1024


class Chunk(TypedDict):
    """One chunk, as the manifest names it. Offsets and lengths in bytes."""

    offset: int  # on the disk
    length: int  # on the disk
    file_offset: int  # of its frame in image.zst
    file_length: int  # of its frame
    sha256: str  # of the raw chunk


class Packed(TypedDict):
    """What ``pack`` made."""

    size_bytes: int
    chunk_bytes: int
    chunks: list[Chunk]
    file_sha256: str


def pack(
    disk: Path,
    goal: Path,
    *,
    level: int,
    chunk_bytes: int = CHUNK_BYTES,
    progress: Callable[[float], None] = lambda _share: None,
) -> Packed:
    """Write the image file ``goal`` from the raw disk ``disk``. Raises ``ImageError``."""
    size = disk.stat().st_size
    chunks: list[Chunk] = []
    whole = hashlib.sha256()
    workers = max(1, os.cpu_count() or 1)
    with goal.open("wb") as out, ThreadPoolExecutor(workers) as pool:
        # Chunks in flight are held in memory: a few per worker, whatever the image's size.
        flying: deque[tuple[int, int, str, Future[bytes]]] = deque()

        def land() -> None:
            offset, length, sha256, frame = flying.popleft()
            packed = frame.result()
            chunks.append(
                Chunk(
                    offset=offset,
                    length=length,
                    file_offset=out.tell(),
                    file_length=len(packed),
                    sha256=sha256,
                )
            )
            out.write(packed)
            whole.update(packed)
            progress((offset + length) / max(size, 1))

        for offset, raw in nonzero_chunks(disk, chunk_bytes):
            flying.append((offset, len(raw), hashlib.sha256(raw).hexdigest(), pool.submit(compress, raw, level)))
            if len(flying) >= 3 * workers:
                land()
        while flying:
            land()
        out.flush()
        os.fsync(out.fileno())
    return Packed(size_bytes=size, chunk_bytes=chunk_bytes, chunks=chunks, file_sha256=whole.hexdigest())


def nonzero_chunks(disk: Path, chunk_bytes: int) -> Iterator[tuple[int, bytes]]:
    """(offset, content) of every chunk that isn't all zeros; holes of a sparse file are not even read."""
    size = disk.stat().st_size
    with disk.open("rb", buffering=0) as source:
        offset = 0
        while offset < size:
            data = _next_data(source, offset)
            if data is None:
                return
            offset = data - data % chunk_bytes
            raw = _read_exactly(source, offset, min(chunk_bytes, size - offset))
            if raw.count(0) != len(raw):
                yield offset, raw
            offset += chunk_bytes


def _next_data(source: BinaryIO | object, offset: int) -> int | None:
    try:
        return os.lseek(source.fileno(), offset, os.SEEK_DATA)  # type: ignore[union-attr]
    except OSError:  # ENXIO: nothing but a hole up to the end
        return None


def _read_exactly(source: object, offset: int, length: int) -> bytes:
    parts = []
    while length:
        part = os.pread(source.fileno(), length, offset)  # type: ignore[attr-defined]
        if not part:
            raise ImageError(f"The disk image ended early at byte {offset}", hint="build it again")
        parts.append(part)
        offset += len(part)
        length -= len(part)
    return b"".join(parts)


def compress(raw: bytes, level: int) -> bytes:
    """One chunk as one zstd frame that says its size."""
    return _zstd(["-c", f"-{level}", "--single-thread", f"--stream-size={len(raw)}"], raw)


def decompress(frame: bytes) -> bytes:
    """The raw content of one or more zstd frames."""
    return _zstd(["-d", "-c"], frame)


def _zstd(options: list[str], content: bytes) -> bytes:
    done = subprocess.run(
        ["zstd", "-q", *options], input=content, capture_output=True, env=tool_environment(), check=False
    )
    if done.returncode:
        raise ImageError(
            f"zstd failed: {done.stderr.decode(errors='replace').strip()}",
            hint="is it installed (apt-get install zstd), is there memory?",
        )
    return done.stdout


def unpack(image: Path, chunks: list[Chunk], size_bytes: int, goal: Path) -> None:
    """Write the raw disk again from an image file, checking every chunk. For tests and verification."""
    with image.open("rb") as source, goal.open("wb") as out:
        out.truncate(size_bytes)
        for chunk in chunks:
            source.seek(chunk["file_offset"])
            raw = decompress(source.read(chunk["file_length"]))
            if hashlib.sha256(raw).hexdigest() != chunk["sha256"] or len(raw) != chunk["length"]:
                raise ImageError(
                    f"{image}: the chunk at byte {chunk['offset']} is damaged", hint="build or copy the image again"
                )
            out.seek(chunk["offset"])
            out.write(raw)
