"""``recyclerie-agent job DIR``: runs one job to its result, whatever happens on the way.

The work is done by a thread; this one waits, notices SIGTERM and a drive that hangs, and always writes a result.
A folder that has a result is never run again.
"""

from __future__ import annotations

import fcntl
import importlib
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

from agent.clock import now_text
from agent.config import Config
from agent.errors import AgentError
from agent.jobs.folder import JobFolder
from agent.jobs.job import Job
from agent.jobs.progress import Progress

log = logging.getLogger("agent.job")

STALL_SECONDS = 300.0  # no byte moved for so long: the drive hangs (the kernel's own retries end before)
# Kind of a spec → where its job is.
KINDS = {
    "erase": "agent.jobs.erase:EraseJob",
    "install": "agent.jobs.install:InstallJob",
    "recheck": "agent.jobs.recheck:RecheckJob",
    "test": "agent.jobs.hardware_test:HardwareTestJob",
}
STOP_SECONDS = 8.0  # after SIGTERM, how long the work may take to end by itself


class Work(threading.Thread):
    """The thread that does the job. A daemon: a write stuck in the kernel must not keep the process."""

    def __init__(self, job: Job) -> None:
        super().__init__(name="job", daemon=True)
        self.job = job
        self.failure = ""

    def run(self) -> None:
        try:
            self.job.run()
        except AgentError as problem:
            self.failure = str(problem)
        except Exception as problem:  # a fault of ours: said, with its place, in the log
            log.exception("the job failed")
            self.failure = (
                f"A fault of the agent ended the job: {type(problem).__name__}: {problem}. "
                "Start the step again; the job's log has the details."
            )


def run_job(path: Path, config: Config | None) -> int:
    """Run a job folder; 0 when it succeeded (now or before), 1 when it failed, 3 when it runs already."""
    folder = JobFolder(path.resolve())
    with (folder.path / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print(f"recyclerie-agent: job {folder.job_id} is running already", file=sys.stderr)
            return 3
        done = folder.result()
        if done is not None:
            return 0 if done.get("state") == "succeeded" else 1
        return _run(folder, config)


def _run(folder: JobFolder, config: Config | None) -> int:
    _log_to(folder.log_path)
    started_at = now_text()
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the form of handlers
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, on_signal)
    spec: dict[str, Any] = {}
    try:
        spec = folder.spec()
        progress = Progress(folder, str(spec.get("kind", "")), started_at)
        job = make_job(spec, config, progress, stop, folder)
    except AgentError as problem:
        return _finish(folder, spec, started_at, {}, str(problem))
    work = Work(job)
    work.start()
    hung = wait_for(work, progress, stop, _hang_seconds(config))
    if hung:
        job.abandon("stopped" if stop.is_set() else "stalled", hung)
    # What was stopped at its very end may still be whole: the evidence decides.
    failure = hung or work.failure or job.error()
    if failure and not hung and stop.is_set():
        failure = f"The job was stopped from outside (SIGTERM). {failure}"
    progress.finish()
    return _finish(folder, spec, started_at, dict(job.result()), failure)


def make_job(
    spec: dict[str, Any], config: Config | None, progress: Progress, stop: threading.Event, folder: JobFolder
) -> Job:
    """The job that a spec describes. Raises AgentError for a kind that this agent doesn't know."""
    place = KINDS.get(str(spec.get("kind")))
    if place is None:
        raise AgentError(f"This agent knows no job of kind {spec.get('kind')!r}.", hint="Boot a newer live image.")
    module, _, name = place.partition(":")
    # Only what the job needs is loaded: an erase has nothing to do with unpacking images.
    kind: type[Job] = getattr(importlib.import_module(module), name)
    return kind(spec, config, progress, stop.is_set, folder.path)


def _hang_seconds(config: Config | None) -> float:
    """How long a drive may stand still. The rig of the tests has less patience."""
    rig = (config.rig if config else None) or {}
    return float(rig.get("hang_seconds", STALL_SECONDS))


def wait_for(work: Work, progress: Progress, stop: threading.Event, hang_seconds: float = STALL_SECONDS) -> str:
    """Wait for the end of the work; why it is not waited for any longer, or "" when it ended by itself."""
    stopped_at: float | None = None
    while work.is_alive():
        work.join(0.5)
        now = time.monotonic()
        if stop.is_set():
            stopped_at = stopped_at or now
            if now - stopped_at > STOP_SECONDS:
                return "The job was stopped from outside (SIGTERM) before its end. Start the step again."
        elif progress.watched and now - progress.moved_at > hang_seconds:
            return (
                f"The drive has not moved a byte for {hang_seconds:.0f} s: it hangs. "
                "Switch the machine off, take the drive out and destroy it."
            )
    return ""


def _finish(folder: JobFolder, spec: dict[str, Any], started_at: str, result: dict[str, Any], failure: str) -> int:
    if failure:
        log.error("%s", failure)
    else:
        log.info("done")
    folder.write_result(
        {
            "job_id": folder.job_id,
            "kind": str(spec.get("kind", "")),
            "state": "failed" if failure else "succeeded",
            "started_at": started_at,
            "ended_at": now_text(),
            "error": failure,
            "result": result,
        }
    )
    logging.shutdown()
    sys.stdout.flush()
    if threading.active_count() > 1 and any(isinstance(t, Work) for t in threading.enumerate()):
        os._exit(1)  # the work is stuck in the kernel: nothing can be waited for any more
    return 1 if failure else 0


def _log_to(path: Path) -> None:
    handler = logging.FileHandler(path, encoding="utf-8")
    formatter = logging.Formatter("%(asctime)s %(message)s", datefmt="%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)
