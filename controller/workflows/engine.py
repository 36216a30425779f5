"""The thin module around DBOS: durable workflows by name, one run per machine, a limited queue.

DBOS Transact 3.4 (tried): steps are recorded after they ran, so each may run twice after a kill; a workflow
goes on at the step after the last recorded one; ``executor_id`` and ``application_version`` are set by hand so
that a restarted controller takes up its own workflows, whatever version it is.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID
from dbos import error as dbos_error

from controller.settings import Settings

T = TypeVar("T")
QUEUE = "machines"
MAINTENANCE = "maintenance"  # machines at home: they never wait for those of the workshop
# Raised by hand when the order of steps changes in a way that a workflow under way can't follow.
WORKFLOW_VERSION = "1"
TOPIC = "wake"
logger = logging.getLogger(__name__)


class Engine:
    """The durable engine of one site's controller."""

    def __init__(self, settings: Settings) -> None:
        """Configure; ``launch()`` starts."""
        self._settings = settings
        self._launched = False

    def launch(self) -> None:
        """Start, and take up the workflows that a killed controller left."""
        url = self._settings.dbos_url
        if url.startswith("sqlite:///"):
            with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
        config: DBOSConfig = {
            "name": "recyclerie",
            "system_database_url": url,
            "executor_id": self._settings.site,
            "application_version": WORKFLOW_VERSION,
            "log_level": "WARNING",
        }
        DBOS(config=config)
        DBOS.launch()
        for queue, at_once in (
            (QUEUE, self._settings.max_parallel_runs),
            (MAINTENANCE, self._settings.maintenance_at_once),
        ):
            DBOS.register_queue(
                queue,
                worker_concurrency=at_once,
                partition_concurrency=1,
                polling_interval_sec=0.25,
                on_conflict="always_update",
            )
        self._launched = True

    def close(self) -> None:
        """Stop taking work; what runs is taken up at the next start."""
        if self._launched:
            DBOS.destroy(workflow_completion_timeout_sec=0)
            self._launched = False

    def enqueue(
        self, workflow_id: str, machine_id: int, function: Callable[..., Any], *args: Any, queue: str = QUEUE
    ) -> None:
        """Enqueue a workflow once: the same id again changes nothing. Call from a thread, not the event loop."""
        with SetWorkflowID(workflow_id), SetEnqueueOptions(queue_partition_key=f"machine-{machine_id}"):
            DBOS.enqueue_workflow(queue, function, *args)

    def known(self, workflow_id: str) -> bool:
        """Whether this workflow was ever enqueued."""
        return DBOS.get_workflow_status(workflow_id) is not None

    def broken(self, workflow_id: str) -> str:
        """Why a workflow ended in an error of ours, ``""`` when it didn't."""
        status = DBOS.get_workflow_status(workflow_id)
        if status is None or status.status not in ("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"):
            return ""
        return f"{status.status}: {status.error!r}"

    def forget(self, before: dt.datetime) -> int:
        """Drop the records of workflows that ended before; a long erase leaves thousands. Returns how many, at most
        a hundred at a time.
        """
        ended = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            completed_before=before.isoformat(),
            limit=100,
            load_input=False,
            load_output=False,
        )
        if ended:
            DBOS.delete_workflows([found.workflow_id for found in ended])
        return len(ended)

    def wake(self, workflow_id: str) -> None:
        """Tell a waiting workflow to look again; nothing happens when it is unknown or over."""
        try:
            DBOS.send(workflow_id, "look", topic=TOPIC)
        except dbos_error.DBOSException as error:
            logger.debug("nobody to wake: %s", error)


async def durable(name: str, function: Callable[..., T], *args: Any) -> T:
    """Run a blocking function as one recorded step of the current workflow, in a thread."""

    async def step() -> T:
        return await asyncio.to_thread(function, *args)

    return await DBOS.run_step_async({"name": name}, step)


async def wait_for_wake(seconds: float) -> None:
    """Wait durably until somebody wakes the workflow, at most ``seconds``."""
    await DBOS.recv_async(TOPIC, timeout_seconds=seconds)


def workflow(name: str) -> Callable[[Callable[..., Awaitable[T]]], Callable[..., Awaitable[T]]]:
    """Register an async function as a durable workflow."""
    return DBOS.workflow(name=name, max_recovery_attempts=1000)
