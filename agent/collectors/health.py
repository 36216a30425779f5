"""How the machine is doing right now: load, memory, file systems, temperatures, SMART, failed units."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import psutil

from agent import VERSION
from agent.clock import now_text
from agent.collectors.batteries import collect_batteries
from agent.collectors.drives import collect_drives
from agent.collectors.guard import guarded
from agent.config import Config
from agent.tools import run

# File systems in memory or read only by nature: their fill level means nothing.
NOT_DISKS = ("tmpfs", "devtmpfs", "squashfs", "overlay", "iso9660", "efivarfs", "ramfs", "proc", "sysfs")


def health_sample(config: Config | None, root: Path = Path("/")) -> dict[str, Any]:
    """One health sample (see docs/agent.md). Never raises: what can't be read is left empty, with a problem."""
    problems: list[str] = []
    rig = config.rig if config else None
    drives = guarded("drives", problems, [], lambda: collect_drives(root, problems, rig=rig))
    memory = guarded("memory", problems, None, psutil.virtual_memory)
    batteries = guarded("batteries", problems, [], lambda: collect_batteries(root, problems))
    return {
        "schema": "recyclerie.health/1",
        "taken_at": now_text(),
        "uptime_seconds": round(time.clock_gettime(time.CLOCK_BOOTTIME)),
        "load": [round(value, 2) for value in psutil.getloadavg()],
        "memory": {
            "total_bytes": memory.total if memory else None,
            "available_bytes": memory.available if memory else None,
        },
        "disks": guarded("file systems", problems, [], _disks),
        "temperatures": guarded("temperatures", problems, [], _temperatures),
        "drives": [{"serial": drive["serial"], "smart": drive["smart"]} for drive in drives],
        "failed_units": guarded("units", problems, [], lambda: failed_units(problems)),
        "image_version": config.image_version if config else "",
        "agent_version": VERSION,
        "battery": batteries[0] if batteries else None,
        "problems": problems,
    }


def failed_units(problems: list[str]) -> list[str]:
    """Names of systemd units in the failed state."""
    ran = run(["systemctl", "list-units", "--state=failed", "--plain", "--no-legend", "--no-pager"], seconds=10)
    if not ran.ok:
        problems.append(f"failed services can't be listed: {ran.explain()}")
    return [line.split()[0] for line in ran.out.splitlines() if line.split()]


def _disks() -> list[dict[str, Any]]:
    found = []
    seen: set[str] = set()
    for part in psutil.disk_partitions(all=False):
        if part.fstype in NOT_DISKS or part.device.startswith("/dev/loop") or part.device in seen:
            continue
        seen.add(part.device)  # one file system mounted in several places counts once
        try:
            usage = psutil.disk_usage(part.mountpoint)
        except OSError:
            continue
        found.append({"mount": part.mountpoint, "total_bytes": usage.total, "free_bytes": usage.free})
    return found


def _temperatures() -> list[dict[str, Any]]:
    found = []
    for chip, readings in psutil.sensors_temperatures().items():
        for reading in readings:
            # Unconnected sensors say 0, -128 or 255.
            if reading.current is not None and 0 < reading.current < 130:
                sensor = f"{chip} {reading.label}".strip()
                found.append({"sensor": sensor, "celsius": round(reading.current, 1)})
    return found
