"""How the PC is when somebody asks for help: what a helper asks first. No names of files, networks, people."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from agent.config import Config
from agent.errors import AgentError
from agent.files import read_text
from agent.reports import collect_report
from agent.tools import run

SECONDS = 25.0
APT_SECONDS = 20.0
KEPT = ("uptime_seconds", "load", "memory", "disks", "batteries", "failed_units")
MOST = 20  # failed units, disks, batteries


async def machine_state(config: Config) -> dict[str, Any]:
    """The state of the moment. Never raises; what can't be known in time is left out."""
    health, network, updates = await asyncio.gather(
        _health(config), asyncio.to_thread(network_kind), asyncio.to_thread(pending_updates)
    )
    return {**health, "network": network, **updates}


async def _health(config: Config) -> dict[str, Any]:
    try:
        async with asyncio.timeout(SECONDS):
            sample = await collect_report("health", config, "--without-drives")
    except (AgentError, OSError, TimeoutError):
        return {}
    kept = {name: sample[name] for name in KEPT if sample.get(name) not in (None, [])}
    return {name: value[:MOST] if isinstance(value, list) else value for name, value in kept.items()}


def network_kind(root: Path = Path("/")) -> str:
    """What the way out goes over: cable, wifi, mobile, other; or none."""
    for line in read_text(root / "proc/net/route").splitlines()[1:]:
        fields = line.split()
        if len(fields) > 7 and fields[1] == "00000000" and fields[7] == "00000000":
            return _kind(root, fields[0])
    for line in read_text(root / "proc/net/ipv6_route").splitlines():
        fields = line.split()
        if len(fields) > 9 and fields[0] == "0" * 32 and fields[1] == "00" and fields[9] != "lo":
            return _kind(root, fields[9])
    return "none"


def _kind(root: Path, interface: str) -> str:
    folder = root / "sys/class/net" / interface
    if (folder / "wireless").exists() or (folder / "phy80211").exists():
        return "wifi"
    if interface.startswith(("ww", "usb", "ppp")):  # a modem, or a telephone on its cable
        return "mobile"
    return "cable" if (folder / "device").exists() else "other"


def pending_updates() -> dict[str, Any]:
    """How many packages wait for an update, and whether a restart is wanted; nothing where apt doesn't say."""
    from agent.collectors.updates import collect_updates

    try:
        found = collect_updates(ask=lambda command: run(command, seconds=APT_SECONDS))
    except (OSError, ValueError):
        return {}
    named = {"updates": "pending", "security_updates": "pending_security", "restart_wanted": "reboot_required"}
    return {name: found[key] for name, key in named.items() if found.get(key) is not None}
