"""The inventory snapshot: everything the machine is, in one object (message INVENTORY)."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from agent import VERSION
from agent.clock import now_text
from agent.collectors import pci
from agent.collectors.batteries import collect_batteries
from agent.collectors.chassis import collect_board, collect_chassis
from agent.collectors.cpu import collect_cpu
from agent.collectors.drives import collect_drives
from agent.collectors.firmware import collect_firmware
from agent.collectors.guard import guarded
from agent.collectors.hidden_drives import hidden_drive_problems
from agent.collectors.memory import collect_memory
from agent.collectors.network import collect_network
from agent.config import Config


def inventory_snapshot(config: Config | None, root: Path = Path("/")) -> dict[str, Any]:
    """Look at the whole machine. Never raises; ``problems`` says what could not be seen, and what to do."""
    rig = config.rig if config else None
    problems: list[str] = []
    # An installed system at a family's home is never erased there: what its drives could do is nobody's business.
    erase = config is None or config.mode == "live"
    cards = guarded("cards", problems, [], lambda: pci.collect_pci(root, problems))
    drives = guarded("drives", problems, [], lambda: collect_drives(root, problems, rig=rig, erase=erase))
    controllers = pci.controllers(cards)
    visible = sum(1 for drive in drives if not drive["boot_medium"] and drive["transport"] != "usb")
    if rig is None:
        problems += guarded(
            "hidden drives", problems, [], lambda: hidden_drive_problems(root, cards, visible_drives=visible)
        )
    return {
        "schema": "recyclerie.inventory/1",
        "taken_at": now_text(),
        "agent_version": VERSION,
        "image_version": config.image_version if config else "",
        "hostname": socket.gethostname(),
        "firmware": guarded("firmware", problems, {}, lambda: collect_firmware(root, problems)),
        "chassis": guarded("chassis", problems, {}, lambda: dict(collect_chassis(root, problems, rig=rig))),
        "board": guarded("main board", problems, {}, lambda: collect_board(root, rig=rig)),
        "cpu": guarded("processor", problems, {}, lambda: collect_cpu(problems)),
        "memory": guarded("memory", problems, {}, lambda: collect_memory(root, problems, firmware=rig is None)),
        "drives": drives,
        "network": guarded("network cards", problems, [], lambda: collect_network(root, problems, rig=rig)),
        "graphics": pci.named(cards, pci.GRAPHICS),
        "sound": pci.named(cards, pci.SOUND),
        "batteries": guarded("batteries", problems, [], lambda: collect_batteries(root, problems)),
        "controllers": controllers,
        "problems": problems,
    }
