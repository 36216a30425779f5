"""A step's log: lines from anywhere, written in batches, bounded per step."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from controller.bus import publish_after_commit
from controller.database import Database, utcnow
from controller.texts import storable_text
from controller.workflows.tables import StepLog

FLUSH_SECONDS = 0.5
BATCH = 500
MAX_LINES_PER_STEP = 20_000
MAX_TEXT = 4000
logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a log."""

    step_id: int
    source: str
    text: str
    level: str = "info"


class LogWriter:
    """One thread that inserts the lines that others only enqueue."""

    def __init__(self, database: Database) -> None:
        """Write to ``database``; ``start()`` begins."""
        self._database = database
        self._queue: queue.SimpleQueue[Line | threading.Event | None] = queue.SimpleQueue()
        self._counts: dict[int, int] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="step-log", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is left, and end."""
        self._queue.put(None)
        self._thread.join(10)

    def put(self, line: Line) -> None:
        """Enqueue one line; never blocks."""
        self._queue.put(line)

    def flush(self, timeout: float = 10) -> None:
        """Wait until all that was put before is in the database."""
        barrier = threading.Event()
        self._queue.put(barrier)
        barrier.wait(timeout)

    def _run(self) -> None:
        while True:
            batch: list[Line] = []
            barriers: list[threading.Event] = []
            ending = self._collect(self._queue.get(), batch, barriers)
            while not ending and not barriers and len(batch) < BATCH:
                try:
                    ending = self._collect(self._queue.get(timeout=FLUSH_SECONDS), batch, barriers)
                except queue.Empty:
                    break
            self._write(batch)
            for barrier in barriers:
                barrier.set()
            if ending:
                return

    @staticmethod
    def _collect(item: Line | threading.Event | None, batch: list[Line], barriers: list[threading.Event]) -> bool:
        if item is None:
            return True
        if isinstance(item, threading.Event):
            barriers.append(item)
        else:
            batch.append(item)
        return False

    def _write(self, batch: list[Line]) -> None:
        if not batch:
            return
        try:
            with self._database.write() as session:
                self.write(session, batch)
        except SQLAlchemyError:
            # The thread must outlive a database that is away: a lost line is better than no line any more.
            logger.exception("%d lines of step logs could not be written", len(batch))

    def write(self, session: Session, batch: Sequence[Line]) -> None:
        """Write lines in somebody's writing transaction."""
        with self._lock:
            rows = [row for row in (self._row(session, line) for line in batch) if row]
        if not rows:
            return
        session.execute(insert(StepLog), rows)
        for step_id in {line.step_id for line in batch}:
            publish_after_commit(session, f"log:{step_id}")

    def _row(self, session: Session, line: Line) -> dict[str, object] | None:
        count = self._counts.get(line.step_id)
        if count is None:
            query = select(func.count()).select_from(StepLog).where(StepLog.step_id == line.step_id)
            count = session.execute(query).scalar_one()
        self._counts[line.step_id] = count + 1
        if count > MAX_LINES_PER_STEP:
            return None
        text = storable_text(line.text[:MAX_TEXT])
        if count == MAX_LINES_PER_STEP:
            text = f"(this log is longer than {MAX_LINES_PER_STEP} lines: the rest was left out)"
        return {"step_id": line.step_id, "at": utcnow(), "source": line.source, "level": line.level, "text": text}
