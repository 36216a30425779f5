"""GLPI's sections on the machine as such: bios, hardware, cpus, memories, slots, ports, firmwares."""

from __future__ import annotations

from typing import Any

from controller.inventory_export import makers
from controller.inventory_export.clean import date, entry, first, name, number, part, rows, serial, text
from controller.machines.rubbish import clean_uuid

MIB = 1 / 2**20
MAX_SOCKETS = 64


def bios(snapshot: dict[str, Any]) -> dict[str, Any]:
    """Firmware, system, main board and case; placeholders of makers are left out, since GLPI matches by serials."""
    firmware, chassis, board = (part(snapshot, key) for key in ("firmware", "chassis", "board"))
    return entry(
        assettag=name(chassis.get("asset_tag")),
        bdate=date(firmware.get("date")),
        bmanufacturer=name(firmware.get("vendor")),
        bversion=text(firmware.get("version")),
        mmanufacturer=name(board.get("manufacturer")),
        mmodel=name(board.get("product")),
        msn=serial(chassis.get("board_serial")),
        skunumber=name(chassis.get("sku")),
        smanufacturer=name(chassis.get("manufacturer")),
        smodel=name(chassis.get("product")),
        ssn=serial(chassis.get("system_serial")),
        enclosureserial=serial(chassis.get("chassis_serial")),
        secure_boot=_secure_boot(firmware),
    )


def _secure_boot(firmware: dict[str, Any]) -> str:
    if isinstance(secure := firmware.get("secure_boot"), bool):
        return "enabled" if secure else "disabled"
    return "unsupported" if firmware.get("type") == "bios" else ""


def hardware(snapshot: dict[str, Any], machine: str) -> dict[str, Any]:
    """The machine under the name ``machine``: its tag, since every PC in the workshop has the same host name."""
    chassis = part(snapshot, "chassis")
    return entry(
        name=text(machine),
        uuid=clean_uuid(text(chassis.get("system_uuid"))).upper(),
        chassis_type=makers.chassis_name(text(chassis.get("chassis_type"))),
        memory=_memory(part(snapshot, "memory")),
        vmsystem=makers.virtual_system(
            text(chassis.get("manufacturer")) or text(part(snapshot, "board").get("manufacturer")),
            text(chassis.get("product")),
        ),
    )


def _memory(memory: dict[str, Any]) -> int | None:
    """What the system can use, as GLPI's agent says; what is plugged in, where only that is known."""
    used = number(memory.get("total_bytes"), scale=MIB, low=1)
    return used or number(memory.get("installed_bytes"), scale=MIB, low=1)


def cpus(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """One entry for each processor. ``thread`` is the processor's own total, as GLPI's agent sends it."""
    cpu = part(snapshot, "cpu")
    sockets = number(cpu.get("sockets"), low=1, high=MAX_SOCKETS) or 1
    cores = _each(cpu.get("cores"), sockets)
    vendor = text(cpu.get("vendor"))
    one = entry(
        name=name(cpu.get("model")),
        manufacturer=makers.CPU_MAKERS.get(vendor, vendor),
        arch=makers.architecture(text(cpu.get("architecture"))),
        core=cores,
        corecount=cores,
        thread=_each(cpu.get("threads"), sockets),
        speed=number(cpu.get("max_mhz"), low=1, high=100_000),
        familynumber=text(cpu.get("family")),
        model=text(cpu.get("model_number")),
        stepping=number(cpu.get("stepping"), high=255),
    )
    return [dict(one) for _ in range(sockets)] if one else []


def _each(total: object, sockets: int) -> int | None:
    """The share of one processor; None when the total can't be."""
    whole = number(total, low=1, high=65_536)
    return max(1, whole // sockets) if whole else None


def memories(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """The modules that are plugged in, numbered from 1."""
    found = []
    ecc = part(snapshot, "memory").get("ecc")
    for index, module in enumerate(rows(part(snapshot, "memory"), "modules"), 1):
        speed = number(module.get("speed_mts"), low=1, high=1_000_000)
        row = entry(
            capacity=number(module.get("size_bytes"), scale=MIB, low=1),
            caption=text(module.get("slot")),
            description=name(module.get("form_factor")),
            manufacturer=name(module.get("manufacturer")),
            model=name(module.get("part_number")),
            serialnumber=serial(module.get("serial")),
            speed=f"{speed} MT/s" if speed else "",
            type=name(module.get("type")),
            memorycorrection={True: "ECC", False: "None"}[ecc] if isinstance(ecc, bool) else "",
            removable=not soldered if isinstance(soldered := module.get("soldered"), bool) else None,
        )
        if row:
            found.append({**row, "numslots": index})
    return found


def batteries(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """Batteries: what they hold and what they were made for, in mWh."""
    return [
        row
        for battery in rows(snapshot, "batteries")
        if (
            row := entry(
                name=name(first(battery, "model", "name")),
                manufacturer=name(battery.get("manufacturer")),
                serial=serial(battery.get("serial")),
                chemistry=name(battery.get("technology")),
                capacity=number(battery.get("energy_full_design_wh"), scale=1000, low=1),
                real_capacity=number(battery.get("energy_full_wh"), scale=1000),
            )
        )
    ]
