"""What the controller does by itself from time to time."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging

from sqlalchemy import delete, func, select, update
from starlette.concurrency import run_in_threadpool

from controller.access.tables import WebSession
from controller.assist.sessions.store import sweep_sessions
from controller.core import Core
from controller.database import utcnow
from controller.erasure.certificates.store import finish_pending
from controller.grading.keep import grade_missing
from controller.health.alerts import forget_old
from controller.health.home import look_for_silence
from controller.health.keeping import thin
from controller.health.limits import limits_of
from controller.health.tables import Report
from controller.helpdesk.tending import tend
from controller.inventory_export.pushing import AutomaticPush
from controller.ledger.append import append
from controller.ledger.checkpoint import key_id, make_checkpoint
from controller.ledger.kinds import Kind
from controller.ledger.tables import LedgerEntry
from controller.machines.tables import Boot
from controller.workflows.control import Control
from controller.workflows.tables import StepLog

EVERY_SECONDS = 60.0
logger = logging.getLogger(__name__)


def start_ledger(core: Core) -> None:
    """The first entry names the key that signs; no link is open when the controller starts."""
    with core.database.write() as session:
        session.execute(update(Boot).where(Boot.linked.is_(True)).values(linked=False))
        if session.execute(select(LedgerEntry.seq).limit(1)).first() is None:
            append(
                session,
                Kind.LEDGER_STARTED,
                "ledger",
                {"key": key_id(core.keys.ledger.public_key())},
                site=core.settings.site,
            )
        make_checkpoint(session, core.keys.ledger)


async def housekeeping(core: Core, control: Control) -> None:
    """Sweep, sign and prune, every minute, until cancelled; send new inventories where that is wanted."""
    glpi = asyncio.create_task(_push(AutomaticPush(core))) if core.settings.glpi_push else None
    try:
        await _keep_house(core, control)
    finally:
        if glpi is not None:
            glpi.cancel()


async def _push(glpi: AutomaticPush) -> None:
    """Beside the rest: a GLPI server that answers slowly holds up nothing here."""
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await run_in_threadpool(glpi.round)
        except Exception:
            logger.exception("sending inventories to GLPI failed; it is tried again in a minute")


async def _keep_house(core: Core, control: Control) -> None:
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await run_in_threadpool(control.sweep)
            await run_in_threadpool(_tidy, core)
            await run_in_threadpool(grade_missing, core.database)
            await run_in_threadpool(_look_home, core)
            await run_in_threadpool(tend, core)
            await run_in_threadpool(finish_pending, core)
            await run_in_threadpool(sweep_sessions, core.database, core.settings.assist_why_days)
        except Exception:  # without it no machine would ever be held for being late, and nothing be signed
            logger.exception("housekeeping failed; it is tried again in a minute")


def _tidy(core: Core) -> None:
    now = utcnow()
    long_ago = now - dt.timedelta(days=core.settings.event_log_days)
    newest = select(func.max(Report.id)).group_by(Report.machine_id, Report.kind)
    with core.database.write() as session:
        make_checkpoint(session, core.keys.ledger)
        session.execute(delete(StepLog).where(StepLog.at < long_ago))
        session.execute(delete(Report).where(Report.received_at < long_ago, Report.id.not_in(newest)))
        samples = now - dt.timedelta(days=min(core.settings.health_sample_days, core.settings.event_log_days))
        session.execute(
            delete(Report).where(Report.kind == "health", Report.received_at < samples, Report.id.not_in(newest))
        )
        session.execute(
            delete(WebSession).where(WebSession.used_at < now - dt.timedelta(hours=core.settings.session_hours))
        )


def _look_home(core: Core) -> None:
    """Machines at home: who fell silent; old figures thinned."""
    now = utcnow()
    with core.database.write() as session:
        look_for_silence(session, limits_of(core.settings), now)
        forget_old(session, now)
    thin(core.database, now)
