"""A machine's grade, what it is fit for, what would lift it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from controller.machines.tables import Machine


def grade_tab(session: Session, machine: Machine) -> dict[str, Any]:
    """What the tab's template needs."""
    return {}
