"""What the controller does by itself: at its start, and every minute."""

from __future__ import annotations

import asyncio
import datetime as dt
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import select

from controller import housekeeping
from controller.access.people import create_user, open_session
from controller.access.roles import Role
from controller.access.tables import WebSession
from controller.core import Core
from controller.database import utcnow
from controller.health.reports import latest_report, store_report
from controller.health.tables import Report
from controller.ledger.tables import LedgerCheckpoint, LedgerEntry
from controller.ledger.verify import verify
from controller.machines.announce import announce, current_boot
from controller.machines.registry import get_machine
from controller.machines.tables import Boot
from controller.workflows.tables import Run, RunStep, StepLog
from tests.integration.controller.facts import announcement, health, inventory


def test_the_ledger_is_started_once_and_signed_at_once(core: Core) -> None:
    for _ in range(3):
        housekeeping.start_ledger(core)
    with core.database.read() as session:
        assert [e.kind for e in session.execute(select(LedgerEntry)).scalars()] == ["ledger.started"]
        assert len(session.execute(select(LedgerCheckpoint)).scalars().all()) == 1
        assert verify(session, core.keys.ledger.public_key()).ok


def test_no_link_is_open_when_the_controller_starts(core: Core) -> None:
    """It was killed: nobody could say that they were gone."""
    with core.database.write() as session:
        announce(session, "main", announcement(), "10.0.0.7", None)
        session.execute(select(Boot)).scalar_one().linked = True
    housekeeping.start_ledger(core)
    with core.database.read() as session:
        assert session.execute(select(Boot.linked)).scalar_one() is False


def test_what_is_old_is_dropped_and_what_is_needed_stays(core: Core) -> None:
    long_ago = utcnow() - dt.timedelta(days=core.settings.event_log_days + 1)
    with core.database.write() as session:
        announce(session, "main", announcement(), "10.0.0.7", None)
        machine, boot = get_machine(session, 1), current_boot(session, 1)
        assert boot is not None
        for number in range(3):
            store_report(session, machine, boot, "health", health(), f"h{number}")
        store_report(session, machine, boot, "inventory", inventory(), "i1")
        for report in session.execute(select(Report)).scalars():
            report.received_at = long_ago
        run = Run(machine_id=1, workflow="recondition", profile="mini", state="succeeded", started_by="user:1")
        run.created_at, run.error_params = long_ago, {}
        session.add(run)
        session.flush()
        step = RunStep(run_id=run.id, name="inspect", position=0, state="succeeded", error_params={})
        session.add(step)
        session.flush()
        for at in (long_ago, utcnow()):
            session.add(StepLog(step_id=step.id, at=at, source="ansible", level="info", text="x"))
        user = create_user(
            session, site="main", login="tech", display_name="", role=Role.TECHNICIAN, password="a long password"
        )
        for hours in (0.0, core.settings.session_hours + 1):
            open_session(session, user)[1].used_at = utcnow() - dt.timedelta(hours=hours)
    housekeeping._tidy(core)
    with core.database.read() as session:
        assert session.execute(select(Report.message_id).order_by(Report.id)).scalars().all() == ["1:h2", "1:i1"]
        assert latest_report(session, 1, "inventory") is not None
        assert len(session.execute(select(StepLog)).scalars().all()) == 1
        assert len(session.execute(select(WebSession)).scalars().all()) == 1


class Broken:
    """A control whose every look fails."""

    def __init__(self) -> None:
        self.looks = 0

    def sweep(self) -> None:
        self.looks += 1
        raise RuntimeError("a fault of ours")


@pytest.mark.one_database
def test_a_fault_does_not_end_it(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it no machine would ever be held for being late, and nothing would be signed any more."""
    monkeypatch.setattr(housekeeping, "EVERY_SECONDS", 0.01)
    control: Any = Broken()

    async def scenario() -> None:
        task = asyncio.create_task(housekeeping.housekeeping(core, control))
        for _ in range(500):
            await asyncio.sleep(0.01)
            if control.looks >= 3:
                break
        assert not task.done()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
    assert control.looks >= 3
