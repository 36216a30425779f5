"""GLPI's sections on what one plugs in and touches: usbdevices, inputs, cameras, ports, slots, sensors."""

from __future__ import annotations

from typing import Any

from controller.inventory_export.clean import entry, first, hex4, name, rows, serial, text

POINTING = ("mouse", "touchpad", "trackpoint", "touchscreen", "tablet")


def usbdevices(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """What is on USB, inside and outside; the class is that of the first interface."""
    return [
        row
        for device in rows(snapshot, "usb", "usb_devices")
        if (
            row := entry(
                name=name(device.get("name")),
                caption=name(device.get("name")),
                manufacturer=name(device.get("manufacturer")),
                vendorid=hex4(device.get("vendor_id")),
                productid=hex4(device.get("product_id")),
                serial=serial(device.get("serial")),
                **_interface(device.get("interfaces")),
            )
        )
    ]


def _interface(interfaces: object) -> dict[str, str]:
    """Class and subclass as decimal figures, out of "080650" (usb.org's class, subclass, protocol)."""
    one = text(interfaces[0]) if isinstance(interfaces, list) and interfaces else ""
    try:
        return {"class": str(int(one[:2], 16)), "subclass": str(int(one[2:4], 16))} if len(one) == 6 else {}
    except ValueError:
        return {}


def inputs(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """Keyboards, touchpads and the like."""
    found = []
    for device in rows(snapshot, "inputs"):
        kind = text(device.get("kind"))
        row = entry(
            name=name(device.get("name")),
            caption=name(device.get("name")),
            description=name(device.get("name")),
            type=kind,
            interface=text(device.get("bus")),
            pointingtype=kind if kind in POINTING else "",
        )
        if row:
            found.append(row)
    return found


def cameras(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """Cameras."""
    return [
        row
        for camera in rows(snapshot, "cameras")
        if (row := entry(designation=name(camera.get("name")), model=name(camera.get("name"))))
    ]


def ports(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """Connectors on the case and on the board."""
    found = []
    for port in rows(snapshot, "ports"):
        row = entry(name=name(first(port, "label", "name")), caption=name(port.get("connector")))
        if row:
            found.append({**row, "type": text(port.get("kind")) or "other"})
    return found


def slots(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """Slots for cards; those of memory are in GLPI's memories."""
    found = []
    for index, slot in enumerate(rows(snapshot, "slots"), 1):
        used = slot.get("in_use")
        row = entry(
            description=name(slot.get("type")),
            designation=text(slot.get("bus_address")),
            status=("used" if used else "free") if isinstance(used, bool) else "",
        )
        found.append({"name": text(slot.get("name")) or f"slot {index}", **row})
    return found


def sensors(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """What the machine can measure; readings are health, not inventory."""
    known: dict[tuple[str, str], dict[str, Any]] = {}
    for sensor in rows(snapshot, "sensors"):
        row = entry(name=name(first(sensor, "label", "chip")), type=text(sensor.get("kind")))
        if row:
            known.setdefault((row.get("name", ""), row.get("type", "")), row)
    return list(known.values())
