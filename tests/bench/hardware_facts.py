"""What two inventories of one PC know, fact by fact: ours, and that of FusionInventory's agent (GLPI's ancestor)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Ours = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing to know, and how each of the two would say it."""

    name: str
    ours: Callable[[Ours], Any]
    theirs: Callable[[ET.Element], Any]


def every(key: str, field: str) -> Callable[[Ours], bool]:
    """Whether our list has something, and each item the field."""
    return lambda body: bool(body.get(key)) and all(item.get(field) not in (None, "", []) for item in body[key])


def some(key: str, field: str) -> Callable[[Ours], bool]:
    """Whether one item of our list has the field."""
    return lambda body: any(item.get(field) not in (None, "", []) for item in body.get(key) or [])


def inner(part: str, field: str) -> Callable[[Ours], Any]:
    """A field of one of our objects."""
    return lambda body: (body.get(part) or {}).get(field) not in (None, "", [])


def said(*paths: str) -> Callable[[ET.Element], bool]:
    """Whether their XML has a text at one of these places."""
    return lambda content: any((found.text or "").strip() for path in paths for found in content.findall(path))


NO: Callable[[Any], bool] = lambda _: False  # noqa: E731 - in a table

FACTS = (
    Fact(name="maker", ours=inner("chassis", "manufacturer"), theirs=said("BIOS/SMANUFACTURER")),
    Fact(name="model", ours=inner("chassis", "product"), theirs=said("BIOS/SMODEL")),
    Fact(name="serial number", ours=inner("chassis", "system_serial"), theirs=said("BIOS/SSN")),
    Fact(name="UUID", ours=inner("chassis", "system_uuid"), theirs=said("HARDWARE/UUID")),
    Fact(name="main board's serial number", ours=inner("chassis", "board_serial"), theirs=said("BIOS/MSN")),
    Fact(name="firmware's version and date", ours=inner("firmware", "version"), theirs=said("BIOS/BVERSION")),
    Fact(name="UEFI or BIOS", ours=inner("firmware", "type"), theirs=NO),
    Fact(name="processor", ours=inner("cpu", "model"), theirs=said("CPUS/NAME")),
    Fact(name="cores", ours=inner("cpu", "cores"), theirs=said("CPUS/CORE")),
    Fact(name="x86-64 level", ours=inner("cpu", "level"), theirs=NO),
    Fact(
        name="memory modules", ours=lambda b: (b.get("memory") or {}).get("modules"), theirs=said("MEMORIES/CAPACITY")
    ),
    Fact(name="free memory slots", ours=inner("memory", "slots_total"), theirs=said("MEMORIES/NUMSLOTS")),
    Fact(name="most memory that the board takes", ours=inner("memory", "maximum_bytes"), theirs=NO),
    Fact(name="drives: model", ours=every("drives", "model"), theirs=said("STORAGES/MODEL")),
    Fact(name="drives: serial number", ours=some("drives", "serial"), theirs=said("STORAGES/SERIALNUMBER")),
    Fact(name="drives: size", ours=every("drives", "size_bytes"), theirs=said("STORAGES/DISKSIZE")),
    Fact(name="drives: firmware", ours=some("drives", "firmware_revision"), theirs=said("STORAGES/FIRMWARE")),
    Fact(name="drives: sector sizes, rotating or not", ours=every("drives", "logical_block_bytes"), theirs=NO),
    Fact(
        name="drives: health (SMART)",
        ours=lambda b: any((d.get("smart") or {}).get("available") for d in b.get("drives") or []),
        theirs=NO,
    ),
    Fact(
        name="drives: how they can be erased",
        ours=lambda b: any(d.get("erase") for d in b.get("drives") or []),
        theirs=NO,
    ),
    Fact(name="graphics", ours=every("graphics", "name"), theirs=said("VIDEOS/CHIPSET", "VIDEOS/NAME")),
    Fact(name="graphics: driver", ours=some("graphics", "driver"), theirs=NO),
    Fact(name="screen: name", ours=some("screens", "name"), theirs=said("MONITORS/CAPTION", "MONITORS/NAME")),
    Fact(name="screen: size in inches", ours=some("screens", "diagonal_inches"), theirs=NO),
    Fact(name="screen: year", ours=some("screens", "year"), theirs=said("MONITORS/DESCRIPTION")),
    Fact(name="network: address", ours=every("network", "mac"), theirs=said("NETWORKS/MACADDR")),
    Fact(
        name="network: card's name",
        ours=some("network", "model"),
        theirs=said("NETWORKS/MODEL", "NETWORKS/MANUFACTURER"),
    ),
    Fact(name="network: driver", ours=some("network", "driver"), theirs=said("NETWORKS/DRIVER")),
    Fact(name="sound", ours=some("sound", "name"), theirs=said("SOUNDS/NAME")),
    Fact(name="sound: codec", ours=some("sound", "codecs"), theirs=NO),
    Fact(
        name="keyboard and pointing devices",
        ours=some("inputs", "kind"),
        theirs=said("INPUTS/NAME", "INPUTS/CAPTION", "INPUTS/DESCRIPTION"),
    ),
    Fact(name="USB devices", ours=some("usb", "vendor_id"), theirs=said("USBDEVICES/VENDORID")),
    Fact(name="USB version", ours=some("usb_buses", "speed_mbps"), theirs=NO),
    Fact(name="slots for cards", ours=some("slots", "name"), theirs=said("SLOTS/NAME", "SLOTS/DESIGNATION")),
    Fact(name="sockets", ours=some("ports", "kind"), theirs=said("PORTS/TYPE", "PORTS/NAME", "PORTS/CAPTION")),
    Fact(name="temperatures, fans", ours=some("sensors", "value"), theirs=NO),
    Fact(name="TPM", ours=some("security", "kind"), theirs=NO),
    Fact(name="what could not be looked at, by name", ours=lambda b: b.get("missing") is not None, theirs=NO),
)


def compare(ours: Ours, theirs: str) -> list[dict[str, Any]]:
    """Fact by fact, whether each of the two found it. Facts that neither found are not in this PC: left out."""
    content = ET.fromstring(theirs).find("CONTENT")  # noqa: S314 - our own machine's agent wrote it
    found = [
        {
            "fact": fact.name,
            "ours": bool(fact.ours(ours)),
            "theirs": content is not None and bool(fact.theirs(content)),
        }
        for fact in FACTS
    ]
    return [row for row in found if row["ours"] or row["theirs"]]
