"""Cards and built-in devices: graphics, wired network, Wi-Fi, Bluetooth, sound, camera, built-in screen.

What hangs on USB (docks, adapters, webcams, screens with a cable) is the workshop's as often as the machine's: no
news. Drivers, kernel names, addresses of the bus and links are no hardware.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from controller.i18n import N_
from controller.machines.changes.change import Change, looked, same_name
from controller.machines.snapshot import Body, items, text, whole


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of card: where it stands in the inventory, and its sentences."""

    key: str  # list of the inventory
    counts: Callable[[Body], bool]  # which items are the machine's own
    gone: str
    come: str
    swapped: str


def _pci(item: Body) -> bool:
    return text(item, "bus") in ("pci", "board", "") and bool(text(item, "name"))


KINDS = (
    Kind(
        key="graphics",
        counts=lambda item: bool(text(item, "name")),
        gone=N_("graphics card {card} gone"),
        come=N_("graphics card {card} added"),
        swapped=N_("graphics card {card} in place of {before}"),
    ),
    Kind(
        key="network_cards",
        counts=lambda item: text(item, "kind") == "wireless" and _pci(item),
        gone=N_("Wi-Fi card {card} gone"),
        come=N_("Wi-Fi card {card} added"),
        swapped=N_("Wi-Fi card {card} in place of {before}"),
    ),
    Kind(
        key="network_cards",
        counts=lambda item: text(item, "kind") == "wired" and _pci(item),
        gone=N_("network card {card} gone"),
        come=N_("network card {card} added"),
        swapped=N_("network card {card} in place of {before}"),
    ),
    Kind(
        key="sound",
        counts=_pci,
        gone=N_("sound {card} gone"),
        come=N_("sound {card} added"),
        swapped=N_("sound {card} in place of {before}"),
    ),
    Kind(
        key="cameras",
        counts=lambda item: item.get("built_in") is True,
        gone=N_("camera {card} gone"),
        come=N_("camera {card} added"),
        swapped=N_("camera {card} in place of {before}"),
    ),
)


def known(body: Body) -> bool:
    """Whether the inventory could look at cards at all: each PC has a graphics chip."""
    return bool(items(body, "graphics"))


def compare(before: Body, after: Body) -> list[Change]:
    """Cards by their names: two of a name are two."""
    found: list[Change] = []
    for kind in KINDS:
        if not looked(before, kind.key) or not looked(after, kind.key):
            continue
        old = [text(item, "name") for item in items(before, kind.key) if kind.counts(item)]
        new = [text(item, "name") for item in items(after, kind.key) if kind.counts(item)]
        for name in list(new):
            twin = next((other for other in old if other == name), None) or next(
                (other for other in old if same_name(other, name)), None
            )
            if twin is not None:
                old.remove(twin)
                new.remove(name)
        if len(old) == len(new) == 1:
            found.append(_change(kind.swapped, before=old[0], card=new[0]))
            continue
        found += [_change(kind.gone, card=name) for name in old] + [_change(kind.come, card=name) for name in new]
    return found + _bluetooth(before, after) + _panel(before, after)


def _bluetooth(before: Body, after: Body) -> list[Change]:
    """There or not: its name is the driver's, or the chip's while no driver has it."""
    if not looked(before, "bluetooth") or not looked(after, "bluetooth"):
        return []
    was, now = bool(items(before, "bluetooth")), bool(items(after, "bluetooth"))
    if was == now:
        return []
    return [_change(N_("Bluetooth is to be seen now") if now else N_("Bluetooth is gone"))]


def _panel(before: Body, after: Body) -> list[Change]:
    """The built-in screen, where both inventories saw one: without a graphics driver none is seen."""
    old, new = (next(iter(_internal(body)), None) for body in (before, after))
    if not old or not new or (_model(old) == _model(new) and _serial(old) == _serial(new)):
        return []
    params = {"before": _panel_name(old), "after": _panel_name(new)}
    return [Change(part="screen", message=N_("built-in screen {after} in place of {before}"), params=params)]


def _internal(body: Body) -> list[dict[str, object]]:
    return [
        screen
        for screen in items(body, "screens")
        if screen.get("internal") is True and screen.get("edid_valid") is not False
    ]


def _model(screen: Body) -> tuple[str, int]:
    return text(screen, "manufacturer"), whole(screen, "product_code")


def _serial(screen: Body) -> str:
    return text(screen, "serial").strip("0")


def _panel_name(screen: Body) -> str:
    size = f'{screen["diagonal_inches"]}"' if screen.get("diagonal_inches") else ""
    year = str(whole(screen, "year") or "")
    parts = (text(screen, "manufacturer"), text(screen, "name"), size, year, text(screen, "serial").strip("0"))
    return " ".join(part for part in parts if part)


def _change(message: str, **params: str) -> Change:
    return Change(part="card", message=message, params=params)
