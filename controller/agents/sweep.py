"""Ends the links of machines that lost their rights, whoever took them away, and in whichever process."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TypeVar

from sqlalchemy import func, select
from starlette.concurrency import run_in_threadpool

from agent.protocol import GOODBYE
from controller.agents.link import UNAUTHORISED, Links, OpenLink
from controller.assist.agent_link import message
from controller.core import Core
from controller.database import utcnow
from controller.machines.tables import Boot, ResidentToken

EVERY_SECONDS = 15.0
AT_ONCE = 500
LATELY = dt.timedelta(hours=1)  # a machine that was heard since would come back after a restart
T = TypeVar("T")
logger = logging.getLogger(__name__)


async def sweep_links(core: Core, links: Links) -> None:
    """For ever."""
    while True:
        try:
            await sweep_once(core, links)
        except Exception:
            logger.exception("the links could not be looked through; it is tried again")
        await asyncio.sleep(EVERY_SECONDS)


async def sweep_once(core: Core, links: Links) -> None:
    """One look: ends what is over, and counts who would come back after a restart."""
    open_now = list(links.open.values())
    revoked, over, links.switchboard.known = await run_in_threadpool(_judge, core, open_now)
    for link in over:
        await _end(link, "this boot is over", revoked=False)
    for link in revoked:
        await _end(link, "this machine's rights have ended", revoked=True)


async def _end(link: OpenLink, reason: str, *, revoked: bool) -> None:
    logger.warning("machine %s is unlinked: %s", link.boot.machine_id, reason)
    link.agent.close(reason)
    with suppress(RuntimeError):
        # An installed system takes its maintenance key out when it hears this.
        await link.socket.send_text(message(GOODBYE, {"reason": reason, "revoked": revoked}))
        await link.socket.close(UNAUTHORISED, reason)


def _judge(core: Core, open_now: list[OpenLink]) -> tuple[list[OpenLink], list[OpenLink], int]:
    """Whose token was revoked, whose boot is over, and how many machines are known to come back."""
    accepted: set[int] = set()
    tokens: set[str] = set()
    with core.database.read() as session:
        for ids in _parts([link.boot.id for link in open_now]):
            boots = select(Boot.id).where(Boot.status == "accepted", Boot.id.in_(ids))
            accepted |= set(session.execute(boots).scalars())
        for hashes in _parts([link.token_hash for link in open_now if link.boot.mode == "resident"]):
            valid = ResidentToken.revoked_at.is_(None), ResidentToken.token_hash.in_(hashes)
            tokens |= set(session.execute(select(ResidentToken.token_hash).where(*valid)).scalars())
        lately = Boot.status == "accepted", Boot.last_heard_at > utcnow() - LATELY
        known = session.execute(select(func.count()).select_from(Boot).where(*lately)).scalar_one()
    revoked = [link for link in open_now if link.boot.mode == "resident" and link.token_hash not in tokens]
    over = [link for link in open_now if link.boot.id not in accepted and link not in revoked]
    return revoked, over, known


def _parts(values: Iterable[T]) -> Iterator[list[T]]:
    every = list(values)
    for start in range(0, len(every), AT_ONCE):
        yield every[start : start + AT_ONCE]
