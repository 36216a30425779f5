"""How a collector declares what it reads and what it answers: fields with units, said once.

Docs, exporters and the list of what is missing read these declarations (``agent.collectors.table``); a capture
copies the files and tools that they name.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """One fact. ``name`` may reach into a list (``modules[].slot``)."""

    name: str
    unit: str  # text, number, yes/no, bytes, MHz, MT/s, Mb/s, Wh, V, %, °C, rpm, mm, in, px, Hz, year, list
    meaning: str
    mandatory: bool = False  # named in ``missing`` when it is empty


@dataclass(frozen=True)
class Subsystem:
    """One key of the inventory: its fields, and where they come from (any one of the places will do)."""

    key: str
    title: str
    fields: tuple[Field, ...]
    many: bool = False  # a list of objects with these fields
    tools: tuple[str, ...] = ()  # names of programs
    files: tuple[str, ...] = ()  # patterns below the root: what a capture copies
    needs: str = ""  # folder below the root without which the kernel can't know of any (its drivers are not loaded)


def text(name: str, meaning: str, *, mandatory: bool = False) -> Field:
    """A field of text; "" when unknown."""
    return Field(name, "text", meaning, mandatory)


def flag(name: str, meaning: str) -> Field:
    """A field that is true or false; null when unknown."""
    return Field(name, "yes/no", meaning)


def count(name: str, meaning: str, *, unit: str = "number", mandatory: bool = False) -> Field:
    """A number; null when unknown."""
    return Field(name, unit, meaning, mandatory)
