"""Who the machine says it is: SMBIOS types 1, 2 and 3 from sysfs, from dmidecode where sysfs has none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.collectors.dmidecode import parse_dmidecode
from agent.files import read_text
from agent.protocol import Chassis
from agent.tools import run

# Field of Chassis → file in /sys/class/dmi/id.
SYSFS = {
    "system_uuid": "product_uuid",
    "system_serial": "product_serial",
    "board_serial": "board_serial",
    "chassis_serial": "chassis_serial",
    "manufacturer": "sys_vendor",
    "product": "product_name",
    "version": "product_version",
    "sku": "product_sku",
    "asset_tag": "chassis_asset_tag",
    "chassis_type": "chassis_type",
}
# Field of Chassis → SMBIOS type and dmidecode's key.
DMIDECODE = {
    "system_uuid": (1, "UUID"),
    "system_serial": (1, "Serial Number"),
    "board_serial": (2, "Serial Number"),
    "chassis_serial": (3, "Serial Number"),
    "manufacturer": (1, "Manufacturer"),
    "product": (1, "Product Name"),
    "version": (1, "Version"),
    "sku": (1, "SKU Number"),
    "asset_tag": (3, "Asset Tag"),
    "chassis_type": (3, "Type"),
}
# SMBIOS 3.6 table 17 (7.4.1): dmidecode's names, numbered from 1.
CHASSIS_TYPES = (
    "Other;Unknown;Desktop;Low Profile Desktop;Pizza Box;Mini Tower;Tower;Portable;Laptop;Notebook;Hand Held;"
    "Docking Station;All In One;Sub Notebook;Space-saving;Lunch Box;Main Server Chassis;Expansion Chassis;"
    "Sub Chassis;Bus Expansion Chassis;Peripheral Chassis;RAID Chassis;Rack Mount Chassis;Sealed-case PC;"
    "Multi-system;CompactPCI;AdvancedTCA;Blade;Blade Enclosing;Tablet;Convertible;Detachable;IoT Gateway;"
    "Embedded PC;Mini PC;Stick PC"
).split(";")


def collect_chassis(root: Path, problems: list[str], *, rig: dict[str, Any] | None = None) -> Chassis:
    """The machine's identity as its firmware prints it; every field "" where it says nothing."""
    if rig is not None:
        return _chassis({name: str(rig.get("chassis", {}).get(name, "")) for name in SYSFS})
    folder = root / "sys/class/dmi/id"
    if folder.is_dir():
        return _chassis({name: read_text(folder / file) for name, file in SYSFS.items()})
    ran = run(["dmidecode", "-t", "1", "-t", "2", "-t", "3"], seconds=20)
    if not ran.ok or "DMI type 1," not in ran.out:
        problems.append(f"the firmware's identity tables can't be read: {ran.explain()}")
    return parse_chassis(ran.out)


def collect_board(root: Path, *, rig: dict[str, Any] | None = None) -> dict[str, str]:
    """Maker and model of the main board: the only names on PCs whose board was sold alone."""
    if rig is not None:
        return {"manufacturer": "", "product": "", "version": ""}
    folder = root / "sys/class/dmi/id"
    if folder.is_dir():
        names = {"manufacturer": "board_vendor", "product": "board_name", "version": "board_version"}
        return {name: read_text(folder / file) for name, file in names.items()}
    return parse_board(run(["dmidecode", "-t", "2"], seconds=20).out)


def parse_board(dmidecode_text: str) -> dict[str, str]:
    """The main board's names out of dmidecode's output."""
    board: dict[str, str] = next((b.values for b in parse_dmidecode(dmidecode_text) if b.type == 2), {})
    keys = {"manufacturer": "Manufacturer", "product": "Product Name", "version": "Version"}
    return {name: board.get(key, "") for name, key in keys.items()}


def parse_chassis(dmidecode_text: str) -> Chassis:
    """The machine's identity out of dmidecode's output. The first block of a type counts."""
    first: dict[int, dict[str, str]] = {}
    for block in parse_dmidecode(dmidecode_text):
        first.setdefault(block.type, block.values)
    values = {name: first.get(number, {}).get(key, "") for name, (number, key) in DMIDECODE.items()}
    kind = values["chassis_type"]
    values["chassis_type"] = str(CHASSIS_TYPES.index(kind) + 1) if kind in CHASSIS_TYPES else ""
    return _chassis(values)


def _chassis(values: dict[str, str]) -> Chassis:
    return Chassis(
        system_uuid=values["system_uuid"],
        system_serial=values["system_serial"],
        board_serial=values["board_serial"],
        chassis_serial=values["chassis_serial"],
        manufacturer=values["manufacturer"],
        product=values["product"],
        version=values["version"],
        sku=values["sku"],
        asset_tag=values["asset_tag"],
        chassis_type=values["chassis_type"],
    )
