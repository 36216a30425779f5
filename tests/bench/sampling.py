"""CPU and memory of a process and everything it starts, sampled while something else goes on."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field

import psutil


@dataclass
class Sample:
    """One moment. ``pss_bytes``: memory with shared pages counted once; ``children``: processes besides it."""

    at: float
    label: str
    pss_bytes: int
    children: int


@dataclass
class Sampler:
    """``with Sampler(pid) as sampler:`` looks every ``interval`` seconds. Set ``label`` to name what goes on."""

    pid: int
    interval: float = 0.5
    label: str = ""
    samples: list[Sample] = field(default_factory=list)
    cpu_seconds: float = 0.0

    def __enter__(self) -> Sampler:
        self._process = psutil.Process(self.pid)
        self._before = self._cpu()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self._stop.set()
        self._thread.join()
        with contextlib.suppress(psutil.Error):
            self.cpu_seconds = self._cpu() - self._before

    def _cpu(self) -> float:
        """User and system seconds, with those of children that have ended and been waited for."""
        times = self._process.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)

    def _run(self) -> None:
        while not self._stop.wait(self.interval):
            with contextlib.suppress(psutil.Error):
                self._look()

    def _look(self) -> None:
        children = self._process.children(recursive=True)
        memory = 0
        for process in (self._process, *children):
            with contextlib.suppress(psutil.Error):
                memory += process.memory_full_info().pss
        self.samples.append(Sample(time.monotonic(), self.label, memory, len(children)))

    @property
    def peak_pss_bytes(self) -> int:
        """The most memory at one moment."""
        return max((sample.pss_bytes for sample in self.samples), default=0)

    def share_with_children(self, label: str) -> float:
        """In which share of the moments named ``label`` any child process existed."""
        named = [sample for sample in self.samples if sample.label == label]
        return sum(sample.children > 0 for sample in named) / len(named) if named else 0.0
