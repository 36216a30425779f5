"""Reading an inventory snapshot as the machine sent it: what is missing or odd is empty, never an error. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Body = Mapping[str, Any]
"""An inventory snapshot, or a part of one."""


def section(body: Body, key: str) -> dict[str, Any]:
    """An object of the inventory; empty when it is missing or odd."""
    value = body.get(key)
    return value if isinstance(value, dict) else {}


def items(body: Body, key: str) -> list[dict[str, Any]]:
    """A list of objects of the inventory; empty when it is missing or odd."""
    value = body.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(item: Body, key: str) -> str:
    """A text, blanks made even; ``""`` when it is missing."""
    return " ".join(str(item.get(key) or "").split())


def whole(item: Body, key: str) -> int:
    """A whole number; 0 when it is missing."""
    value = item.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def decimal(item: Body, key: str) -> float:
    """A number; 0 when it is missing."""
    value = item.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
