"""The link: one WebSocket for each agent. What is acknowledged is in the database."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from agent import protocol
from agent.protocol_tests import HANDS_ON_RESULTS
from controller.agents.progress import ProgressBuffer
from controller.core import Core
from controller.database import utcnow
from controller.hardware_tests.hands_on import hear_hands_on
from controller.health.limits import limits_of
from controller.health.reports import store_report
from controller.ledger.chain import format_time
from controller.machines.announce import find_boot
from controller.machines.tables import Boot, Machine
from controller.texts import storable, storable_text
from controller.workflows.control import Control
from controller.workflows.jobs import hear_log, hear_result
from controller.workflows.steplog import LogWriter

MAX_MESSAGE_BYTES = 4_000_000
UNAUTHORISED, REPLACED, BAD_MESSAGE, TRY_AGAIN = 4401, 4409, 4400, 1013
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


class Links:
    """The links that are open now, one a boot: a newer one replaces an older."""

    def __init__(self) -> None:
        """None yet."""
        self._open: dict[int, WebSocket] = {}

    async def add(self, boot_id: int, socket: WebSocket) -> None:
        """Register; the link that the boot had before is closed."""
        old = self._open.get(boot_id)
        self._open[boot_id] = socket
        if old is not None:
            try:
                await old.close(REPLACED, "another link of the same boot took over")
            except RuntimeError:
                logger.debug("the older link was closed already")

    async def send(self, boot_id: int, kind: str, body: dict[str, Any]) -> bool:
        """Say something to the agent of a boot; False when it has no link just now. Nothing is repeated."""
        socket = self._open.get(boot_id)
        if socket is None:
            return False
        try:
            await socket.send_text(message(kind, body))
        except (RuntimeError, WebSocketDisconnect):
            return False
        return True

    def remove(self, boot_id: int, socket: WebSocket) -> bool:
        """Forget; False when a newer one took over."""
        if self._open.get(boot_id) is not socket:
            return False
        del self._open[boot_id]
        return True


def message(kind: str, body: dict[str, Any]) -> str:
    """One message to an agent, as text."""
    sent: protocol.Message = {"type": kind, "id": uuid.uuid4().hex, "at": format_time(utcnow()), "body": body}
    return json.dumps(sent)


@router.websocket(protocol.LINK_PATH)
async def link(socket: WebSocket) -> None:
    """Take an agent's messages until it leaves."""
    ear: Ear = socket.app.state.ear
    links: Links = socket.app.state.links
    header = socket.headers.get("authorization", "")
    boot = await run_in_threadpool(_boot, ear.core, header.removeprefix("Bearer "))
    if boot is None:
        await socket.close(UNAUTHORISED, "unknown or revoked token: announce again")
        return
    await socket.accept()
    await links.add(boot.id, socket)
    await run_in_threadpool(_mark, ear, boot, linked=True)
    welcome = {
        "machine_id": boot.machine_id,
        "tag": boot.machine.tag,
        "server_time": format_time(utcnow()),
        "heartbeat_seconds": ear.core.settings.heartbeat_seconds,
    }
    silence = max(60.0, ear.core.settings.heartbeat_seconds * 6)  # the first may come at the agent's own pace
    try:
        await socket.send_text(message(protocol.WELCOME, welcome))
        while True:
            text = await asyncio.wait_for(socket.receive_text(), silence)
            if len(text) > MAX_MESSAGE_BYTES:
                await socket.close(BAD_MESSAGE, "message too long")
                break
            await _take(ear, boot, socket, text)
    except (WebSocketDisconnect, TimeoutError, RuntimeError, KeyError):
        logger.info("link of boot %s closed", boot.id)
    except SQLAlchemyError:
        logger.exception("link of boot %s closed: the database does not answer; the agent will come back", boot.id)
        with suppress(RuntimeError):
            await socket.close(TRY_AGAIN, "the database does not answer")
    finally:
        if links.remove(boot.id, socket):
            await run_in_threadpool(_mark, ear, boot, linked=False)


def _boot(core: Core, token: str) -> Boot | None:
    with core.database.read() as session:
        return find_boot(session, token)


def _mark(ear: Ear, boot: Boot, *, linked: bool) -> None:
    with ear.core.database.write() as session:
        row = session.get(Boot, boot.id)
        if row is not None:
            row.linked = linked
    if linked:
        ear.control.wake(boot.machine_id)


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


async def _take(ear: Ear, boot: Boot, socket: WebSocket, text: str) -> None:
    """Store one message, then acknowledge it.

    A message that can't be read is acknowledged all the same: an agent that repeats it for ever would never get
    past it. When the database doesn't answer it is not: the link ends, and the agent sends it again.
    """
    try:
        kind, body, identity = read_message(text)
    except ValueError as error:
        await socket.close(BAD_MESSAGE, str(error))
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
    if kind in (protocol.JOB_RESULT, protocol.HEALTH):
        ear.control.wake(machine_id)
