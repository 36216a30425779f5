"""Writing an OS image to a drive: fetch → decompress and verify, in parallel → direct writes, in order.

No chunk reaches the drive before its SHA-256 is the manifest's. The first chunk, which holds the partition
table and the boot code, is written last: a PC that loses power in between doesn't start half a system.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import logging
import mmap
import os
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from agent.collectors.block import zero_out
from agent.errors import AgentError
from agent.jobs.fetch import TIMEOUT_SECONDS, Fetcher
from agent.jobs.image_manifest import Chunk, Manifest, holes
from agent.jobs.zstd import Decompress, ZstdError

log = logging.getLogger("agent.install")

ZERO_STEP_BYTES = 64 * 2**20
FRAME_TRIES = 3
SPARE_BUFFERS = 2  # beside one for each worker: one being written, one being filled


@dataclass
class WriteReport:
    """What was done, in bytes."""

    bytes_written: int = 0
    bytes_skipped: int = 0  # holes that were zeros already
    frames_again: int = 0  # frames that came damaged and were fetched again


class ImageWriter:
    """Writes one image to one open drive."""

    def __init__(
        self,
        fd: int,
        manifest: Manifest,
        image_path: str,
        make_fetcher: Callable[[Callable[[], bool]], Fetcher],
        decompress: Decompress,
        *,
        workers: int,
        advance: Callable[[int], None],
        busy: Callable[[bool], None] = lambda _: None,
        stopping: Callable[[], bool],
    ) -> None:
        self.fd = fd
        self.manifest = manifest
        self.image_path = image_path
        self.make_fetcher = make_fetcher
        self.decompress = decompress
        self.workers = workers
        self.advance = advance
        self.busy = busy  # told when this thread waits for the drive, and when no longer
        self.stopping = stopping
        self.report = WriteReport()
        self.cuts = 0
        self._done = 0
        self._cancelled = threading.Event()
        self._buffers: queue.Queue[mmap.mmap] = queue.Queue()
        for _ in range(workers + SPARE_BUFFERS):
            self._buffers.put(mmap.mmap(-1, manifest.chunk_bytes))
        self._ready: queue.Queue[tuple[Chunk, Future[mmap.mmap]] | BaseException | None] = queue.Queue()
        self._again_lock = threading.Lock()

    def run(self, *, write_holes: bool) -> WriteReport:
        """Write everything. Raises AgentError; what was written until then is in ``report``."""
        if write_holes:
            self._write_holes()
        else:
            self.report.bytes_skipped = self.manifest.size_bytes - self.manifest.content_bytes
        fetching = threading.Thread(target=self._fetch, name="fetch", daemon=True)
        with ThreadPoolExecutor(self.workers, thread_name_prefix="unpack") as pool:
            self._pool = pool
            fetching.start()
            try:
                self._write_chunks()
                self._sync()
            finally:
                self._cancelled.set()
                fetching.join(TIMEOUT_SECONDS + 5)
                pool.shutdown(cancel_futures=True)
        return self.report

    # -- the fetching thread and the workers ----------------------------------------------------------

    def _fetch(self) -> None:
        fetcher = self.make_fetcher(self._over)
        try:
            for chunk, frame in fetcher.frames(self.image_path, self.manifest.chunks):
                buffer = self._take_buffer()
                if buffer is None:
                    return
                self._ready.put((chunk, self._pool.submit(self._unpack, chunk, frame, buffer)))
            self._ready.put(None)
        except BaseException as problem:  # handed to the writing thread, which ends the job with it
            self._ready.put(problem)
        finally:
            self.cuts += fetcher.cuts
            fetcher.close()

    def _over(self) -> bool:
        return self._cancelled.is_set() or self.stopping()

    def _take_buffer(self) -> mmap.mmap | None:
        while not self._cancelled.is_set():
            with contextlib.suppress(queue.Empty):
                return self._buffers.get(timeout=0.5)
        return None

    def _unpack(self, chunk: Chunk, frame: bytes, buffer: mmap.mmap) -> mmap.mmap:
        """Fill ``buffer`` with the chunk; a frame that came damaged is fetched again, alone."""
        for attempt in range(FRAME_TRIES):
            if attempt:
                frame = self._fetch_again(chunk)
            try:
                with memoryview(buffer) as view:
                    size = self.decompress(frame, view[: chunk.length])
                    if size == chunk.length and hashlib.sha256(view[:size]).hexdigest() == chunk.sha256:
                        return buffer
            except ZstdError as problem:
                log.warning("chunk at byte %d: %s", chunk.offset, problem)
        raise AgentError(
            f"The image's chunk at byte {chunk.offset} does not have its hash, {FRAME_TRIES} times in a row.",
            hint="The image on the controller is damaged, or this PC's memory: build the image again, test the memory.",
        )

    def _fetch_again(self, chunk: Chunk) -> bytes:
        with self._again_lock:
            self.report.frames_again += 1
            fetcher = self.make_fetcher(self._over)
            try:
                return fetcher.frame(self.image_path, chunk)
            finally:
                fetcher.close()

    # -- this thread: the drive -----------------------------------------------------------------------

    def _write_chunks(self) -> None:
        first: tuple[Chunk, bytes] | None = None
        while True:
            item = self._next()
            if item is None:
                break
            chunk, future = item
            buffer = future.result()
            if chunk.offset == 0:
                first = (chunk, bytes(memoryview(buffer)[: chunk.length]))
            else:
                self._write(chunk, buffer)
            self._buffers.put(buffer)
        if first is None:
            raise AgentError("The image came without its first chunk.", hint="Start the install step again.")
        self._sync()
        chunk, content = first
        with mmap.mmap(-1, chunk.length) as aligned:
            aligned[:] = content
            self._write(chunk, aligned)

    def _next(self) -> tuple[Chunk, Future[mmap.mmap]] | None:
        while True:
            if self.stopping():
                raise AgentError("The install was stopped from outside before its end.")
            try:
                item = self._ready.get(timeout=0.5)
            except queue.Empty:
                continue
            if isinstance(item, BaseException):
                raise item
            return item

    def _write(self, chunk: Chunk, buffer: mmap.mmap) -> None:
        with memoryview(buffer) as view:
            self._pwrite(view, chunk.offset, chunk.length)
        self.report.bytes_written += chunk.length
        self._move(chunk.length)

    def _pwrite(self, view: memoryview, offset: int, length: int) -> None:
        done = 0
        self.busy(True)
        try:
            while done < length:
                done += os.pwrite(self.fd, view[done:length], offset + done)
        except OSError as problem:
            name = errno.errorcode.get(problem.errno or 0, str(problem.errno))
            raise AgentError(
                f"The drive can't be written at byte {offset + done} ({name}).",
                hint="Replace the drive, then start again.",
            ) from problem
        finally:
            self.busy(False)

    def _write_holes(self) -> None:
        """Zeros where the image has none of its own: the drive is not known to be zeros there."""
        by_kernel = True
        zeros = memoryview(mmap.mmap(-1, 4 * 2**20))
        for start, size in holes(self.manifest):
            for offset in range(start, start + size, ZERO_STEP_BYTES):
                if self.stopping():
                    raise AgentError("The install was stopped from outside before its end.")
                length = min(ZERO_STEP_BYTES, start + size - offset)
                if by_kernel:
                    try:
                        zero_out(self.fd, offset, length)
                    except OSError as problem:
                        log.info("the kernel does not write zeros here (%s): writing them", problem.strerror)
                        by_kernel = False
                if not by_kernel:
                    for at in range(offset, offset + length, len(zeros)):
                        self._pwrite(zeros, at, min(len(zeros), offset + length - at))
                self.report.bytes_written += length
                self._move(length)

    def _sync(self) -> None:
        try:
            os.fdatasync(self.fd)
        except OSError as problem:
            raise AgentError(f"The drive can't be flushed: {problem.strerror}.", hint="Replace the drive.") from problem

    def _move(self, length: int) -> None:
        self._done += length
        self.advance(self._done)


def worker_count(memory_bytes: int | None, processors: int, chunk_bytes: int) -> int:
    """How many chunks may be unpacked at once: one for each processor, within a quarter of the free memory.

    A worker needs a buffer for the raw chunk and about as much for its frame.
    """
    if memory_bytes is None:
        return 1
    room = memory_bytes // 4 // (2 * chunk_bytes) - SPARE_BUFFERS
    return max(1, min(processors, 4, room))
