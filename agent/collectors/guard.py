"""One rotten subsystem must not cost the whole report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def guarded(what: str, problems: list[str], default: Any, collect: Callable[[], Any]) -> Any:
    """The answer of ``collect``; ``default`` and one line in ``problems`` when it fails for any reason."""
    try:
        return collect()
    except Exception as problem:  # whatever a broken sysfs or tool makes of it
        problems.append(f"{what} can't be read: {type(problem).__name__}: {problem}")
        return default
