"""What a family's PC said of itself when help was asked for, in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from controller.i18n import N_
from controller.web.formats import duration, number, percent, size
from controller.web.views.words import Words, counted, words

NETWORKS = {
    "cable": N_("by cable"),
    "wifi": N_("over Wi-Fi"),
    "mobile": N_("over a mobile phone"),
    "other": N_("some other way"),
    "none": N_("none"),
}


def machine_facts(machine: dict[str, Any]) -> Iterable[tuple[str, Words]]:
    """What the PC said of itself; whatever is not as it should be is left out."""
    for reader in (_uptime, _load, _memory, _disks, _battery, _network, _updates, _units):
        try:
            found = reader(machine)
        except (TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError):
            continue
        if found is not None:
            yield found


def _uptime(machine: dict[str, Any]) -> tuple[str, Words] | None:
    seconds = float(machine["uptime_seconds"])
    return N_("Switched on for"), Words(id=duration(min(seconds, 10**9)))


def _load(machine: dict[str, Any]) -> tuple[str, Words] | None:
    first = float(machine["load"][0])
    return N_("Load"), Words(id=number(min(first, 9999.0), 1))


def _memory(machine: dict[str, Any]) -> tuple[str, Words] | None:
    free, total = float(machine["memory"]["available_bytes"]), float(machine["memory"]["total_bytes"])
    return N_("Memory"), words(N_("{free} free of {total}"), free=size(free, 1024), total=size(total, 1024))


def _disks(machine: dict[str, Any]) -> tuple[str, Words] | None:
    disk = min(machine["disks"], key=lambda one: one["free_bytes"] / max(1, one["total_bytes"]))
    free, total = float(disk["free_bytes"]), float(disk["total_bytes"])
    return N_("Disk"), words(N_("{free} free of {total}"), free=size(free), total=size(total))


def _battery(machine: dict[str, Any]) -> tuple[str, Words] | None:
    charge = machine["batteries"][0]["charge_percent"]
    return None if charge is None else (N_("Battery"), Words(id=percent(float(charge) / 100)))


def _network(machine: dict[str, Any]) -> tuple[str, Words] | None:
    return N_("Network"), words(NETWORKS[str(machine["network"])])


def _updates(machine: dict[str, Any]) -> tuple[str, Words] | None:
    count = int(machine["updates"])
    text = counted("{n} waits", "{n} wait", count) if count else words(N_("up to date"))
    if machine.get("restart_wanted") is True:
        return N_("Updates"), words(N_("{updates}; a restart is needed"), updates=str(text))
    return N_("Updates"), text


def _units(machine: dict[str, Any]) -> tuple[str, Words] | None:
    names = [str(name)[:60] for name in machine["failed_units"]][:5]
    return (N_("Failed services"), Words(id=", ".join(names))) if names else None
