"""What the tests of a machine found, and what is still to be tried."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from controller.machines.tables import Machine


def tests_tab(session: Session, machine: Machine) -> dict[str, Any]:
    """What the tab's template needs."""
    return {}
