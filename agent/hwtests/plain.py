"""What programs say, made fit to travel: text that UTF-8 and databases take, numbers that JSON has."""

from __future__ import annotations

import math
from typing import Any

DEEPEST = 12  # no result of ours is nested so far


def plain_text(text: str) -> str:
    """Without halves of surrogates (broken UTF-16 of some firmware) and zero characters (no database keeps them)."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def plain(value: Any, depth: int = 0) -> Any:
    """A value out of JSON with the same done to all of it; NaN, infinities and what is nested too far become None."""
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth >= DEEPEST:
        return None
    if isinstance(value, dict):
        return {plain_text(str(key)): plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner, depth + 1) for inner in value]
    return value
