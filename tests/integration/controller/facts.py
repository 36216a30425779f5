"""What machines say, in the tests: announcements and inventories of made-up PCs."""

from __future__ import annotations

from typing import Any

from agent.protocol import Announcement, Chassis

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + "B" * 43


def chassis(number: int = 1, **changes: str) -> Chassis:
    """What the firmware of PC ``number`` says."""
    found: dict[str, Any] = {
        "system_uuid": f"4c4c4544-0042-3510-8057-b4c04f4d{number:04x}",
        "system_serial": f"5CG719{number:04d}",
        "board_serial": f"PGXKB0{number:04d}",
        "chassis_serial": f"5CG719{number:04d}",
        "manufacturer": "HP",
        "product": "HP ProBook 450 G4",
        "version": "",
        "sku": "Y8A30EA#ABF",
        "asset_tag": "",
        "chassis_type": "10",
    }
    return {**found, **changes}  # type: ignore[typeddict-item]


def nic(number: int = 1, bus: str = "pci") -> dict[str, Any]:
    """The network card of PC ``number``."""
    return {
        "name": "enp1s0",
        "mac": f"8c:16:45:00:{number // 256:02x}:{number % 256:02x}",
        "bus": bus,
        "driver": "r8169",
        "wireless": False,
        "link": True,
        "speed_mbps": 1000,
    }


def announcement(number: int = 1, boot: int = 1, **changes: Any) -> Announcement:
    """PC ``number`` in its ``boot``-th live boot."""
    found: dict[str, Any] = {
        "protocol": 1,
        "mode": "live",
        "boot_id": f"boot-{number:04d}-{boot:04d}",
        "boot_secret": f"{number:032d}{boot:032d}",
        "agent_version": "1",
        "image_version": "1",
        "chassis": chassis(number),
        "nics": [nic(number)],
        "ssh_host_keys": [HOST_KEY],
        "firmware": "uefi",
        "secure_boot": False,
        "hostname": "recyclerie-live",
    }
    return {**found, **changes}  # type: ignore[typeddict-item]


def drive(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A drive, as an inventory describes it."""
    found: dict[str, Any] = {
        "path": "/dev/sda",
        "model": "Samsung SSD 860",
        "serial": f"S3Z9NB0K{number:06d}",
        "wwn": f"0x5002538e40b5{number:04x}",
        "size_bytes": 250_059_350_016,
        "logical_block_bytes": 512,
        "physical_block_bytes": 4096,
        "rotational": False,
        "transport": "sata",
        "removable": False,
        "read_only": False,
        "boot_medium": False,
        "in_use": [],
        "firmware_revision": "RVT01B6Q",
        "partitions": [],
        "smart": {"available": False},
    }
    return {**found, **changes}


def inventory(number: int = 1, drives: list[dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    """The inventory of PC ``number``."""
    found: dict[str, Any] = {
        "schema": "recyclerie.inventory/1",
        "taken_at": "2026-01-01T10:00:00Z",
        "chassis": chassis(number),
        "network": [nic(number)],
        "drives": [drive(number)] if drives is None else drives,
        "problems": [],
    }
    return {**found, **changes}


def health() -> dict[str, Any]:
    """A health sample."""
    return {"schema": "recyclerie.health/1", "taken_at": "2026-01-01T10:00:00Z", "uptime_seconds": 12.0, "drives": []}
