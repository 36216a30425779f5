"""What agents say every second, written in one transaction a second: newest progress, and who was heard."""

from __future__ import annotations

import logging
import threading
from typing import Any

from sqlalchemy.exc import DataError, SQLAlchemyError
from sqlalchemy.orm import Session

from controller.core import Core
from controller.database import utcnow
from controller.machines.tables import Boot, Machine
from controller.workflows.jobs import hear_progress

FLUSH_SECONDS = 1.0
logger = logging.getLogger(__name__)


class ProgressBuffer:
    """Keeps only the newest of each; a lost one does no harm."""

    def __init__(self, core: Core) -> None:
        """``start()`` begins flushing."""
        self._core = core
        self._lock = threading.Lock()
        self._progress: dict[str, tuple[int, dict[str, Any]]] = {}
        self._heard: dict[int, int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is left, and end."""
        self._stop.set()
        self._thread.join(10)

    def progress(self, machine_id: int, body: dict[str, Any]) -> None:
        """A job's newest progress."""
        with self._lock:
            self._progress[str(body.get("job_id"))] = (machine_id, body)

    def heard(self, boot_id: int, machine_id: int) -> None:
        """A machine said something."""
        with self._lock:
            self._heard[boot_id] = machine_id

    def forget(self, job_id: str) -> None:
        """The job has ended: its pending progress must not come after its result."""
        with self._lock:
            self._progress.pop(job_id, None)

    def flush(self) -> None:
        """Write what was collected."""
        with self._lock:
            progress, self._progress = self._progress, {}
            heard, self._heard = self._heard, {}
        if not progress and not heard:
            return
        now = utcnow()
        with self._core.database.write() as session:
            for boot_id, machine_id in heard.items():
                boot, machine = session.get(Boot, boot_id), session.get(Machine, machine_id)
                if boot is not None:
                    boot.last_heard_at = now
                if machine is not None:
                    machine.last_heard_at = now
            for machine_id, body in progress.values():
                self._hear(session, machine_id, body)

    @staticmethod
    def _hear(session: Session, machine_id: int, body: dict[str, Any]) -> None:
        """One machine's progress: nonsense from one must not lose the others'."""
        try:
            with session.begin_nested():
                hear_progress(session, machine_id, body)
        except (DataError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
            logger.exception("machine %s sent a progress that can't be read; it was dropped", machine_id)

    def _run(self) -> None:
        ending = False
        while not ending:
            ending = self._stop.wait(FLUSH_SECONDS)
            try:
                self.flush()
            except SQLAlchemyError:
                logger.exception("progress could not be written; the next one will be")
