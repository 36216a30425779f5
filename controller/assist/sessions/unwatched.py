"""Ends the sessions that nobody looks at any more: their page was closed, and the family's red bar would stay."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from controller.assist.sessions.asking import Links, resident_boot, say_stop
from controller.assist.sessions.presence import Presence
from controller.assist.sessions.rules import UNWATCHED
from controller.assist.sessions.store import find_session
from controller.assist.sessions.tables import AssistSession
from controller.database import Database

EVERY_SECONDS = 5.0
logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class On:
    """A session that is on."""

    name: str
    machine_id: int
    boot_id: int | None
    ending: bool  # decided already; its agent has not said that it is over


@dataclass(frozen=True, kw_only=True)
class Unwatched:
    """What it needs: where sessions are kept, how machines are reached, who looks, how long nobody may."""

    database: Database
    links: Links
    linked: Callable[[int], bool]  # whether a machine is linked to this process right now
    presence: Presence
    seconds: float

    async def watch(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(min(EVERY_SECONDS, self.seconds / 4))
            try:
                await self.round()
            except Exception:
                logger.exception("sessions that nobody looks at could not be ended; it is tried again")

    async def round(self) -> None:
        """One look at every session that is on.

        A machine that isn't linked is left alone: its agent ends the session by itself within a minute, or comes back.
        What was decided is said again until the agent has heard it, also after a restart.
        """
        sessions = await run_in_threadpool(self._sessions)
        away = self.presence.away({one.name for one in sessions})
        for one in sessions:
            if one.boot_id is None or not self.linked(one.machine_id):
                continue
            if not one.ending:
                if away.get(one.name, 0.0) < self.seconds:
                    continue
                logger.info("nobody has looked at session %s for %.0f s: it is ended", one.name, away[one.name])
                await run_in_threadpool(self._decide, one.name)
            await say_stop(self.links, one.boot_id, one.name)

    def _sessions(self) -> list[On]:
        with self.database.read() as session:
            rows = session.execute(select(AssistSession).where(AssistSession.state == "accepted")).scalars().all()
            found = []
            for row in rows:
                boot = resident_boot(session, row.machine_id)
                boot_id = boot.id if boot is not None else None
                ending = row.code == UNWATCHED
                found.append(On(name=row.session, machine_id=row.machine_id, boot_id=boot_id, ending=ending))
            return found

    def _decide(self, name: str) -> None:
        """Kept before it is said: the agent's answer must find it."""
        with self.database.write() as session:
            row = find_session(session, name)
            if row.state == "accepted":
                row.code = UNWATCHED
