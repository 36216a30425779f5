"""Worker processes of one test: forked, each heard on a pipe, a JSON object a line, the newest of which counts."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.hwtests.script import die_with_parent


@dataclass
class Worker:
    """A process, and what it said so far."""

    pid: int
    pipe: int
    said: dict[str, Any] = field(default_factory=dict)
    status: int | None = None  # as waitpid has it, once it has ended
    _rest: bytes = b""

    def take(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if lines:
            self.said.update(json.loads(lines[-1]))

    @property
    def killed(self) -> bool:
        """Whether a signal ended it: the kernel's, when memory ran out."""
        return self.status is not None and os.WIFSIGNALED(self.status)


def start(work: Callable[[], Iterable[dict[str, Any]]]) -> Worker:
    """Fork a process that does ``work`` and tells each object that it yields. It dies with the process group."""
    reading, writing = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        os.close(writing)
        return Worker(pid, reading)
    status = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        die_with_parent(parent)
        os.close(reading)
        # When memory runs out, the kernel ends us, not the agent.
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
        for said in work():
            os.write(writing, json.dumps(said).encode() + b"\n")
        status = 0
    finally:
        os._exit(status)


def listen(workers: Sequence[Worker], tick_seconds: float = 1.0) -> Iterator[None]:
    """Until all have ended; gives back control at least each ``tick_seconds``."""
    with selectors.DefaultSelector() as selector:
        for worker in workers:
            selector.register(worker.pipe, selectors.EVENT_READ, worker)
        while selector.get_map():
            for key, _ in selector.select(tick_seconds):
                worker = key.data
                data = os.read(worker.pipe, 65536)
                if data:
                    worker.take(data)
                    continue
                selector.unregister(worker.pipe)
                os.close(worker.pipe)
                _, worker.status = os.waitpid(worker.pid, 0)
            yield
