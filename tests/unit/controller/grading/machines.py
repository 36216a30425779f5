"""Inventories to grade: a good laptop, and what is changed of it."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

GIB, GB = 2**30, 10**9
FINE = {
    "available": True,
    "passed": True,
    "power_on_hours": 5000,
    "reallocated_sectors": 0,
    "pending_sectors": 0,
    "offline_uncorrectable": 0,
    "percentage_used": 4,
}


def drive(gigabytes: int = 256, **changes: Any) -> dict[str, Any]:
    """A drive of an inventory, sound."""
    found = {
        "model": "SAMSUNG MZ7LN256",
        "serial": "S1",
        "size_bytes": gigabytes * GB,
        "rotational": False,
        "transport": "sata",
        "removable": False,
        "boot_medium": False,
        "smart": FINE,
    }
    return {**found, **changes}


def module(gib: float = 4, **changes: Any) -> dict[str, Any]:
    """A memory module."""
    found = {"size_bytes": round(gib * GIB), "type": "DDR4", "form_factor": "SODIMM", "soldered": False}
    return {**found, **changes}


def memory(*modules: dict[str, Any], free: int | None = 0, maximum: int | None = 32) -> dict[str, Any]:
    """The memory of an inventory; sizes in GiB."""
    return {
        "total_bytes": sum(m["size_bytes"] for m in modules) or None,
        "slots_total": len(modules) + (free or 0),
        "slots_free": free,
        "maximum_bytes": maximum * GIB if maximum else None,
        "modules": list(modules),
    }


GOOD: dict[str, Any] = {
    "schema": "recyclerie.inventory/1",
    "chassis": {"manufacturer": "LENOVO", "product": "ThinkPad T470", "chassis_type": "10"},
    "cpu": {
        "model": "Intel(R) Core(TM) i5-7200U CPU @ 2.50GHz",
        "cores": 2,
        "threads": 4,
        "max_mhz": 3100,
        "bits_64": True,
        "level": 3,
    },
    "memory": memory(module(8), free=1),
    "drives": [drive()],
    "controllers": [{"name": "Intel SATA Controller [AHCI mode]", "driver": "ahci", "raid_mode": False}],
    "network": [],
    "network_cards": [
        {"kind": "wireless", "name": "Intel 8265", "driver": "iwlwifi"},
        {"kind": "wired", "name": "Intel I219", "driver": "e1000e"},
    ],
    "sound": [{"name": "Intel HDA", "driver": "snd_hda_intel"}],
    "cameras": [{"name": "Integrated Camera", "driver": "uvcvideo"}],
    "screens": [{"internal": True, "width_px": 1920}],
    "batteries": [{"energy_full_wh": 22.0, "energy_full_design_wh": 24.0}],
    "missing": [],
}


def laptop(**changes: Any) -> dict[str, Any]:
    """The good laptop with other facts; ``cpu`` is changed field by field."""
    found = copy.deepcopy(GOOD)
    if "cpu" in changes:
        found["cpu"] = {**found["cpu"], **changes.pop("cpu")}
    return {**found, **changes}


def result(subsystem: str, outcome: str, target: str = "", **figures: Any) -> Any:
    """A test's result, as it is kept."""
    return SimpleNamespace(
        name=subsystem, subsystem=subsystem, target=target, outcome=outcome, reason="as said", figures=figures
    )


def seen(severity: str) -> Any:
    """What a person saw."""
    return SimpleNamespace(worst_severity=severity)
