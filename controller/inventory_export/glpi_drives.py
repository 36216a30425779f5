"""GLPI's sections on drives: storages (the devices) and drives (the file systems on them)."""

from __future__ import annotations

from typing import Any

from controller.inventory_export import makers
from controller.inventory_export.clean import entry, name, number, rows, serial, text

MB = 1 / 10**6  # GLPI counts drives as their makers do,
MIB = 1 / 2**20  # and file systems as the system does
KINDS = {True: "HDD", False: "SSD"}


def storages(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """The machine's own drives; the stick that it was started from is no part of it."""
    found = []
    for drive in _own(snapshot):
        model = name(drive.get("model"))
        rotational = drive.get("rotational")
        row = entry(
            name=text(drive.get("path")).removeprefix("/dev/"),
            model=model,
            manufacturer=name(drive.get("manufacturer")) or makers.drive_maker(model),
            serial=serial(drive.get("serial")),
            wwn=text(drive.get("wwn")),
            firmware=text(drive.get("firmware_revision")),
            disksize=number(drive.get("size_bytes"), scale=MB, low=1),
            interface=makers.INTERFACES.get(text(drive.get("transport")).lower(), ""),
            description=KINDS[rotational] if isinstance(rotational, bool) else "",
        )
        if row:
            found.append({**row, "type": "disk"})
    return found


def drives(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """The file systems. Their labels stay out: a donor's ("Photos Marie") are nobody's business elsewhere."""
    return [
        row
        for drive in _own(snapshot)
        for partition in rows(drive, "partitions")
        if text(partition.get("fstype"))
        and (
            row := entry(
                volumn=text(partition.get("path")),
                filesystem=text(partition.get("fstype")),
                total=number(partition.get("size_bytes"), scale=MIB, low=1),
            )
        )
    ]


def _own(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    return [drive for drive in rows(snapshot, "drives") if drive.get("boot_medium") is not True]
