"""GLPI's sections on cards and screens: networks, videos, sounds, controllers, monitors."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from controller.inventory_export.clean import (
    address,
    entry,
    first,
    hex4,
    mac,
    name,
    number,
    rows,
    serial,
    text,
)

MIB = 1 / 2**20


def networks(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """Network interfaces with the card that each is on, then cards without one: no driver, or only read from lspci."""
    cards = rows(snapshot, "network_cards")
    by_interface = {called: card for card in cards if (called := text(card.get("interface")))}
    found: list[dict[str, Any]] = []
    for index, interface in enumerate(rows(snapshot, "network")):
        called = text(interface.get("name"))
        speed = number(interface.get("speed_mbps"), low=1, high=10_000_000)
        link = interface.get("link")
        row = entry(
            mac=mac(interface.get("mac")),
            type="wifi" if interface.get("wireless") is True else "ethernet",
            status=("up" if link else "down") if isinstance(link, bool) else "",
            speed=str(speed) if speed else "",
            driver=text(interface.get("driver")),
            model=name(interface.get("model")),
            ipaddress=address(interface.get("ipv4"), 4),
            ipaddress6=address(interface.get("ipv6"), 6),
        )
        # GLPI wants a name of each card, and makes one card of two that have the same.
        found.append({"description": called or f"card{index}", **_card(by_interface.pop(called, {})), **row})
    with_interface = {text(interface.get("name")) for interface in rows(snapshot, "network")}
    for index, card in enumerate(cards):
        if text(card.get("interface")) in with_interface - {""}:
            continue
        kind = {"wired": "ethernet", "wireless": "wifi"}.get(text(card.get("kind")), "")
        row = entry(type=kind, driver=text(card.get("driver")), **_card(card))
        found.append({"description": text(card.get("interface")) or row.get("model") or f"card{index}", **row})
    return [{**row, "virtualdev": False} for row in found]


def _card(card: dict[str, Any]) -> dict[str, Any]:
    return entry(model=name(card.get("name")), manufacturer=_maker(card), pcislot=_slot(card))


def videos(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """Graphics cards."""
    return [
        row
        for card in rows(snapshot, "graphics")
        if (
            row := entry(
                name=name(card.get("name")),
                chipset=name(card.get("name")),
                memory=number(card.get("memory_bytes"), scale=MIB, low=1),
                resolution=_resolution(card.get("resolution")),
                pcislot=_slot(card),
            )
        )
    ]


def sounds(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """Sound cards."""
    return [
        row
        for card in rows(snapshot, "sound")
        if (row := entry(name=name(card.get("name")), caption=name(card.get("name")), manufacturer=_maker(card)))
    ]


def controllers(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """What drives hang on, and graphics and sound too, as GLPI's agent lists them."""
    kinds = (("controllers", ""), ("graphics", "VGA compatible controller"), ("sound", "Audio device"))
    chips = [
        entry(name=text(f"TPM {text(chip.get('version'))}"), manufacturer=_maker(chip), type="Trusted Platform Module")
        for chip in rows(snapshot, "security")
        if chip.get("kind") == "tpm"
    ]
    return chips + [
        row
        for key, kind in kinds
        for card in rows(snapshot, key)
        if (
            row := entry(
                name=name(card.get("name")),
                caption=name(card.get("name")),
                driver=text(card.get("driver")),
                manufacturer=_maker(card),
                type=text(first(card, "kind", "type")) or kind,
                vendorid=hex4(card.get("vendor_id")),
                productid=hex4(first(card, "device_id", "product_id")),
                pcislot=_slot(card),
            )
        )
    ]


def monitors(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """Screens, as their EDID describes them."""
    found = []
    for screen in rows(snapshot, "screens", "monitors"):
        week, year = number(screen.get("week"), low=1, high=54), number(screen.get("year"), low=1990, high=2199)
        row = entry(
            name=name(first(screen, "model", "name", "product")),
            caption=name(first(screen, "model", "name", "product")),
            manufacturer=name(first(screen, "manufacturer", "maker", "vendor")),
            serial=serial(screen.get("serial")),
            port=text(first(screen, "connector", "port")),
            description=f"{week}/{year}" if week and year else str(year or ""),
            base64=_edid(screen.get("edid")),
        )
        if row:
            found.append(row)
    return found


def _maker(card: dict[str, Any]) -> str:
    """Who made a card: as said, else what lspci's line begins with ("Intel Corporation HD Graphics 620")."""
    said = name(first(card, "manufacturer", "vendor"))
    if said:
        return said
    match = re.match(r"(.{2,60}?(?:Corporation|Inc\.?|Ltd\.?|Limited|Semiconductor|Technologies|Corp\.)(?:,? Inc\.)?"
                     r"(?:,? Ltd\.?)?)(?: |,|$)", name(card.get("name")))  # fmt: skip
    return match[1] if match else ""


def _slot(card: dict[str, Any]) -> str:
    found = text(card.get("slot")).lower()
    return found if re.fullmatch(r"([0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]", found) else ""


def _resolution(value: object) -> str:
    found = text(value)
    return found if re.fullmatch(r"[0-9]{2,5}x[0-9]{2,5}", found) else ""


def _edid(value: object) -> str:
    """The screen's own description in base64, from hexadecimal or base64; "" when it is no EDID."""
    said = "".join(value.split()) if isinstance(value, str) and len(value) < 20_000 else ""
    try:
        raw = bytes.fromhex(said) if re.fullmatch(r"([0-9A-Fa-f]{2})+", said) else base64.b64decode(said, validate=True)
    except (ValueError, binascii.Error):
        return ""
    return base64.b64encode(raw).decode() if raw.startswith(b"\x00\xff\xff\xff\xff\xff\xff\x00") else ""
