"""Watches the job folders: streams progress and log, reports results, and jobs that died without one."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from typing import Any

from agent.clock import now_text
from agent.files import read_json, write_json
from agent.glance import Glance
from agent.jobs.folder import JobFolder, job_folders
from agent.link.outbox import Outbox
from agent.protocol import JOB_LOG, JOB_RESULT
from agent.tools import run

log = logging.getLogger("agent.jobs")

BUSY_SECONDS = 0.5  # between two looks while a job runs
IDLE_SECONDS = 2.0
UNIT_CHECK_SECONDS = 5.0  # between two questions to systemd about one job
GRACE_SECONDS = 30.0  # from the spec to the start of its unit
LOG_CHUNK_BYTES = 32 * 1024
LOG_LIMIT_BYTES = 2**20  # of one job; a log that grows without end must not fill the controller


class Watched:
    """What the watcher knows of one job between two looks; what must survive a restart is on disk."""

    def __init__(self, folder: JobFolder) -> None:
        self.folder = folder
        self.state_path = folder.path / "reported.json"
        state = read_json(self.state_path) or {}
        self.log_offset = int(state.get("log_offset", 0))
        self.finished = bool(state.get("finished", False))
        self.progress_stamp = 0
        self.unit_checked = time.monotonic()

    def save(self) -> None:
        write_json(self.state_path, {"log_offset": self.log_offset, "finished": self.finished})


class Watcher:
    """Looks at all jobs again and again; everything it has to say goes to the outbox."""

    def __init__(self, jobs_dir: Path, outbox: Outbox) -> None:
        self.jobs_dir = jobs_dir
        self.outbox = outbox
        self.jobs: dict[str, Watched] = {}
        self._glance = Glance()
        self._waiting: list[Path] = []  # folders whose job is not over, or that have no spec yet

    def running(self) -> list[str]:
        """Ids of jobs that have no result yet."""
        return [job_id for job_id, watched in self.jobs.items() if not watched.finished]

    async def watch(self) -> None:
        """For ever."""
        while True:
            busy = False
            if self._waiting or self._glance.changed([self.jobs_dir]):
                busy = await self._look_at_all()
            await asyncio.sleep(BUSY_SECONDS if busy else IDLE_SECONDS)

    async def _look_at_all(self) -> bool:
        busy = False
        for folder in job_folders(self.jobs_dir):
            try:
                busy |= await self.look(folder)
            except OSError as problem:
                log.warning("job %s can't be read: %s", folder.job_id, problem)
        known = self.jobs
        paths = ((folder.job_id, folder.path) for folder in job_folders(self.jobs_dir))
        self._waiting = [path for name, path in paths if name not in known or not known[name].finished]
        return busy

    async def look(self, folder: JobFolder) -> bool:
        """One look at one job; True while it runs."""
        watched = self.jobs.get(folder.job_id)
        if watched is None:
            if not folder.has_spec():
                return False
            watched = self.jobs[folder.job_id] = Watched(folder)
        if watched.finished:
            return False
        result = folder.result()
        if result is None and await self._is_dead(watched):
            # It may have ended between the two questions.
            result = folder.result() or self._declare_lost(folder)
        self._report_progress(watched)
        self._report_log(watched, to_the_end=result is not None)
        if result is None:
            return True
        self.outbox.keep(JOB_RESULT, result, message_id=f"{folder.job_id}:result")
        watched.finished = True
        watched.save()
        log.info("job %s ended: %s", folder.job_id, result.get("state"))
        return False

    def _report_progress(self, watched: Watched) -> None:
        try:
            stamp = watched.folder.progress_path.stat().st_mtime_ns
        except OSError:
            return
        if stamp == watched.progress_stamp:
            return
        progress = watched.folder.progress()
        if progress is not None:
            watched.progress_stamp = stamp
            self.outbox.progress(watched.folder.job_id, progress)

    def _report_log(self, watched: Watched, *, to_the_end: bool) -> None:
        try:
            with watched.folder.log_path.open("rb") as stream:
                stream.seek(watched.log_offset)
                # A full spool drops nothing: the log waits where it is, and goes on once there is room. Not longer
                # than the job: what is left of it then is short, and the result must not come before it.
                while watched.log_offset < LOG_LIMIT_BYTES and (to_the_end or not self.outbox.spool.full):
                    chunk = whole_lines(stream.read(LOG_CHUNK_BYTES), to_the_end=to_the_end)
                    if not chunk:
                        return
                    self._keep_log(watched, chunk)
                    stream.seek(watched.log_offset)
        except OSError:
            return

    def _keep_log(self, watched: Watched, chunk: bytes) -> None:
        start, end = watched.log_offset, watched.log_offset + len(chunk)
        job_id = watched.folder.job_id
        body = {"job_id": job_id, "offset": start, "text": chunk.decode("utf-8", "replace")}
        # Both ends are in the id: the same bytes have the same id, other bytes another.
        self.outbox.keep(JOB_LOG, body, message_id=f"{job_id}:log:{start}-{end}")
        watched.log_offset = end
        watched.save()

    async def _is_dead(self, watched: Watched) -> bool:
        now = time.monotonic()
        if now - watched.unit_checked < UNIT_CHECK_SECONDS:
            return False
        watched.unit_checked = now
        folder = watched.folder
        started = folder.progress_path.exists()
        try:
            waiting = time.time() - (folder.path / "spec.json").stat().st_mtime < GRACE_SECONDS
        except OSError:
            return False
        if not started and waiting:
            return False
        answer = await asyncio.to_thread(run, ["systemctl", "is-active", folder.unit], seconds=10)
        # Only a clear answer counts: a systemctl that is missing or can't reach systemd says nothing.
        return answer.out.strip() in ("inactive", "failed", "unknown")

    def _declare_lost(self, folder: JobFolder) -> dict[str, Any]:
        spec = read_json(folder.path / "spec.json") or {}
        result = {
            "job_id": folder.job_id,
            "kind": str(spec.get("kind", "erase")),
            "state": "lost",
            "started_at": str((folder.progress() or {}).get("started_at", "")),
            "ended_at": now_text(),
            "error": f"The job {folder.job_id} ended without a result: its process died or was killed. "
            "Look at its log, then start the step again.",
            "result": {"outcome": "unknown", "evidence": {}} if spec.get("kind") == "erase" else {},
        }
        folder.write_result(result)
        return folder.result() or result


def whole_lines(data: bytes, *, to_the_end: bool) -> bytes:
    """The part of ``data`` that can be sent: up to the last line's end, unless nothing more will come."""
    if to_the_end or (len(data) >= LOG_CHUNK_BYTES and b"\n" not in data):
        return data
    return data[: data.rfind(b"\n") + 1]
