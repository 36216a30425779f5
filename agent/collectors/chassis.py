"""Who the machine says it is: SMBIOS types 1, 2 and 3 from sysfs, from dmidecode where sysfs has none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.collectors.dmidecode import parse_dmidecode
from agent.collectors.fields import Subsystem, text
from agent.files import read_text
from agent.protocol import Chassis
from agent.sources import Run
from agent.tools import run as run_tool

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
SUBSYSTEM = Subsystem(
    "chassis",
    "Chassis",
    tools=("dmidecode",),
    files=tuple(f"sys/class/dmi/id/{file}" for file in SYSFS.values()),
    fields=(
        text("system_uuid", "SMBIOS type 1"),
        text("system_serial", "SMBIOS type 1, as printed: often rubbish"),
        text("board_serial", "SMBIOS type 2"),
        text("chassis_serial", "SMBIOS type 3"),
        text("manufacturer", "maker of the machine", mandatory=True),
        text("product", "model of the machine", mandatory=True),
        text("version", "often the name that people know (ThinkPad T480)"),
        text("sku", "the maker's order number"),
        text("asset_tag", "the old owner's number"),
        text("chassis_type", "SMBIOS 7.4.1 number (10 = notebook)", mandatory=True),
    ),
)
BOARD = Subsystem(
    "board",
    "Main board",
    tools=("dmidecode",),
    files=tuple(f"sys/class/dmi/id/board_{name}" for name in ("vendor", "name", "version")),
    fields=(
        text("manufacturer", "maker of the main board", mandatory=True),
        text("product", "its model", mandatory=True),
        text("version", "its version"),
    ),
)
# SMBIOS 7.4.1 numbers by what a person calls the machine.
FORMS = {
    "laptop": (8, 9, 10, 14, 31, 32),
    "tablet": (11, 30),
    "all_in_one": (13,),
    "mini": (15, 16, 33, 34, 35, 36),
    "server": (17, 23, 28, 29),
    "desktop": (3, 4, 5, 6, 7, 24),
}


def machine_form(chassis_type: str) -> str:
    """laptop, tablet, all_in_one, mini, server or desktop; "" when the firmware doesn't say."""
    number = int(chassis_type) if chassis_type.isdecimal() else 0
    return next((form for form, numbers in FORMS.items() if number in numbers), "")


def collect_chassis(
    root: Path, problems: list[str], *, rig: dict[str, Any] | None = None, run: Run = run_tool
) -> Chassis:
    """The machine's identity as its firmware prints it; every field "" where it says nothing."""
    if rig is not None:
        return _chassis({name: str(rig.get("chassis", {}).get(name, "")) for name in SYSFS})
    folder = root / "sys/class/dmi/id"
    if folder.is_dir():
        return _chassis({name: read_text(folder / file) for name, file in SYSFS.items()})
    ran = run(["dmidecode", "-t", "1", "-t", "2", "-t", "3"], seconds=20)
    if not ran.ok or "DMI type 1," not in ran.out:
        why = "dmidecode's output has no system table" if ran.ok else ran.explain()
        problems.append(f"the firmware's identity tables can't be read: {why}")
    return parse_chassis(ran.out)


def collect_board(root: Path, *, rig: dict[str, Any] | None = None, run: Run = run_tool) -> dict[str, str]:
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
