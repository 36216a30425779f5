"""What a machine looks like: the cosmetic check."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from controller.machines.tables import Machine


def look_tab(session: Session, machine: Machine) -> dict[str, Any]:
    """What the tab's template needs."""
    return {}
