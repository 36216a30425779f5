"""The declarations of all collectors in one table: for the docs, for exporters, for what is missing."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

from agent.collectors.fields import Subsystem

# Module → the names of its declarations, in the order in which a person reads them.
_PLACES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("firmware", ("SUBSYSTEM",)),
    ("chassis", ("SUBSYSTEM", "BOARD")),
    ("cpu", ("SUBSYSTEM",)),
    ("memory", ("SUBSYSTEM",)),
    ("drives", ("SUBSYSTEM",)),
    ("pci", ("SUBSYSTEM",)),
    ("graphics", ("SUBSYSTEM",)),
    ("screens", ("SUBSYSTEM",)),
    ("network", ("SUBSYSTEM",)),
    ("network_cards", ("SUBSYSTEM",)),
    ("bluetooth", ("SUBSYSTEM",)),
    ("sound", ("SUBSYSTEM",)),
    ("cameras", ("SUBSYSTEM",)),
    ("batteries", ("SUBSYSTEM",)),
    ("inputs", ("SUBSYSTEM",)),
    ("security", ("SUBSYSTEM",)),
    ("usb", ("SUBSYSTEM", "BUSES")),
    ("ports", ("SUBSYSTEM", "SLOTS")),
    ("sensors", ("SUBSYSTEM",)),
)


def subsystems() -> Iterator[Subsystem]:
    """Every declaration."""
    for module, names in _PLACES:
        place = importlib.import_module(f"agent.collectors.{module}")
        for name in names:
            yield getattr(place, name)


def markdown() -> str:
    """The table of the docs: one section a subsystem."""
    lines = []
    for subsystem in subsystems():
        kind = "list of objects" if subsystem.many else "object"
        lines += [
            f"### `{subsystem.key}`: {subsystem.title} ({kind})",
            "",
            "| field | unit | meaning |",
            "|---|---|---|",
        ]
        for field in subsystem.fields:
            star = " **\\***" if field.mandatory else ""
            lines.append(f"| `{field.name}`{star} | {field.unit} | {field.meaning} |")
        lines.append("")
    return "\n".join(lines)
