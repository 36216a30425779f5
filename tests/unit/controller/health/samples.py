"""Health samples of made-up PCs at home, in the shape that the agent sends."""

from __future__ import annotations

import datetime as dt
from typing import Any

AT = dt.datetime(2026, 3, 2, 18, 0, tzinfo=dt.UTC)  # a Monday
SERIAL = "WD-WCC4N5678901"


def smart(**facts: Any) -> dict[str, Any]:
    """SMART of a healthy hard disk, with what a test wants."""
    found: dict[str, Any] = {
        "available": True,
        "tool": "smartctl 7.4",
        "exit_status": 0,
        "passed": True,
        "power_on_hours": 9000,
        "temperature_celsius": 34,
        "reallocated_sectors": 0,
        "reported_uncorrectable": 0,
        "command_timeout": 0,
        "pending_sectors": 0,
        "offline_uncorrectable": 0,
        "percentage_used": None,
        "critical_warning": None,
        "media_errors": None,
        "available_spare": None,
        "available_spare_threshold": None,
        "attributes": [],
        "self_test": None,
        "asleep": False,
        "error": "",
    }
    return {**found, **facts}


def asleep() -> dict[str, Any]:
    """A disk that was left alone."""
    nothing = dict.fromkeys(smart())
    return {**nothing, "available": False, "attributes": [], "asleep": True, "error": "", "exit_status": 2}


def drive(serial: str = SERIAL, *, rotational: bool = True, **facts: Any) -> dict[str, Any]:
    """A drive of a sample."""
    model = "WDC WD10EZEX-08WN4A0" if rotational else "Samsung SSD 970 EVO 500GB"
    return {
        "serial": serial,
        "wwn": "",
        "model": model,
        "firmware_revision": "01.01A01",
        "rotational": rotational,
        "transport": "sata" if rotational else "nvme",
        "size_bytes": 10**12,
        "smart": smart(**facts),
    }


def sample(at: dt.datetime = AT, **changes: Any) -> dict[str, Any]:
    """A sample of a PC that is well."""
    found: dict[str, Any] = {
        "schema": "recyclerie.health/1",
        "taken_at": at.isoformat().replace("+00:00", "Z"),
        "uptime_seconds": 7200,
        "load": [0.1, 0.1, 0.1],
        "memory": {"total_bytes": 8 * 10**9, "available_bytes": 5 * 10**9},
        "disks": [{"mount": "/", "total_bytes": 100 * 10**9, "free_bytes": 60 * 10**9}],
        "temperatures": [
            {"sensor": "coretemp Package id 0", "celsius": 51.0},
            {"sensor": "nvme Composite", "celsius": 88.0},
        ],
        "drives": [drive()],
        "failed_units": [],
        "image_version": "1",
        "agent_version": "1",
        "batteries": [battery(45.0)],
        "problems": [],
    }
    return {**found, **changes}


def battery(full: float | None, design: float = 50.0) -> dict[str, Any]:
    """A battery that holds ``full`` of ``design`` Wh."""
    return {
        "name": "BAT0",
        "energy_full_wh": full,
        "energy_full_design_wh": design,
        "cycle_count": 210,
        "state": "full",
        "charge_percent": 100,
    }


def disk(percent: float, mount: str = "/") -> dict[str, Any]:
    """A file system that is full to so much."""
    return {"mount": mount, "total_bytes": 10**11, "free_bytes": round(10**11 * (1 - percent / 100))}


def hot(celsius: float) -> list[dict[str, Any]]:
    """The processor's sensors."""
    return [{"sensor": "coretemp Package id 0", "celsius": celsius}]
