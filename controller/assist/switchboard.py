"""Which machines are linked to this process now, and the one door by which streams to them are opened."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from typing import Any

from starlette.concurrency import run_in_threadpool

from agent.protocol_mux import Stream
from controller.assist.agent_link import AgentLink, not_linked
from controller.core import Core
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.registry import get_machine

IDLE_SECONDS = 900.0
TOTAL_SECONDS = 4 * 3600.0
RETURNS_PER_SECOND = 100  # machines that come back after a restart; see docs/assist-link.md for what a process holds
logger = logging.getLogger(__name__)


class Switchboard:
    """The links of this process. Used from its event loop; other threads use ``controller.assist.pipes``."""

    def __init__(self, core: Core) -> None:
        """Nobody is linked yet."""
        self._core = core
        self._links: dict[int, AgentLink] = {}
        self._records: set[asyncio.Task[None]] = set()
        self.known = 0  # machines that would come back after a restart

    def __len__(self) -> int:
        """How many machines are linked."""
        return len(self._links)

    @property
    def spread_seconds(self) -> float:
        """Over how long machines should come back when they lose this process."""
        return min(max(1.0, max(len(self._links), self.known) / RETURNS_PER_SECOND), 300.0)

    def plug(self, link: AgentLink) -> None:
        """A machine's link is open; one that it had before is over."""
        self._links[link.machine_id] = link

    def unplug(self, link: AgentLink, reason: str = "") -> None:
        """The link is over."""
        link.close(reason) if reason else link.close()
        if self._links.get(link.machine_id) is link:
            del self._links[link.machine_id]

    def linked(self, machine_id: int) -> bool:
        """Whether the machine is linked right now."""
        return machine_id in self._links

    async def open_stream(
        self,
        machine_id: int,
        service: str,
        *,
        who: str,
        why: str,
        idle_seconds: float = IDLE_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
    ) -> Stream:
        """A stream to a service on a machine, recorded in the ledger. ``who``: an opaque name (``user:7``).

        ``why`` goes into the machine's own journal, never into the ledger: somebody may have typed a name.

        Raises:
            Conflict: the machine isn't linked.
            Refused: its agent refused.
        """
        link = self._links.get(machine_id)
        if link is None:
            raise not_linked(await run_in_threadpool(self._name, machine_id))
        stream = await link.open(service, who=who, why=why, idle_seconds=idle_seconds, total_seconds=total_seconds)
        record = {"service": service, "stream": uuid.uuid4().hex}
        try:
            await run_in_threadpool(self._write, Kind.STREAM_OPENED, machine_id, who, record)
        except BaseException:
            stream.abort("it could not be recorded")
            raise
        task = asyncio.create_task(self._record_end(stream, machine_id, who, record, time.monotonic()))
        self._records.add(task)
        task.add_done_callback(self._records.discard)
        return stream

    async def close(self, reason: str) -> None:
        """The process stops: every stream ends, and its end is recorded."""
        for link in list(self._links.values()):
            self.unplug(link, reason)
        if self._records:
            await asyncio.wait(self._records, timeout=10)

    def _name(self, machine_id: int) -> str:
        with self._core.database.read() as session:
            return get_machine(session, machine_id).name

    async def _record_end(
        self, stream: Stream, machine_id: int, who: str, record: dict[str, Any], began: float
    ) -> None:
        await stream.over.wait()
        body = {
            **record,
            "seconds": round(time.monotonic() - began),
            "to_machine_bytes": stream.bytes_out,
            "from_machine_bytes": stream.bytes_in,
            "aborted": stream.aborted,
        }
        logger.info("stream to %s of machine %s is over: %s", record["service"], machine_id, stream.reason)
        try:
            await run_in_threadpool(self._write, Kind.STREAM_CLOSED, machine_id, who, body)
        except Exception:
            logger.exception("the end of a stream of machine %s could not be recorded", machine_id)

    def _write(self, kind: Kind, machine_id: int, who: str, body: dict[str, Any]) -> None:
        with self._core.database.write() as session:
            machine = get_machine(session, machine_id)
            append(session, kind, machine.subject, body, actor=who, site=machine.site)
