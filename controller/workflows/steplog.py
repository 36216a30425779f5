"""A step's log: lines from anywhere, written in batches, bounded per step."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass

from sqlalchemy import func, insert, select

from controller.bus import bus
from controller.database import Database, utcnow
from controller.workflows.tables import StepLog

FLUSH_SECONDS = 0.5
BATCH = 500
MAX_LINES_PER_STEP = 20_000
MAX_TEXT = 4000


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
        rows = [row for row in (self._row(line) for line in batch) if row]
        if not rows:
            return
        with self._database.write() as session:
            session.execute(insert(StepLog), rows)
        for step_id in {line.step_id for line in batch}:
            bus.publish(f"log:{step_id}")

    def _row(self, line: Line) -> dict[str, object] | None:
        count = self._counts.get(line.step_id)
        if count is None:
            with self._database.read() as session:
                query = select(func.count()).select_from(StepLog).where(StepLog.step_id == line.step_id)
                count = session.execute(query).scalar_one()
        self._counts[line.step_id] = count + 1
        if count > MAX_LINES_PER_STEP:
            return None
        text = line.text[:MAX_TEXT]
        if count == MAX_LINES_PER_STEP:
            text = f"(this log is longer than {MAX_LINES_PER_STEP} lines: the rest was left out)"
        return {"step_id": line.step_id, "at": utcnow(), "source": line.source, "level": line.level, "text": text}
