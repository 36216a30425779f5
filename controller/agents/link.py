"""The link: one WebSocket for each agent. What is acknowledged is in the database."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from agent import protocol
from agent.protocol_assist import ASSIST_STATE, HELP_CODE, HELP_REQUEST
from agent.protocol_streams import BadFrame
from agent.protocol_tests import HANDS_ON_RESULTS
from controller.access.secrets import hash_secret
from controller.agents.progress import ProgressBuffer
from controller.assist.agent_link import AgentLink, message
from controller.assist.sessions.store import hear_assist_state
from controller.assist.switchboard import Switchboard
from controller.core import Core
from controller.database import utcnow
from controller.hardware_tests.hands_on import hear_hands_on
from controller.health.limits import limits_of
from controller.health.reports import store_report
from controller.helpdesk.codes import hear_code
from controller.helpdesk.requests import hear_request
from controller.ledger.chain import format_time
from controller.machines.announce import find_boot
from controller.machines.tables import Boot, Machine
from controller.releases.reports import REPORTS as UPDATE_REPORTS
from controller.releases.reports import hear_update
from controller.texts import storable, storable_text
from controller.workflows.control import Control
from controller.workflows.jobs import hear_log, hear_result
from controller.workflows.steplog import LogWriter

MAX_MESSAGE_BYTES = 4_000_000
UNAUTHORISED, REPLACED, BAD_MESSAGE, TRY_AGAIN = 4401, 4409, 4400, 1013
RETRY_SECONDS = 10  # how long agents leave a database alone that does not answer; each waits up to twice as long
INBOX = 64  # messages of one link that wait for the database; more than an agent sends without an answer
STREAMS = "stream."  # how the types of control messages about streams begin
# What a control message about a stream looks like from our agent: it doesn't queue up behind reports.
OVERTAKES = '{"type": "' + STREAMS
# What a message that doesn't hold what it should comes to, from our own code or from the database.
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, DataError, IntegrityError)
router = APIRouter()
logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Ear:
    """What a link needs to take messages."""

    core: Core
    control: Control
    logs: LogWriter
    progress: ProgressBuffer


@dataclass(kw_only=True)
class OpenLink:
    """One link that is open now."""

    boot: Boot
    token_hash: str
    socket: WebSocket
    agent: AgentLink


class Links:
    """The links that are open now, one a boot: a newer one replaces an older."""

    def __init__(self, switchboard: Switchboard) -> None:
        """None yet."""
        self.switchboard = switchboard
        self.open: dict[int, OpenLink] = {}

    async def add(self, link: OpenLink) -> None:
        """Register; the link that the boot had before is closed."""
        old = self.open.get(link.boot.id)
        self.open[link.boot.id] = link
        self.switchboard.plug(link.agent)
        if old is not None:
            try:
                await old.socket.close(REPLACED, "another link of the same boot took over")
            except RuntimeError:
                logger.debug("the older link was closed already")

    async def send(self, boot_id: int, kind: str, body: dict[str, Any]) -> bool:
        """Say something to the agent of a boot; False when it has no link just now. Nothing is repeated."""
        link = self.open.get(boot_id)
        if link is None:
            return False
        try:
            await link.socket.send_text(message(kind, body))
        except (RuntimeError, WebSocketDisconnect):
            return False
        return True

    def remove(self, link: OpenLink) -> bool:
        """Forget; False when a newer one took over."""
        self.switchboard.unplug(link.agent)
        if self.open.get(link.boot.id) is not link:
            return False
        del self.open[link.boot.id]
        return True


@router.websocket(protocol.LINK_PATH)
async def link(socket: WebSocket) -> None:
    """Take an agent's messages until it leaves."""
    ear: Ear = socket.app.state.ear
    links: Links = socket.app.state.links
    token = socket.headers.get("authorization", "").removeprefix("Bearer ")
    boot = await run_in_threadpool(_boot, ear.core, token)
    if boot is None:
        await socket.close(UNAUTHORISED, "unknown or revoked token: announce again")
        return
    await socket.accept()
    agent = AgentLink(boot.machine_id, boot.machine.name, socket.send_text, socket.send_bytes)
    opened = OpenLink(boot=boot, token_hash=hash_secret(token), socket=socket, agent=agent)
    inbox: asyncio.Queue[str] = asyncio.Queue(INBOX)
    hearing = asyncio.create_task(_hear(ear, opened, inbox))
    await links.add(opened)
    try:
        ear.progress.linked(boot.id, boot.machine_id, linked=True)
        await socket.send_text(message(protocol.WELCOME, _welcome(ear, links, boot)))
        await _receive(ear, opened, inbox)
    except (WebSocketDisconnect, TimeoutError, RuntimeError, KeyError):
        logger.info("link of boot %s closed", boot.id)
    except SQLAlchemyError:
        await _give_up(opened)
    finally:
        hearing.cancel()
        if links.remove(opened):
            ear.progress.linked(boot.id, boot.machine_id, linked=False)


def _welcome(ear: Ear, links: Links, boot: Boot) -> dict[str, Any]:
    return {
        "machine_id": boot.machine_id,
        "tag": boot.machine.tag,
        "server_time": format_time(utcnow()),
        "heartbeat_seconds": ear.core.settings.heartbeat_seconds,
        "spread_seconds": links.switchboard.spread_seconds,
    }


async def _receive(ear: Ear, link: OpenLink, inbox: asyncio.Queue[str]) -> None:
    """Sort what comes, until the link ends: bytes of streams at once, messages to whoever asks the database."""
    loop = asyncio.get_running_loop()
    silence = max(60.0, ear.core.settings.heartbeat_seconds * 6)  # the first may come at the agent's own pace
    async with asyncio.timeout(silence) as limit:
        heard = loop.time()
        while True:
            said = await link.socket.receive()
            if loop.time() - heard > 1:
                heard = loop.time()
                limit.reschedule(heard + silence)
            if said["type"] == "websocket.disconnect":
                return
            data = said.get("bytes")
            if data is not None:
                try:
                    link.agent.hear_frame(data)
                except BadFrame as error:
                    await link.socket.close(BAD_MESSAGE, str(error))
                    return
                continue
            text = said["text"]
            if len(text) > MAX_MESSAGE_BYTES:
                await link.socket.close(BAD_MESSAGE, "message too long")
                return
            if text.startswith(OVERTAKES):
                await _take(ear, link, text)
            else:
                await inbox.put(text)


async def _hear(ear: Ear, link: OpenLink, inbox: asyncio.Queue[str]) -> None:
    """Take the messages in order, beside the streams: a database that is slow holds up no stream."""
    try:
        while True:
            await _take(ear, link, await inbox.get())
    except SQLAlchemyError:
        await _give_up(link)
    except (WebSocketDisconnect, RuntimeError):
        logger.debug("link of boot %s ended before it was answered", link.boot.id)


async def _give_up(link: OpenLink) -> None:
    logger.exception("link of boot %s closed: the database does not answer; the agent comes back", link.boot.id)
    with suppress(RuntimeError):
        await link.socket.close(TRY_AGAIN, f"the database does not answer; retry={RETRY_SECONDS}")


def _boot(core: Core, token: str) -> Boot | None:
    with core.database.read() as session:
        return find_boot(session, token)


class BootOver(Exception):
    """The boot that a link speaks for is over: another one took its place, or the machine has left."""


def read_message(text: str) -> tuple[str, dict[str, Any], str]:
    """Type, body and id of a message.

    Raises:
        ValueError: it is none of this protocol.
    """
    try:
        said = json.loads(text)
        kind, body, identity = said["type"], said.get("body") or {}, said.get("id")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("no message of this protocol") from error
    if not isinstance(kind, str) or not isinstance(body, dict) or not isinstance(identity, str) or not identity:
        raise ValueError("no message of this protocol")
    return kind, storable(body), storable_text(identity)[:64]


async def _take(ear: Ear, link: OpenLink, text: str) -> None:
    """Store one message, then acknowledge it.

    A message that can't be read is acknowledged all the same: an agent that repeats it for ever would never get
    past it. When the database doesn't answer it is not: the link ends, and the agent sends it again.
    """
    boot, socket = link.boot, link.socket
    try:
        kind, body, identity = read_message(text)
    except ValueError as error:
        await socket.close(BAD_MESSAGE, str(error))
        return
    if kind.startswith(STREAMS):
        link.agent.hear(kind, body)
        return
    ear.progress.heard(boot.id, boot.machine_id)
    if kind == protocol.HEARTBEAT:
        return
    if kind == protocol.JOB_PROGRESS:
        ear.progress.progress(boot.machine_id, body)
        return
    try:
        await run_in_threadpool(_store, ear, boot, kind, body, identity)
    except BootOver:
        await socket.close(UNAUTHORISED, "this boot is over: announce again")
        return
    except UNREADABLE:
        logger.exception("machine %s sent a %s that can't be read; it was dropped", boot.machine_id, kind)
    await socket.send_text(message(protocol.ACK, {"id": identity}))


def _store(ear: Ear, boot: Boot, kind: str, body: dict[str, Any], identity: str) -> None:
    machine_id = boot.machine_id
    with ear.core.database.write() as session:
        row = session.get(Boot, boot.id)
        if row is None or row.status != "accepted":
            raise BootOver
        if kind in (protocol.INVENTORY, protocol.HEALTH):
            limits = limits_of(ear.core.settings)
            store_report(session, session.get_one(Machine, machine_id), row, kind, body, identity, limits)
        elif kind == protocol.JOB_RESULT:
            ear.progress.forget(str(body.get("job_id")))
            hear_result(session, machine_id, body)
        elif kind == protocol.JOB_LOG:
            ear.logs.write(session, hear_log(session, machine_id, body))
        elif kind == HANDS_ON_RESULTS:
            hear_hands_on(session, session.get_one(Machine, machine_id), row.id, body)
        elif kind in (HELP_REQUEST, HELP_CODE) and row.mode == "resident":
            (hear_request if kind == HELP_REQUEST else hear_code)(session, session.get_one(Machine, machine_id), body)
        elif kind in UPDATE_REPORTS and row.mode == "resident":
            hear_update(session, session.get_one(Machine, machine_id), kind, body)
        elif kind == ASSIST_STATE:
            hear_assist_state(session, machine_id, body)
    if kind in (protocol.JOB_RESULT, protocol.HEALTH):
        ear.control.wake(machine_id)
