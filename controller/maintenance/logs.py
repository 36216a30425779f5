"""An action's log: lines are only enqueued by whoever has them, written in batches, bounded."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence

from sqlalchemy import func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from controller.bus import publish_after_commit
from controller.database import Database, utcnow
from controller.maintenance.tables import MaintenanceLog
from controller.texts import storable_text

FLUSH_SECONDS = 0.5
MOST_LINES = 5000
LONGEST = 2000
logger = logging.getLogger(__name__)
Row = tuple[str, str, str]


class ActionLog:
    """The log of one action, for as long as the context lasts."""

    def __init__(self, database: Database, action_id: int) -> None:
        """It goes on where it was left."""
        self._database, self._action_id = database, action_id
        self._queue: queue.SimpleQueue[Row | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"maintenance-log-{action_id}", daemon=True)
        self._count = 0
        self.from_machine = 0  # lines that programs on the machine said, and that are kept already

    def __enter__(self) -> ActionLog:
        """Start to write."""
        with self._database.read() as session:
            query = select(func.count()).select_from(MaintenanceLog).where(MaintenanceLog.action_id == self._action_id)
            self._count = session.execute(query).scalar_one()
            self.from_machine = session.execute(query.where(MaintenanceLog.source == "machine")).scalar_one()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Write what is left."""
        self._queue.put(None)
        self._thread.join(30)

    def put(self, text: str, *, source: str = "controller", level: str = "info") -> None:
        """Enqueue one line; never blocks."""
        self._queue.put((source, level, text))

    def _run(self) -> None:
        ending = False
        while not ending:
            batch: list[Row] = []
            item = self._queue.get()
            while item is not None and len(batch) < 500:
                batch.append(item)
                try:
                    item = self._queue.get(timeout=FLUSH_SECONDS)
                except queue.Empty:
                    break
            ending = item is None
            self._write(batch)

    def _write(self, batch: Sequence[Row]) -> None:
        rows = []
        for source, level, text in batch:
            self._count += 1
            if self._count > MOST_LINES + 1:
                break
            if self._count == MOST_LINES + 1:
                text = f"(this log is longer than {MOST_LINES} lines: the rest was left out)"
            found = {"source": source, "level": level, "text": storable_text(text[:LONGEST])}
            rows.append({"action_id": self._action_id, "at": utcnow(), **found})
        if not rows:
            return
        try:
            with self._database.write() as session:
                session.execute(insert(MaintenanceLog), rows)
                publish_after_commit(session, f"maintenance:{self._action_id}")
        except SQLAlchemyError:  # the play must go on: a lost line is better than half an update
            logger.exception("%d lines of the log of maintenance %d are lost", len(rows), self._action_id)
