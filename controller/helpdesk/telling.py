"""Tells families' PCs what became of their calls for help, and what somebody has to say to the family.

At once where they are linked, else when they come back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from agent.protocol_assist import HELP_STATE, MAX_NOTE, HelpState
from controller.bus import Change, bus
from controller.core import Core
from controller.errors import Conflict, RecyclerieError
from controller.helpdesk.requests import OPEN, write
from controller.helpdesk.tables import HelpNote, HelpRequest
from controller.i18n import N_
from controller.machines.tables import Boot

EVERY_SECONDS = 15.0  # machines that came back meanwhile
TO_FAMILY = "to-family"  # HelpNote.what
SAID: dict[str, Literal["received", "assigned", "solved"]] = {
    OPEN: "received",
    "assigned": "assigned",
    "solved": "solved",
}
logger = logging.getLogger(__name__)
Send = Callable[[int, str, dict[str, Any]], Awaitable[bool]]


@dataclass(frozen=True, kw_only=True)
class News:
    """What one machine doesn't know yet."""

    request_id: int
    boot_id: int
    request: str
    state: str
    note_id: int  # of the newest words to the family; 0: none
    note: str


def say_to_family(session: Session, request: HelpRequest, actor: str, text: str) -> None:
    """Have the family's PC show some words below their call for help, in place of those before.

    Raises:
        RecyclerieError: there are no words, or too many.
        Conflict: no PC asked, or the call is too old.
    """
    text = " ".join(text.split())
    if not text or len(text) > MAX_NOTE:
        raise RecyclerieError(
            N_("Write what the family should read, in at most {n} characters."),
            N_("Their PC shows it in the window where they ask for help."),
            n=MAX_NOTE,
        )
    if request.source != "machine" or request.forgotten_at is not None:
        raise Conflict(N_("Their PC can show no words about this call."), N_("Call the family."))
    request.told = ""
    write(session, request, actor, TO_FAMILY, text)


async def tell_homes(core: Core, send: Send) -> None:
    """For ever. ``send`` is ``Links.send``: False where a boot has no link just now."""
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()

    def hear(change: Change) -> None:
        if change.topic.startswith("help:") and not loop.is_closed():
            loop.call_soon_threadsafe(changed.set)

    bus.on_change(hear)
    while True:
        changed.clear()
        try:
            await tell_once(core, send)
        except Exception:
            logger.exception("news of calls for help could not be told; it is tried again")
        try:
            async with asyncio.timeout(EVERY_SECONDS):
                await changed.wait()
        except TimeoutError:
            continue


async def tell_once(core: Core, send: Send) -> None:
    """Tell what is not told yet, to whoever is linked."""
    for news in await run_in_threadpool(_untold, core):
        body = HelpState(request=news.request, state=SAID[news.state])
        if news.note:
            body["note"] = news.note
        if await send(news.boot_id, HELP_STATE, dict(body)):
            await run_in_threadpool(_told, core, news)


def _untold(core: Core) -> list[News]:
    with core.database.read() as session:
        rows = session.execute(
            select(HelpRequest.id, Boot.id, HelpRequest.request, HelpRequest.state)
            .join(Boot, Boot.machine_id == HelpRequest.machine_id)
            .where(
                HelpRequest.source == "machine",
                HelpRequest.told != HelpRequest.state,
                Boot.mode == "resident",
                Boot.status == "accepted",
                Boot.linked.is_(True),
            )
            .order_by(HelpRequest.id)
            .limit(500)
        )
        found = []
        for request_id, boot_id, request, state in rows:
            note_id, note = _words(session, request_id)
            found.append(
                News(request_id=request_id, boot_id=boot_id, request=request, state=state, note_id=note_id, note=note)
            )
        return found


def _words(session: Session, request_id: int) -> tuple[int, str]:
    """The newest words to the family."""
    query = select(HelpNote.id, HelpNote.text).where(HelpNote.request_id == request_id, HelpNote.what == TO_FAMILY)
    newest = session.execute(query.order_by(HelpNote.id.desc()).limit(1)).first()
    return (newest[0], newest[1]) if newest is not None else (0, "")


def _told(core: Core, news: News) -> None:
    with core.database.write() as session:
        row = session.get(HelpRequest, news.request_id)
        if row is not None and _words(session, row.id)[0] == news.note_id:  # else there is more to say already
            row.told = news.state
