"""Where maintenance is asked for, and what is looked after by itself: who is there again, what is out of date."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Mapping

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from controller.core import Core
from controller.database import utcnow
from controller.machines.announce import current_boot
from controller.machines.registry import get_machine
from controller.machines.tables import Boot, ResidentToken
from controller.maintenance.actions import Action
from controller.maintenance.asking import ask, ask_everywhere, cancel, end, get_asked
from controller.maintenance.bundle import forget_old
from controller.maintenance.outcome import End
from controller.maintenance.tables import MaintenanceAction, MaintenanceLog
from controller.maintenance.work import Desk, maintain
from controller.workflows.engine import MAINTENANCE, Engine

ROUND_SECONDS = 3.0
TIDY_ROUNDS = 20
logger = logging.getLogger(__name__)


class Office:
    """Maintenance of one site's machines at home. Every method may be called from any thread but the event loop's."""

    def __init__(self, core: Core, engine: Engine) -> None:
        """Use ``engine`` for what people ask."""
        self._core, self._engine = core, engine
        Desk.core = core

    def ask(
        self, machine_id: int, action: Action, given: Mapping[str, str], actor: str, *, later: bool = False
    ) -> MaintenanceAction:
        """Ask one machine. Raises what ``asking.ask`` raises."""
        with self._core.database.write() as session:
            machine = get_machine(session, machine_id)
            row = ask(session, self._core.settings, machine, action, given, actor, later=later)
        self._enqueue([row])
        return row

    def ask_everywhere(self, action: Action, actor: str) -> list[MaintenanceAction]:
        """Ask every machine at home. Raises what ``asking.ask_everywhere`` raises."""
        with self._core.database.write() as session:
            rows = ask_everywhere(session, self._core.settings, action, actor)
        self._enqueue(rows)
        return rows

    def cancel(self, action_id: int) -> MaintenanceAction:
        """Take it back. Raises what ``asking.cancel`` raises."""
        with self._core.database.write() as session:
            row = get_asked(session, action_id)
            cancel(session, row)
        return row

    def cancel_batch(self, batch: str) -> int:
        """Take back all of a batch that isn't over. Returns how many."""
        with self._core.database.write() as session:
            rows = session.execute(
                select(MaintenanceAction).where(
                    MaintenanceAction.batch == batch, MaintenanceAction.state.in_(("waiting", "queued", "running"))
                )
            ).scalars()
            found = rows.all() if batch else []
            for row in found:
                cancel(session, row)
        return len(found)

    def _enqueue(self, rows: list[MaintenanceAction]) -> None:
        for row in rows:
            if row.state == "queued":
                self._engine.enqueue(
                    row.workflow_id, row.machine_id, maintain, row.id, row.generation, queue=MAINTENANCE
                )

    def round(self) -> None:
        """Who waits and is there has their turn."""
        with self._core.database.read() as session:
            if not self._there(session):
                return
        with self._core.database.write() as session:
            rows = self._there(session)
            for row in rows:
                row.state = "queued"
        self._enqueue(rows)

    @staticmethod
    def _there(session: Session) -> list[MaintenanceAction]:
        linked = select(Boot.machine_id).where(Boot.linked.is_(True), Boot.status == "accepted")
        query = select(MaintenanceAction).where(
            MaintenanceAction.state == "waiting",
            MaintenanceAction.not_before <= utcnow(),
            MaintenanceAction.machine_id.in_(linked),
        )
        return list(session.execute(query.order_by(MaintenanceAction.id)).scalars())

    def reconcile(self) -> None:
        """What was written down but never enqueued (the controller was killed in between) is enqueued."""
        with self._core.database.read() as session:
            query = select(MaintenanceAction).where(MaintenanceAction.state.in_(("queued", "running")))
            rows = list(session.execute(query).scalars())
        for row in rows:
            if not self._engine.known(row.workflow_id):
                self._engine.enqueue(
                    row.workflow_id, row.machine_id, maintain, row.id, row.generation, queue=MAINTENANCE
                )

    def tidy(self) -> None:
        """What nobody means any more, what broke, what is kept for too long."""
        self.reconcile()
        now = utcnow()
        with self._core.database.write() as session:
            old = now - dt.timedelta(days=self._core.settings.event_log_days)
            session.execute(delete(MaintenanceLog).where(MaintenanceLog.at < old))
            late = select(MaintenanceAction).where(
                MaintenanceAction.state == "waiting", MaintenanceAction.expires_at < now
            )
            for row in session.execute(late).scalars().all():
                end(session, row, End(state="expired", outcome="expired"))
            for row in self._gone(session):
                end(session, row, End(state="failed", outcome="not-here"))
            for row in self._without_rights(session):
                end(session, row, End(state="failed", outcome="rights-ended"))
        self._end_broken()
        gone = forget_old(self._core.settings.bundles_dir, self._core.settings.log_bundle_days)
        if gone:
            with self._core.database.write() as session:
                session.execute(update(MaintenanceAction).where(MaintenanceAction.id.in_(gone)).values(bundle_bytes=0))

    @staticmethod
    def _gone(session: Session) -> list[MaintenanceAction]:
        """Waiting for machines that came back to the workshop: another boot than an installed system's is theirs."""
        waiting = select(MaintenanceAction).where(MaintenanceAction.state == "waiting")
        rows = session.execute(waiting).scalars().all()
        return [row for row in rows if (boot := current_boot(session, row.machine_id)) and boot.mode == "live"]

    @staticmethod
    def _without_rights(session: Session) -> list[MaintenanceAction]:
        """Waiting for machines that never come back: whose token was revoked, whoever did it."""
        entitled = select(ResidentToken.machine_id).where(ResidentToken.revoked_at.is_(None))
        query = select(MaintenanceAction).where(
            MaintenanceAction.state == "waiting", MaintenanceAction.machine_id.not_in(entitled)
        )
        return list(session.execute(query).scalars())

    def _end_broken(self) -> None:
        """An action whose workflow ended in an error of ours has failed: never silently stuck."""
        with self._core.database.read() as session:
            query = select(MaintenanceAction).where(MaintenanceAction.state.in_(("queued", "running")))
            rows = list(session.execute(query).scalars())
        for row in rows:
            detail = self._engine.broken(row.workflow_id)
            if detail:
                logger.error("maintenance %s: its workflow ended: %s", row.id, detail)
                with self._core.database.write() as session:
                    fresh = session.get_one(MaintenanceAction, row.id)
                    end(session, fresh, End(state="failed", outcome="broken", detail=detail))


async def keep_office(office: Office) -> None:
    """For ever."""
    count = 0
    while True:
        try:
            await run_in_threadpool(office.round)
            if count % TIDY_ROUNDS == 0:
                await run_in_threadpool(office.tidy)
        except Exception:
            logger.exception("maintenance could not be looked through; it is tried again")
        count += 1
        await asyncio.sleep(ROUND_SECONDS)
