"""A snapshot as GLPI's inventory (github.com/glpi-project/inventory_format), as GLPI 10 and 11 take it natively."""

from __future__ import annotations

import json
import uuid
from typing import Any

from controller.inventory_export import glpi_cards, glpi_drives, glpi_plugs, glpi_system
from controller.inventory_export.clean import entry, mac, part, rows, serial, text
from controller.machines.rubbish import clean_uuid

# Ours: names of machines become UUIDs under it, the same ones on every controller and for ever.
NAMESPACE = uuid.UUID("6f0c3ff5-8f2e-4a53-9d0b-5d1b6d9d3a41")
# Each function is called as its section is.
SECTIONS = (
    *(glpi_system.cpus, glpi_system.memories, glpi_system.batteries, glpi_drives.storages, glpi_drives.drives),
    *(glpi_cards.networks, glpi_cards.videos, glpi_cards.sounds, glpi_cards.controllers, glpi_cards.monitors),
    *(glpi_plugs.usbdevices, glpi_plugs.inputs, glpi_plugs.cameras, glpi_plugs.ports, glpi_plugs.slots),
    glpi_plugs.sensors,
)


def glpi_inventory(snapshot: dict[str, Any], *, machine: str = "", site: str = "", tag: str = "") -> dict[str, Any]:
    """The whole inventory, valid against GLPI's schema whatever the snapshot holds. Pure.

    ``machine`` is the name of the machine here (R-000123), "" for one that is only known by its snapshot; ``tag`` is
    what GLPI's rules choose the entity by.
    """
    version = text(snapshot.get("agent_version"), 60)
    known_as = device_id(snapshot, machine=machine, site=site)
    content = entry(
        versionclient=f"Recyclerie-Agent_v{version or '0'}",
        versionprovider=entry(name="Recyclerie", version=version),
        bios=glpi_system.bios(snapshot),
        hardware=glpi_system.hardware(snapshot, machine or text(snapshot.get("hostname")) or known_as),
        **{section.__name__: section(snapshot) for section in SECTIONS},
    )
    return entry(
        action="inventory",
        itemtype="Computer",
        deviceid=known_as,
        tag=text(tag),
        content={name: section for name, section in content.items() if section},
    )


def device_id(snapshot: dict[str, Any], *, machine: str = "", site: str = "") -> str:
    """By what GLPI knows the machine again: its name here, else a digest of what tells it from others."""
    if text(machine):
        return "-".join(filter(None, ("recyclerie", text(site, 60), text(machine, 120))))
    chassis = part(snapshot, "chassis")
    facts = [clean_uuid(text(chassis.get("system_uuid")))]
    facts += [serial(chassis.get(key)) for key in ("system_serial", "board_serial")]
    facts += sorted(mac(card.get("mac")) for card in rows(snapshot, "network"))
    facts = list(filter(None, facts)) or _everything(snapshot)
    return f"recyclerie-{uuid.uuid5(NAMESPACE, json.dumps(facts))}"


def _everything(snapshot: dict[str, Any]) -> list[str]:
    """A machine without one identifier: its parts must do, without what changes from one inspection to the next."""
    parts = [section(snapshot) for section in (glpi_system.bios, glpi_system.cpus, glpi_system.memories)]
    return [json.dumps([*parts, glpi_drives.storages(snapshot)], sort_keys=True)]


def agent_id(inventory: dict[str, Any]) -> str:
    """The UUID under which an inventory is sent (header GLPI-Agent-ID)."""
    return str(uuid.uuid5(NAMESPACE, str(inventory["deviceid"])))
