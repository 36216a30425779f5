"""What the workshop itself knows of a machine, for its exports."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class About:
    """Whose snapshot it is; all "" for one that came from a folder."""

    machine: str = ""  # R-000123, or machine-12 before it has a tag
    site: str = ""
    state: str = ""  # ready, held … (controller.machines.lifecycle)
    form: str = ""  # laptop, desktop, …
    lot: str = ""  # L-2026-0001

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


NOBODY = About()
