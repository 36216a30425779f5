"""Bytes per second through the link, against a bridge directly on the same machine, in one run.

``python -m tests.bench.link_bytes``. The same service (a Unix socket that sends as fast as it may) and a viewer that
reads and throws away each time:

- direct: service → websockify (where it is installed; else a bridge of a few lines on the same library as the agent's)
  → WebSocket over TLS → viewer
- link: service → agent → WebSocket over TLS → controller → viewer

The link has one process more by its nature: it crosses the controller. Also measured at the rate of a good uplink,
which is what a family has, with the CPU that it costs.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import json
import os
import shutil
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from tests.bench.bridge import bridge
from tests.bench.results import save
from tests.integration.agent.played import ROOT
from tests.integration.assist.world import World, free_port

PIECE = 1 << 16
UPLINK_BYTES = 50_000_000 // 8  # 50 Mbit/s
SCREEN_BYTES = 24_000_000  # full frames as fast as x11vnc gave them in the lab


class Source(threading.Thread):
    """The service: for each viewer the wanted number of bytes, at most ``rate`` a second."""

    def __init__(self, path: Path, total: int, rate: int = 0) -> None:
        super().__init__(daemon=True)
        self.total, self.rate = total, rate
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        path.unlink(missing_ok=True)
        self.listening.bind(str(path))
        self.listening.listen()

    def run(self) -> None:
        """Until the process ends."""
        while True:
            plug, _ = self.listening.accept()
            with contextlib.suppress(OSError):
                self._send(plug)
            plug.close()

    def _send(self, plug: socket.socket) -> None:
        data, left, began = os.urandom(PIECE), self.total, time.monotonic()
        while left:
            left -= plug.send(data[: min(PIECE, left)])
            if self.rate:
                ahead = (self.total - left) / self.rate - (time.monotonic() - began)
                if ahead > 0:
                    time.sleep(ahead)
        plug.recv(1)  # until the viewer has it all: websockify 0.10 drops what is under way when the service ends


@contextlib.contextmanager
def direct(folder: Path, service: Path) -> Iterator[tuple[str, int, Callable[[int], int]]]:
    """websockify or the small bridge: its name, its process, and a viewer that returns the bytes it got."""
    port = free_port()

    async def view(total: int) -> int:
        from websockets.asyncio.client import connect

        got = 0
        address = f"wss://127.0.0.1:{port}/websockify"
        async with connect(address, ssl=context, compression=None, max_size=None, proxy=None) as ws:
            with contextlib.suppress(Exception):
                async for data in ws:
                    got += len(data)
                    if got >= total:
                        break
        return got

    with bridge(folder, service, [], "127.0.0.1", port) as found:
        context = ssl.create_default_context(cafile=str(found.ca))
        yield found.name, found.pid, lambda total: asyncio.run(view(total))


def through_the_link(world: World, tag: str, total: int) -> int:
    """A viewer at the controller's local socket."""
    from controller.assist.pipe import connect

    plug, got = connect(world.settings, tag, "screen"), 0
    buffer = memoryview(bytearray(1 << 20))
    while got < total and (size := plug.recv_into(buffer)):
        got += size
    plug.close()
    return got


def timed(view: Callable[[int], int], total: int, pids: list[int]) -> dict[str, float]:
    """One pass: rate, and the CPU that each process used."""
    processes = [psutil.Process(pid) for pid in pids]

    def used() -> float:
        seconds = 0.0
        for process in processes:
            for one in (process, *process.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    times = one.cpu_times()
                    seconds += times.user + times.system
        return seconds

    before, began = used(), time.monotonic()
    got = view(total)
    took = time.monotonic() - began
    assert got == total, f"{got} of {total} bytes"
    return {"bytes_per_second": total / took, "cpu_seconds": max(0.0, used() - before), "seconds": took}


def measure(total: int, passes: int) -> dict[str, Any]:
    """All of it; the median of the passes, which take turns."""
    os.environ["RECYCLERIE_CONFIG"] = "/nonexistent"
    folder = Path(tempfile.mkdtemp(prefix="rcy-bench-"))
    (folder / "world").mkdir()
    world = World(folder / "world")
    figures: dict[str, Any] = {"bytes": total}
    try:
        world.start()
        home = world.home()
        home.start()
        world.wait_linked(home)
        assert world.process is not None
        link_pids = [world.process.pid, home.agent_pid]
        service = home.folder / "screen.sock"
        link = functools.partial(through_the_link, world, home.tag)
        with direct(folder, service) as (name, pid, view):
            figures["against"] = name
            plans = (
                ("unlimited", 0, total),
                ("screen", SCREEN_BYTES, SCREEN_BYTES * 8),
                ("uplink", UPLINK_BYTES, UPLINK_BYTES * 8),
            )
            for label, rate, amount in plans:
                service.unlink(missing_ok=True)
                Source(service, amount, rate).start()
                rounds: dict[str, list[dict[str, float]]] = {"direct": [], "link": []}
                for _ in range(passes if not rate else 1):
                    rounds["direct"].append(timed(view, amount, [pid]))
                    rounds["link"].append(timed(link, amount, link_pids))
                middle = {
                    way: sorted(found, key=lambda one: one["bytes_per_second"])[len(found) // 2]
                    for way, found in rounds.items()
                }
                ratio = middle["link"]["bytes_per_second"] / middle["direct"]["bytes_per_second"]
                figures[label] = {**middle, "ratio": ratio}
        figures["agent_rss_bytes"] = psutil.Process(home.agent_pid).memory_info().rss
        return figures
    finally:
        world.close()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Measure and keep."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--passes", type=int, default=3)
    given = parser.parse_args()
    os.chdir(ROOT)
    figures = measure(given.megabytes << 20, given.passes)
    print(json.dumps(figures, indent=1))
    save("link_bytes", "make bench-link", figures)


if __name__ == "__main__":
    main()
