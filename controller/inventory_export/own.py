"""Our own JSON: the snapshot as the machine sent it, and whose it is. ``recyclerie inventory convert`` reads it too."""

from __future__ import annotations

import json
import math
from typing import Any

from controller.inventory_export.about import About

MAX_DEPTH = 64  # of lists in lists; deeper is no inventory


def own_inventory(snapshot: dict[str, Any], about: About) -> dict[str, Any]:
    """The snapshot with a key ``machine`` about what this workshop knows; null for one that it doesn't."""
    return {**snapshot, "machine": about.as_dict() if about.machine else None}


def dumped(value: Any) -> bytes:
    """UTF-8 JSON that every reader takes: half pairs of UTF-16 become U+FFFD, numbers that are not finite null."""
    return json.dumps(_fit(value), ensure_ascii=False, indent=2, allow_nan=False).encode() + b"\n"


def _fit(value: Any, depth: int = 0) -> Any:
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {_fit(str(key), depth + 1): _fit(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_fit(inner, depth + 1) for inner in value]
    if value is None or isinstance(value, bool | float):
        return value
    # An int of thousands of figures can't even be written (and nothing in a PC is that large).
    return value if isinstance(value, int) and abs(value) < 2**63 else None
