"""The newest results of a machine's tests."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from controller.hardware_tests.tables import HardwareTest


def latest_tests(session: Session, machine_id: int) -> tuple[HardwareTest, ...]:
    """The newest result of each test on each thing, by name and target."""
    newest = (
        select(func.max(HardwareTest.id))
        .where(HardwareTest.machine_id == machine_id)
        .group_by(HardwareTest.name, HardwareTest.target)
    )
    rows = session.execute(
        select(HardwareTest).where(HardwareTest.id.in_(newest)).order_by(HardwareTest.name, HardwareTest.target)
    )
    return tuple(rows.scalars())
