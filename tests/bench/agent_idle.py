"""What the agent of an installed PC costs while nothing happens: ``python -m tests.bench.agent_idle``.

The agent of a machine at home, linked, with the settings that it has there (heartbeat every 30 s, health every 15 min).
CPU from the kernel's own count in nanoseconds; what a health sample costs is measured by itself and spread over its
quarter of an hour, since few of them fall into the time that is watched.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.results import save
from tests.integration.assist.world import World

HEARTBEAT_SECONDS = 30
HEALTH_SECONDS = 900
SETTLE_SECONDS = 20


def cpu_seconds(pid: int) -> float:
    """Of all threads of a process, by the scheduler."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def memory(pid: int) -> dict[str, int]:
    """Resident, and its own share of it."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = {name: re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE) for name in ("Rss", "Pss")}
    return {f"{name.lower()}_bytes": int(match[1]) * 1024 for name, match in found.items() if match}


def sample_seconds(command: list[str], environment: dict[str, str], runs: int = 5) -> float:
    """CPU of one health sample, median."""
    took = []
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return sorted(took)[len(took) // 2]


def measure(seconds: float) -> dict[str, Any]:
    """The figures."""
    os.environ["RECYCLERIE_CONFIG"] = "/nonexistent"
    world = World(Path(tempfile.mkdtemp(prefix="rcy-bench-")))
    world.settings.heartbeat_seconds = HEARTBEAT_SECONDS
    try:
        world.start()
        home = world.home()
        home.pc.settings |= {"health_seconds": HEALTH_SECONDS, "heartbeat_seconds": HEARTBEAT_SECONDS}
        home.pc.write()
        home.start()
        world.wait_linked(home)
        time.sleep(SETTLE_SECONDS)  # its first reports must be over
        before, began = cpu_seconds(home.agent_pid), time.monotonic()
        time.sleep(seconds)
        used, lasted = cpu_seconds(home.agent_pid) - before, time.monotonic() - began
        sample = sample_seconds(home.pc.command("health", "--without-drives"), home.pc.environment())
        return {
            "idle_cpu_percent": round(100 * used / lasted, 4),
            "idle_measured_seconds": round(lasted),
            "health_sample_cpu_seconds": round(sample, 3),
            "health_cpu_percent": round(100 * sample / HEALTH_SECONDS, 4),
            **memory(home.agent_pid),
        }
    finally:
        world.close()


def main() -> None:
    """Measure, and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--idle", type=float, default=180, help="seconds to watch the idle agent")
    figures = measure(parser.parse_args().idle)
    print(figures)
    print(save("agent_idle", "make bench-link", figures))


if __name__ == "__main__":
    main()
