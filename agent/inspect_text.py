"""An inventory in a few lines, for a terminal. English: it is what a developer or a bug report reads."""

from __future__ import annotations

from typing import Any

from agent.collectors.dmidecode import said


def in_words(inventory: dict[str, Any]) -> str:
    """One line a subsystem that has something; then what is missing and the problems."""
    chassis, board, cpu, memory = (inventory[key] for key in ("chassis", "board", "cpu", "memory"))
    maker = said(chassis.get("manufacturer", "")) or said(board.get("manufacturer", ""))
    model = said(chassis.get("product", "")) or said(board.get("product", ""))
    firmware = inventory["firmware"]
    lines = [
        ("machine", f"{maker} {model} {said(chassis.get('version', ''))} ({inventory['form'] or 'form unknown'})"),
        (
            "firmware",
            " ".join(str(firmware.get(key, "")) for key in ("vendor", "version", "date", "type")),
        ),
        ("processor", f"{cpu.get('model', '')}, {_n(cpu.get('cores'))} cores, {_n(cpu.get('threads'))} threads"),
        ("memory", _memory(memory)),
    ]
    lines += [("drive", _drive(drive)) for drive in inventory["drives"]]
    lines += [("graphics", card["name"]) for card in inventory["graphics"]]
    lines += [("screen", _screen(screen)) for screen in inventory["screens"]]
    lines += [
        ("network", f"{card['name']} ({card['kind']}{'' if card['driver'] else ', no driver'})")
        for card in inventory["network_cards"]
    ]
    lines += [("battery", _battery(battery)) for battery in inventory["batteries"]]
    for key, title in (("sound", "sound"), ("cameras", "camera"), ("bluetooth", "Bluetooth")):
        lines += [(title, part["name"] or "yes") for part in inventory[key]]
    lines += [(part["kind"], f"{part['name']} {part['version']}") for part in inventory["security"]]
    lines += [("missing", f"{one['what']} ({one['why']})") for one in inventory["missing"]]
    lines += [("problem", problem) for problem in inventory["problems"]]
    return "\n".join(f"{title:10} {' '.join(text.split())}" for title, text in lines)


def _memory(memory: dict[str, Any]) -> str:
    kinds = ", ".join(dict.fromkeys(module["type"] for module in memory.get("modules", []) if module["type"]))
    free, most = memory.get("slots_free"), memory.get("maximum_bytes")
    more = f", {free} of {memory.get('slots_total')} slots free" if free is not None else ""
    return f"{_size(memory.get('installed_bytes') or memory.get('total_bytes'))} {kinds}{more}" + (
        f", at most {_size(most)}" if most else ""
    )


def _drive(drive: dict[str, Any]) -> str:
    size = f"{drive['size_bytes'] / 1e9:.0f} GB" if drive["size_bytes"] else "size unknown"
    return f"{drive['path']} {drive['model']} {size} {drive['transport']}"


def _screen(screen: dict[str, Any]) -> str:
    size = f"{screen['diagonal_inches']} inches" if screen["diagonal_inches"] else "size unknown"
    points = f"{_n(screen['width_px'])}x{_n(screen['height_px'])}"
    return f"{screen['manufacturer']} {screen['name']} {size} {points} of {_n(screen['year'])}"


def _battery(battery: dict[str, Any]) -> str:
    holds, held = _n(battery["energy_full_wh"]), _n(battery["energy_full_design_wh"])
    worn, cycles = _n(battery["wear_percent"]), _n(battery["cycle_count"])
    return f"{battery['name']} {battery['model']}: {holds} of {held} Wh ({worn} % worn), {cycles} cycles"


def _size(number: int | None) -> str:
    return f"{number / 2**30:.3g} GiB" if number else "size unknown"


def _n(value: Any) -> str:
    return "?" if value is None else str(value)
