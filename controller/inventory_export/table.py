"""One row a machine, for people: CSV that the workshop's spreadsheet opens as it is, in the language of the moment."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from typing import Any

from controller.i18n import N_, get_language, heard, translate
from controller.inventory_export.about import About
from controller.inventory_export.clean import date, mac, name, number, part, rows, serial, text
from controller.inventory_export.makers import chassis_name
from controller.machines.lifecycle import STATES, State

GB, GIB = 10**9, 2**30
FORMULA = ("=", "+", "-", "@")  # what a spreadsheet would compute instead of showing
Snapshot = dict[str, Any]

# What the workshop knows of it, then what the machine says.
OURS: tuple[tuple[str, Callable[[About], str]], ...] = (
    (N_("Label"), lambda a: a.machine),
    (N_("State"), lambda a: translate(STATES[State(a.state)].label) if a.state else ""),
    (N_("Lot"), lambda a: a.lot),
)
FACTS: tuple[tuple[str, Callable[[Snapshot], str]], ...] = (
    (N_("Maker"), lambda s: _called(s, "manufacturer")),
    (N_("Model"), lambda s: _called(s, "product")),
    (N_("Serial number"), lambda s: serial(part(s, "chassis").get("system_serial"))),
    (N_("Chassis"), lambda s: chassis_name(text(part(s, "chassis").get("chassis_type")))),
    (N_("Firmware"), lambda s: _firmware(part(s, "firmware"))),
    (N_("Firmware date"), lambda s: date(part(s, "firmware").get("date"))),
    (N_("Processor"), lambda s: name(part(s, "cpu").get("model"))),
    (N_("Cores"), lambda s: _figure(number(part(s, "cpu").get("cores"), low=1))),
    (N_("Memory (GB)"), lambda s: _memory(part(s, "memory"))),
    (N_("Memory modules"), lambda s: _list(map(_module, rows(part(s, "memory"), "modules")))),
    (N_("Free memory slots"), lambda s: _figure(number(part(s, "memory").get("slots_free"), high=64))),
    (N_("Drives"), lambda s: _list(_drive(d) for d in rows(s, "drives") if d.get("boot_medium") is not True)),
    (N_("Graphics"), lambda s: _list(name(card.get("name")) for card in rows(s, "graphics"))),
    (N_("Screen"), lambda s: _list(_screen(screen) for screen in rows(s, "screens"))),
    (N_("Network"), lambda s: _list(map(_card, rows(s, "network")))),
    (N_("Battery (% of new)"), lambda s: _list(map(_battery, rows(s, "batteries")))),
    (N_("Inspected on"), lambda s: date(text(s.get("taken_at"))[:10])),
    (N_("To look at"), lambda s: _problems(s.get("problems"))),
)


def table(machines: Iterable[tuple[Snapshot, About]]) -> bytes:
    """A head line and one line for each machine. French spreadsheets want ``;`` and a decimal comma."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if get_language() == "fr" else ",", lineterminator="\r\n")
    writer.writerow([translate(head) for head, _ in (*OURS, *FACTS)])
    for snapshot, about in machines:
        cells = [value(about) for _, value in OURS] + [value(snapshot) for _, value in FACTS]
        writer.writerow([_safe(cell) for cell in cells])
    # The mark at the beginning tells Excel that it is UTF-8.
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def _safe(cell: str) -> str:
    """A cell that stays text: a serial number "=1+1" is shown, not computed."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _problems(said: object) -> str:
    return _list(heard(text(problem)) for problem in said[:50]) if isinstance(said, list) else ""


def _list(cells: Iterable[str]) -> str:
    return " | ".join(filter(None, cells))


def _called(snapshot: Snapshot, key: str) -> str:
    """The machine's maker or model; the main board's, where a board was sold alone and nobody named the whole."""
    return name(part(snapshot, "chassis").get(key)) or name(part(snapshot, "board").get(key))


def _figure(value: float | None, digits: int = 0) -> str:
    if value is None:
        return ""
    shown = f"{value:.{digits}f}"
    if digits:
        shown = shown.rstrip("0").rstrip(".")
    return shown.replace(".", ",") if get_language() == "fr" else shown


def _firmware(firmware: dict[str, Any]) -> str:
    kind = {"uefi": "UEFI", "bios": "BIOS"}.get(text(firmware.get("type")), "")
    return " ".join(filter(None, (kind, name(firmware.get("vendor")), text(firmware.get("version")))))


def _bytes(value: object, unit: int, digits: int) -> str:
    whole = number(value, low=1, high=2**60)
    return _figure(whole / unit, digits) if whole else ""


def _memory(memory: dict[str, Any]) -> str:
    """What the modules hold; what the system may use, where they are unknown."""
    sizes = [number(m.get("size_bytes"), low=1, high=2**50) or 0 for m in rows(memory, "modules")]
    return _bytes(sum(sizes) or memory.get("installed_bytes") or memory.get("total_bytes"), GIB, 1)


def _module(module: dict[str, Any]) -> str:
    size = _bytes(module.get("size_bytes"), GIB, 1)
    parts = (size and translate(N_("{n} GB"), n=size), name(module.get("type")), text(module.get("slot")))
    return " ".join(filter(None, parts)) if size else ""


def _drive(drive: dict[str, Any]) -> str:
    kind = {True: "HDD", False: "SSD"}.get(drive["rotational"]) if isinstance(drive.get("rotational"), bool) else ""
    size = _bytes(drive.get("size_bytes"), GB, 0)
    parts = (kind, size and translate(N_("{n} GB"), n=size), name(drive.get("model")), serial(drive.get("serial")))
    return " ".join(filter(None, parts))


def _screen(screen: dict[str, Any]) -> str:
    """Size in inches and in points: "14″ 1920×1080"."""
    inches = number(screen.get("diagonal_inches"), scale=10, low=10, high=2000)
    width, height = (number(screen.get(side), low=1, high=100_000) for side in ("width_px", "height_px"))
    parts = (f"{_figure(inches / 10, 1)}″" if inches else "", f"{width}×{height}" if width and height else "")
    return " ".join(filter(None, parts))


def _card(card: dict[str, Any]) -> str:
    own = mac(card.get("mac"))
    kind = N_("Wi-Fi") if card.get("wireless") is True else N_("wired")
    return f"{translate(kind)} {own}" if own else ""


def _battery(battery: dict[str, Any]) -> str:
    """How much of what it was made for it still holds."""
    full = number(battery.get("energy_full_wh"), scale=1000)
    design = number(battery.get("energy_full_design_wh"), scale=1000, low=1)
    return _figure(min(100.0, 100 * full / design)) if full is not None and design else ""
