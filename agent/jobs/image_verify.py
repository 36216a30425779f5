"""Reading a written image back from the drive and comparing every chunk's hash, past all caches."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import mmap
import os
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from agent.collectors.block import BLKFLSBUF
from agent.errors import AgentError
from agent.jobs.image_manifest import Chunk


def verify_written(
    path: str,
    chunks: Sequence[Chunk],
    chunk_bytes: int,
    *,
    workers: int,
    advance: Callable[[int], None],
    stopping: Callable[[], bool],
) -> int:
    """Compare what the drive holds with the manifest; returns the bytes read. Raises AgentError at a difference.

    Reading is sequential (a hard disk's arm), hashing happens beside it.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC
    try:
        fd = os.open(path, flags | os.O_DIRECT)
    except OSError:
        fd = os.open(path, flags)
    buffers: queue.Queue[mmap.mmap] = queue.Queue()
    for _ in range(workers + 1):
        buffers.put(mmap.mmap(-1, chunk_bytes))
    done = 0
    waiting: list[Future[None]] = []

    def check(chunk: Chunk, buffer: mmap.mmap) -> None:
        try:
            with memoryview(buffer) as view:
                found = hashlib.sha256(view[: chunk.length]).hexdigest()
        finally:
            buffers.put(buffer)
        if found != chunk.sha256:
            raise AgentError(
                f"{path} does not hold what was written to it: the chunk at byte {chunk.offset} is different.",
                hint="The drive or this PC's memory lies: replace the drive, test the memory.",
            )

    try:
        with contextlib.suppress(OSError):
            fcntl.ioctl(fd, BLKFLSBUF)
        with ThreadPoolExecutor(workers, thread_name_prefix="verify") as pool:
            for chunk in chunks:
                if stopping():
                    raise AgentError("The install was stopped from outside before its end.")
                buffer = buffers.get()
                _read(fd, path, chunk, buffer)
                waiting.append(pool.submit(check, chunk, buffer))
                while waiting and waiting[0].done():
                    waiting.pop(0).result()
                done += chunk.length
                advance(done)
            for future in waiting:
                future.result()
    finally:
        os.close(fd)
    return done


def _read(fd: int, path: str, chunk: Chunk, buffer: mmap.mmap) -> None:
    got = 0
    try:
        with memoryview(buffer) as view:
            while got < chunk.length:
                count = os.preadv(fd, [view[got : chunk.length]], chunk.offset + got)
                if count == 0:
                    raise OSError(5, "the device ended early")
                got += count
    except OSError as problem:
        raise AgentError(
            f"{path} can't be read back at byte {chunk.offset + got}: {problem.strerror}.", hint="Replace the drive."
        ) from problem
