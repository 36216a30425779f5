"""One agent's open link, as far as streams go: opens them, hears their frames, ends them with the link."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from agent import protocol
from agent.protocol_mux import Mux, Stream
from agent.protocol_streams import (
    FAILED,
    STREAM_CLOSED,
    STREAM_OPEN,
    STREAM_OPENED,
    STREAM_REFUSED,
    VERSION,
    WINDOW_BYTES,
    OpenStream,
    largest_chunk,
)
from controller.database import utcnow
from controller.errors import Conflict
from controller.i18n import N_
from controller.ledger.chain import format_time

logger = logging.getLogger(__name__)

OPEN_SECONDS = 20.0  # how long the agent may take to open a service
LINK_LOST = "the link to the machine was lost"


class Refused(Conflict):
    """The agent refused a stream. ``code`` is one of ``agent.protocol_streams``."""

    def __init__(self, machine: str, code: str, reason: str) -> None:
        """Keep the agent's own words."""
        super().__init__(N_("{machine} refused: {detail}"), machine=machine, detail=reason)
        self.code = code


def message(kind: str, body: dict[str, Any]) -> str:
    """One message to an agent, as text."""
    sent: protocol.Message = {"type": kind, "id": uuid.uuid4().hex, "at": format_time(utcnow()), "body": body}
    return json.dumps(sent)


class AgentLink:
    """The streams of one link. Used from the event loop that serves it."""

    def __init__(
        self,
        machine_id: int,
        machine: str,
        send_text: Callable[[str], Awaitable[None]],
        send_bytes: Callable[[bytes], Awaitable[None]],
    ) -> None:
        """``machine``: its name, for messages."""
        self.machine_id, self.machine = machine_id, machine
        self._send_text = send_text
        self.mux = Mux(self.say, send_bytes)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._number = 0
        self._pump: asyncio.Task[None] | None = None
        self.lost = False

    async def say(self, kind: str, body: dict[str, Any]) -> None:
        """Send one message."""
        await self._send_text(message(kind, body))

    async def open(self, service: str, *, who: str, why: str, idle_seconds: float, total_seconds: float) -> Stream:
        """A stream to a service of the agent's list.

        Raises:
            Refused: the agent said no, or did not answer in time.
            Conflict: the link was lost meanwhile.
        """
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._carry())
        self._number += 1
        number = self._number
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        asked: OpenStream = {
            "stream": number,
            "service": service,
            "who": who,
            "why": why,
            "credit": WINDOW_BYTES,
            "idle_seconds": idle_seconds,
            "total_seconds": total_seconds,
            "version": VERSION,
        }
        self.mux.tell(STREAM_OPEN, dict(asked))
        # The agent may send at once: the stream is known before it answers, and has nothing to give yet.
        stream = self.mux.add(number, credit=0, idle_seconds=idle_seconds, total_seconds=total_seconds)
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                opened = await answer
            stream.largest = largest_chunk(opened)
            credit = opened.get("credit")
            stream.give(credit if isinstance(credit, int) and 0 <= credit < 2**31 else 0)
        except TimeoutError:
            stream.abort("it was not opened in time")
            raise Refused(self.machine, FAILED, "The machine did not open it in time. Try again.") from None
        except BaseException:
            stream.abort("it was not opened", tell=not self.lost)
            raise
        finally:
            del self._waiting[number]
        return stream

    def hear_frame(self, data: bytes) -> None:
        """A binary message has come.

        Raises:
            BadFrame: it is none of this protocol.
        """
        self.mux.hear(data)

    def hear(self, kind: str, body: dict[str, Any]) -> None:
        """A control message about a stream has come."""
        if kind == STREAM_CLOSED:
            self.mux.hear_closed(body)
            return
        number = body.get("stream")
        answer = self._waiting.get(number) if isinstance(number, int) else None
        if answer is None or answer.done():
            return  # it was given up meanwhile
        if kind == STREAM_OPENED:
            answer.set_result(body)
        elif kind == STREAM_REFUSED:
            code, reason = str(body.get("code"))[:40], str(body.get("reason"))[:500]
            answer.set_exception(Refused(self.machine, code, reason))

    async def _carry(self) -> None:
        try:
            await self.mux.pump()
        except Exception as problem:  # mostly the socket is gone: the link's own loop ends too, and says why
            logger.info("the streams to %s stopped: %r", self.machine, problem)
            self._give_up(f"{LINK_LOST} ({type(problem).__name__})")

    def close(self, reason: str = LINK_LOST) -> None:
        """The link is over, and every stream with it."""
        self.lost = True
        self._give_up(reason)
        if self._pump is not None:
            self._pump.cancel()

    def _give_up(self, reason: str) -> None:
        self.mux.close(reason)
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(not_linked(self.machine))


def not_linked(machine: str) -> Conflict:
    """What is said of a machine that is switched off, or far from any network."""
    return Conflict(
        N_("{machine} is not connected right now."),
        N_("It must be switched on and have internet access; then try again."),
        machine=machine,
    )
