"""What machines and tools say, made fit for both databases and for JSON."""

from __future__ import annotations

import math
from typing import Any


def storable(value: Any) -> Any:
    """A JSON value without what PostgreSQL or JSON can't hold: NUL, halves of UTF-16 pairs, NaN and infinity.

    A drive's firmware, a donated disk's label or a tool's output may hold any of these.
    """
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {storable_text(str(key)): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value


def storable_text(text: str) -> str:
    """``text`` without NUL; half of a pair becomes U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
