"""What agents say every second, written in one transaction a second: newest progress, who was heard, who is linked."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import DataError, SQLAlchemyError
from sqlalchemy.orm import Session

from controller.core import Core
from controller.database import utcnow
from controller.machines.tables import Boot, Machine
from controller.workflows.jobs import hear_progress
from controller.workflows.tables import Run

FLUSH_SECONDS = 1.0
GATHER_SECONDS = 0.02  # from a link that was opened or is over to its mark: others' come along
AT_ONCE = 500  # ids in one statement
PLAIN = {"synchronize_session": False}  # nothing is loaded yet
logger = logging.getLogger(__name__)


def _parts(ids: Iterable[int]) -> Iterator[list[int]]:
    every = list(ids)
    for start in range(0, len(every), AT_ONCE):
        yield every[start : start + AT_ONCE]


def _mark(session: Session, links: dict[int, tuple[int, bool]]) -> list[int]:
    for value in (False, True):
        for part in _parts(boot for boot, (_, linked) in links.items() if linked is value):
            # A boot that was ended meanwhile stays without a link.
            which = Boot.id.in_(part), *([Boot.status == "accepted"] if value else [])
            session.execute(update(Boot).where(*which).values(linked=value), execution_options=PLAIN)
    wanted: list[int] = []
    for part in _parts(machine for machine, linked in links.values() if linked):
        wanted += session.execute(
            select(Run.machine_id).where(Run.state == "running", Run.machine_id.in_(part))
        ).scalars()
    return wanted


class ProgressBuffer:
    """Keeps only the newest of each; a lost one does no harm."""

    def __init__(self, core: Core) -> None:
        """``start()`` begins flushing."""
        self._core = core
        self._lock = threading.Lock()
        self._writing = threading.Lock()  # one at a time: what was taken first is written first
        self._progress: dict[str, tuple[int, dict[str, Any]]] = {}
        self._heard: dict[int, int] = {}
        self._links: dict[int, tuple[int, bool]] = {}
        self.wake: Callable[[int], None] = lambda _: None  # for machines whose run waits for them, once they are linked
        self._stop, self._soon = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is left, and end."""
        self._stop.set()
        self._soon.set()
        self._thread.join(10)

    def progress(self, machine_id: int, body: dict[str, Any]) -> None:
        """A job's newest progress."""
        with self._lock:
            self._progress[str(body.get("job_id"))] = (machine_id, body)

    def heard(self, boot_id: int, machine_id: int) -> None:
        """A machine said something."""
        with self._lock:
            self._heard[boot_id] = machine_id

    def linked(self, boot_id: int, machine_id: int, linked: bool) -> None:
        """A link was opened, or is over. Thousands may come back at once: each would be a transaction of its own."""
        with self._lock:
            self._links[boot_id] = (machine_id, linked)
        self._soon.set()

    def forget(self, job_id: str) -> None:
        """The job has ended: its pending progress must not come after its result."""
        with self._lock:
            self._progress.pop(job_id, None)

    def flush(self) -> None:
        """Write what was collected: also what another thread is writing just now is written when this returns."""
        with self._writing:
            wanted = self._flush()
        for machine_id in wanted:
            self.wake(machine_id)

    def _flush(self) -> list[int]:
        """Take what was collected and write it. Returns the machines to wake."""
        with self._lock:
            progress, self._progress = self._progress, {}
            heard, self._heard = self._heard, {}
            links, self._links = self._links, {}
        if not progress and not heard and not links:
            return []
        try:
            return self._write(progress, heard, links)
        except SQLAlchemyError:
            with self._lock:
                self._links = links | self._links  # who is linked is never lost; what is newer counts
            raise

    def _write(
        self,
        progress: dict[str, tuple[int, dict[str, Any]]],
        heard: dict[int, int],
        links: dict[int, tuple[int, bool]],
    ) -> list[int]:
        """All of it. Returns the machines that are linked now and have a run that may wait for it."""
        now = utcnow()
        with self._core.database.write() as session:
            # Thousands of agents say every few seconds that they are there: no row is read for that.
            for part in _parts(heard):
                session.execute(
                    update(Boot).where(Boot.id.in_(part)).values(last_heard_at=now), execution_options=PLAIN
                )
            for part in _parts(heard.values()):
                machines = update(Machine).where(Machine.id.in_(part)).values(last_heard_at=now)
                session.execute(machines, execution_options=PLAIN)
            for machine_id, body in progress.values():
                self._hear(session, machine_id, body)
            return _mark(session, links)

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
            if self._soon.wait(FLUSH_SECONDS):
                self._stop.wait(GATHER_SECONDS)
                self._soon.clear()
            ending = self._stop.is_set()
            try:
                self.flush()
            except SQLAlchemyError:
                logger.exception("progress could not be written; the next one will be")
