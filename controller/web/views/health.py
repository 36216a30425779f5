"""How a machine does at home: verdicts, charts, alerts."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from controller.machines.tables import Machine


def health_tab(session: Session, machine: Machine) -> dict[str, Any]:
    """What the tab's template needs."""
    return {}
