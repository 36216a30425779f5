"""What an inventory doesn't know, by name: nobody should take "not looked at" for "not there"."""

from __future__ import annotations

from typing import Any

from agent.collectors.fields import Subsystem
from agent.collectors.table import subsystems
from agent.sources import Source


def missing_facts(inventory: dict[str, Any], source: Source) -> list[dict[str, str]]:
    """``{"what", "why"}`` for each subsystem that couldn't be looked at, and for each mandatory field without value."""
    found = []
    for subsystem in subsystems():
        if not seen(subsystem, inventory, source):
            found.append({"what": subsystem.key, "why": why_not(subsystem, source)})
        else:
            found += [{"what": what, "why": "not said"} for what in empty_fields(subsystem, inventory)]
    return found


def seen(subsystem: Subsystem, inventory: dict[str, Any], source: Source) -> bool:
    """Whether this source can tell anything of a subsystem: then an empty list means that there is none."""
    value = inventory.get(subsystem.key)
    if isinstance(value, list) and value:
        return True
    if isinstance(value, dict) and any(item not in (None, "", []) for item in value.values()):
        return True
    if not subsystem.many:
        return False
    if subsystem.files and source.has_files():
        return not subsystem.needs or (source.root / subsystem.needs).is_dir()
    # Firmware lists a few things and leaves out more: its silence tells nothing, but of its own slots.
    alone = subsystem.tools == ("dmidecode",) and not subsystem.files
    return any(source.has_tool(tool) for tool in subsystem.tools if tool != "dmidecode" or alone)


def why_not(subsystem: Subsystem, source: Source) -> str:
    """Which of its places this source doesn't have."""
    if subsystem.needs and source.has_files():
        return f"no driver for it is loaded: /{subsystem.needs} is not there"
    tools = [tool for tool in subsystem.tools if not source.has_tool(tool)]
    if subsystem.files and not source.has_files():
        tools.append("/" + subsystem.files[0].split("*")[0].rpartition("/")[0])
    return source.tell_absent(", ".join(tools)) if tools else "nothing was said of it"


def empty_fields(subsystem: Subsystem, inventory: dict[str, Any]) -> list[str]:
    """The mandatory fields that have no value: "cpu.model", "drives[0].model"."""
    value = inventory.get(subsystem.key)
    names = [field.name for field in subsystem.fields if field.mandatory]
    if isinstance(value, dict):
        return [f"{subsystem.key}.{name}" for name in names if value.get(name) in (None, "", 0)]
    rows = value if isinstance(value, list) else []
    return [
        f"{subsystem.key}[{number}].{name}"
        for number, row in enumerate(rows)
        for name in names
        if row.get(name) in (None, "", 0)
    ]
