"""Machines of which enough is known to grade them, and parts that would lift them."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from controller.health.reports import store_report
from controller.machines.announce import current_boot
from controller.machines.registry import get_machine
from controller.parts.kinds import Origin, PartKind, PartState
from controller.parts.stock import NewPart, add
from tests.acceptance.web import scene

GIB, GB = 2**30, 10**9


def laptop(**changes: Any) -> dict[str, Any]:
    """An inventory: a hard disk and 4 GiB in a laptop that could do more."""
    disk = {**scene.drive("SN-WORK", 500 * GB, rotational=True)}
    disk["smart"] = {**disk["smart"], "reallocated_sectors": 0, "pending_sectors": 0, "offline_uncorrectable": 0}
    module = {
        "slot": "A", "size_bytes": 4 * GIB, "type": "DDR3", "form_factor": "SODIMM", "soldered": False,
    }  # fmt: skip
    return {
        "schema": "recyclerie.inventory/1",
        "taken_at": "2026-03-12T09:10:00Z",
        "image_version": "test",
        "chassis": scene.chassis("WORK01", "Hewlett-Packard", scene.LONG_MODEL),
        "cpu": {
            "model": "Intel(R) Core(TM) i5-4300U CPU @ 1.90GHz",
            "cores": 2,
            "threads": 4,
            "max_mhz": 2900,
            "bits_64": True,
            "level": 3,
        },
        "memory": {
            "total_bytes": 4 * GIB,
            "installed_bytes": 4 * GIB,
            "slots_total": 2,
            "slots_free": 1,
            "maximum_bytes": 16 * GIB,
            "modules": [module],
        },
        "drives": [disk],
        "network": [],
        "network_cards": [{"kind": "wireless", "name": "Intel Wireless 7260", "driver": "iwlwifi"}],
        "graphics": [{"name": "Intel HD Graphics 4400", "driver": "i915"}],
        "sound": [{"name": "Intel HDA", "driver": "snd_hda_intel"}],
        "cameras": [{"name": "HP HD Webcam", "driver": "uvcvideo"}],
        "screens": [{"internal": True, "width_px": 1366}],
        "batteries": [{"name": "BAT0", "energy_full_wh": 29.0, "energy_full_design_wh": 48.0, "cycle_count": 412}],
        "controllers": [{"name": "Intel SATA AHCI", "driver": "ahci", "raid_mode": False}],
        "problems": [],
        "missing": [],
        **changes,
    }


def known(app: FastAPI, machine: int, message: str = "known", **changes: Any) -> None:
    """A machine reports everything that a grade needs."""
    with app.state.core.database.write() as session:
        found = get_machine(session, machine)
        boot = current_boot(session, machine)
        assert boot is not None
        body = laptop(**changes)
        body["chassis"] = boot.announcement["chassis"]
        body["drives"] = [{**drive, "serial": f"SN-{machine}"} for drive in body["drives"]]
        store_report(session, found, boot, "inventory", body, f"{message}-{machine}")


def stocked(app: FastAPI) -> None:
    """A few parts come into stock."""
    parts = (
        NewPart(kind=PartKind.SSD, count=3, label="Crucial BX500", size_bytes=240 * GB, interface="SATA",
                origin=Origin.BOUGHT, cost_cents=1890, place="Boîte SSD", state=PartState.NEW),
        NewPart(kind=PartKind.MEMORY, count=1, label="Kingston KVR16LS11/4", size_bytes=4 * GIB, memory_type="DDR3",
                form_factor="SODIMM", place="Tiroir 2"),
        NewPart(kind=PartKind.CHARGER, count=2, label="65 W, prise ronde bleue", fits="ProBook 650 G1; EliteBook 840"),
        NewPart(kind=PartKind.OTHER, label="x" * 120, place="Y" * 40, cost_cents=1234),
    )  # fmt: skip
    with app.state.core.database.write() as session:
        for part in parts:
            add(session, part, "main", "user:1")
