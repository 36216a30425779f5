"""How the machine is doing right now: load, memory, file systems, temperatures, SMART, failed units.

At a family's home nothing of what they have or do leaves the machine: no names of files, sticks, networks, programs
or people; and a disk that sleeps is left asleep.
"""

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
from agent.collectors.updates import collect_updates
from agent.config import Config
from agent.tools import run

# File systems in memory or read only by nature: their fill level means nothing.
NOT_DISKS = ("tmpfs", "devtmpfs", "squashfs", "overlay", "iso9660", "efivarfs", "ramfs", "proc", "sysfs")
# The only places that are named: what a family mounts is named by them (/media/someone/HOLIDAYS).
PLACES = ("/", "/home", "/boot", "/var", "/usr", "/opt", "/srv")
# What names a drive, and what vendors' oddities go by.
DRIVE_FACTS = ("serial", "wwn", "model", "firmware_revision", "rotational", "transport", "size_bytes")
BATTERY_FACTS = ("name", "energy_full_wh", "energy_full_design_wh", "cycle_count", "state", "charge_percent")
UNITS = (".service", ".timer", ".socket")  # names of mounts and sessions hold paths and people


def health_sample(config: Config | None, root: Path = Path("/"), *, drives: bool = True) -> dict[str, Any]:
    """One health sample (see docs/agent.md). Never raises: what can't be read is left empty, with a problem.

    Without ``drives`` no drive is asked anything, and the sample has none.
    """
    problems: list[str] = []
    memory = guarded("memory", problems, None, psutil.virtual_memory)
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
        "drives": guarded("drives", problems, [], lambda: _drives(config, root, problems)) if drives else [],
        "failed_units": guarded("units", problems, [], lambda: failed_units(problems)),
        "image_version": config.image_version if config else "",
        "agent_version": VERSION,
        "batteries": guarded("batteries", problems, [], lambda: _batteries(root, problems)),
        # As rarely as the drives are asked: a dry run of apt takes a second of an old processor.
        **({"updates": _updates(config, root, problems)} if drives and _at_home(config) else {}),
        "problems": problems,
    }


def _at_home(config: Config | None) -> bool:
    return config is not None and config.mode == "resident"


def _updates(config: Config | None, root: Path, problems: list[str]) -> dict[str, Any] | None:
    state_dir = config.state_dir if config else None
    found: dict[str, Any] | None
    found = guarded("updates", problems, None, lambda: collect_updates(root, state_dir=state_dir))
    return found


def _drives(config: Config | None, root: Path, problems: list[str]) -> list[dict[str, Any]]:
    """Each drive's SMART. In the workshop a drive may be woken, at home never."""
    found = collect_drives(root, problems, rig=config.rig if config else None, gently=_at_home(config))
    return [{**{name: drive[name] for name in DRIVE_FACTS}, "smart": drive["smart"]} for drive in found]


def _batteries(root: Path, problems: list[str]) -> list[dict[str, Any]]:
    return [{name: battery[name] for name in BATTERY_FACTS} for battery in collect_batteries(root, problems)]


def failed_units(problems: list[str]) -> list[str]:
    """Names of systemd's services, timers and sockets in the failed state; without what stands after an @."""
    ran = run(["systemctl", "list-units", "--state=failed", "--plain", "--no-legend", "--no-pager"], seconds=10)
    if not ran.ok:
        problems.append(f"failed services can't be listed: {ran.explain()}")
    names = {_without_instance(line.split()[0]) for line in ran.out.splitlines() if line.split()}
    return sorted(name for name in names if name.endswith(UNITS))


def _without_instance(unit: str) -> str:
    name, _, rest = unit.partition("@")
    return f"{name}@.{rest.rpartition('.')[2]}" if rest else unit


def _disks() -> list[dict[str, Any]]:
    found = []
    seen: set[str] = set()
    for part in psutil.disk_partitions(all=False):
        if part.fstype in NOT_DISKS or part.device.startswith("/dev/loop") or part.device in seen:
            continue
        if part.mountpoint not in PLACES:
            continue
        seen.add(part.device)  # one file system mounted in several places counts once
        try:
            usage = psutil.disk_usage(part.mountpoint)
        except OSError:
            continue
        # What is kept back for root counts as used: a person can't fill it, and psutil's "free" leaves it out.
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
