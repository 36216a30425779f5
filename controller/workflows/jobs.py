"""Jobs on the machines: planned in a transaction, started by Ansible, heard of through the agent's link."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from controller.bus import publish_after_commit
from controller.database import utcnow
from controller.i18n import N_
from controller.settings import Settings
from controller.workflows.context import InTransaction, boot_in
from controller.workflows.outcome import Outcome, again, done, failed, wait
from controller.workflows.steplog import Line
from controller.workflows.tables import Job, RunStep

ENDED = ("succeeded", "failed", "lost")
REPLACED = "replaced"  # it succeeded, and a person wants it done once more
# A machine that was restarted loses its jobs; how often a step starts over by itself before a person looks.
MAX_RESTARTS = 3


def plan_job(tx: InTransaction, kind: str, key: str, label: str, total: int, drive_id: int | None) -> tuple[Job, bool]:
    """The job to run for ``key`` (unique in the step): the one under way, or a new one where the last is lost.

    The second part tells whether it is new: a step that is prepared again plans nothing twice.
    """
    earlier = (
        tx.session.execute(select(Job).where(Job.step_id == tx.step.id, Job.id.like(f"r{tx.run.id}-{kind}-{key}-%")))
        .scalars()
        .all()
    )
    usable = next((job for job in earlier if job.state not in ("failed", "lost", REPLACED)), None)
    if usable is not None:
        return usable, False
    boot = boot_in(tx.session, tx.machine.id, "live")
    now = utcnow()
    job = Job(
        id=f"r{tx.run.id}-{kind}-{key}-{len(earlier) + 1}",
        step_id=tx.step.id,
        machine_id=tx.machine.id,
        boot_id=boot.id if boot else None,
        drive_id=drive_id,
        kind=kind,
        label=label[:160],
        total=total,
        created_at=now,
        heard_at=now,
    )
    tx.session.add(job)
    tx.session.flush()
    return job, True


def replace_jobs(session: Session, step_id: int) -> None:
    """A person wants the step's work done anew, although it succeeded."""
    session.execute(update(Job).where(Job.step_id == step_id, Job.state == "succeeded").values(state=REPLACED))


def current_jobs(session: Session, step_id: int) -> list[Job]:
    """The newest job for each thing that the step works on."""
    jobs = session.execute(select(Job).where(Job.step_id == step_id).order_by(Job.created_at, Job.id)).scalars()
    return list({job.id.rsplit("-", 1)[0]: job for job in jobs}.values())


def job_attempts(session: Session, step_id: int) -> int:
    """How often the most tried of the step's jobs was started."""
    ids = session.execute(select(Job.id).where(Job.step_id == step_id)).scalars()
    return max((int(i.rsplit("-", 1)[1]) for i in ids), default=0)


def poll_jobs(tx: InTransaction, *, patience: float = 0.0) -> Outcome:
    """``wait`` while a job is at work, ``done`` when all have ended, whatever they came to.

    A job whose machine was restarted, or whose unit died, is ``lost``: the step starts over, at most three
    times. A machine that says nothing for too long is held. ``patience``: for how many seconds more than the setting
    says a job may come no further, where one of its parts takes that long.
    """
    jobs = current_jobs(tx.session, tx.step.id)
    sum_progress(tx.step, jobs)
    boot = boot_in(tx.session, tx.machine.id, "live")
    for job in jobs:
        if job.state not in ENDED and boot is not None and job.boot_id is not None and boot.id != job.boot_id:
            job.state, job.ended_at = "lost", utcnow()
            job.error = N_("the machine was restarted while it was at work")
    if any(job.state not in ENDED for job in jobs):
        return _silence(tx, jobs, patience)
    if any(job.state == "lost" for job in jobs):
        if job_attempts(tx.session, tx.step.id) < MAX_RESTARTS:
            return again()
        return failed(
            N_("The work on {machine} was cut off {n} times: look at its power and its drives, then try again."),
            machine=tx.machine.name,
            n=MAX_RESTARTS,
        )
    return done()


def _silence(tx: InTransaction, jobs: Sequence[Job], patience: float) -> Outcome:
    heard = max([job.heard_at for job in jobs] + ([tx.machine.last_heard_at] if tx.machine.last_heard_at else []))
    silent = (utcnow() - heard).total_seconds()
    if silent > tx.core.settings.job_silence_seconds:
        return failed(
            N_(
                "{machine} has said nothing for {minutes} min: look at its power and cable. "
                "When it is back on the board, press Try again."
            ),
            machine=tx.machine.name,
            minutes=int(silent // 60),
        )
    stalled = [j for j in jobs if j.state not in ENDED and _stalled(j, tx.core.settings, patience)]
    if stalled and patience:
        return failed(
            N_(
                "The tests of {machine} have not moved for {minutes} min: restart it and try again, or carry on anyway."
            ),
            machine=tx.machine.name,
            minutes=int((tx.core.settings.job_silence_seconds + patience) // 60),
        )
    if stalled:
        return failed(
            N_("The work on {what} in {machine} has not moved for {minutes} min: the drive may be dying."),
            machine=tx.machine.name,
            what=stalled[0].label,
            minutes=int(tx.core.settings.job_silence_seconds // 60),
        )
    return wait()


def _stalled(job: Job, settings: Settings, patience: float) -> bool:
    return utcnow() - job.heard_at > dt.timedelta(seconds=settings.job_silence_seconds + patience)


def sum_progress(step: RunStep, jobs: Sequence[Job]) -> None:
    """The step's bar from its jobs' bars; the slowest job's time left."""
    step.done, step.total = sum(j.done for j in jobs), sum(j.total for j in jobs)
    step.unit = jobs[0].unit if jobs else ""
    etas = [j.eta_seconds for j in jobs if j.state not in ENDED and j.eta_seconds is not None]
    step.eta_seconds = max(etas) if etas else None


def hear_progress(session: Session, machine_id: int, body: dict[str, Any]) -> None:
    """Keep a job's newest progress; news of an unknown or ended job is dropped."""
    job = session.get(Job, str(body.get("job_id", "")))
    if job is None or job.machine_id != machine_id or job.state in ENDED:
        return
    now = utcnow()
    if _count(body.get("done")) != job.done or str(body.get("phase") or "") != job.phase:
        job.heard_at = now
    job.state = "running"
    job.phase = str(body.get("phase") or "")[:24]
    job.done, job.total = _count(body.get("done")), _count(body.get("total"))
    job.unit = str(body.get("unit") or "bytes")[:8]
    job.rate_per_second, job.eta_seconds = _number(body.get("rate_per_second")), _number(body.get("eta_seconds"))
    job.message = str(body.get("message") or "")[:500]
    step = session.get_one(RunStep, job.step_id)
    sum_progress(step, current_jobs(session, step.id))
    publish_after_commit(session, f"machine:{machine_id}")


def hear_result(session: Session, machine_id: int, body: dict[str, Any]) -> Job | None:
    """Keep a job's result, once. Returns the job when this changed it."""
    job = session.get(Job, str(body.get("job_id", "")))
    if job is None or job.machine_id != machine_id or job.state in ENDED:
        return None
    state = body.get("state")
    job.state = state if state in ENDED else "failed"
    job.ended_at = job.heard_at = utcnow()
    job.error = str(body.get("error") or "")[:4000]
    result = body.get("result")
    job.result = result if isinstance(result, dict) else {}
    if job.state == "succeeded":
        job.done = job.total
    job.eta_seconds = None
    step = session.get_one(RunStep, job.step_id)
    sum_progress(step, current_jobs(session, step.id))
    publish_after_commit(session, f"machine:{machine_id}")
    return job


def hear_log(session: Session, machine_id: int, body: dict[str, Any]) -> list[Line]:
    """What a piece of a job's log adds to what has arrived; a piece sent twice adds nothing."""
    job = session.get(Job, str(body.get("job_id", "")))
    if job is None or job.machine_id != machine_id:
        return []
    data, offset = str(body.get("text") or "").encode(), _count(body.get("offset"))
    fresh = data[max(0, job.log_bytes - offset) :]
    job.log_bytes = max(job.log_bytes, offset + len(data))
    lines = fresh.decode(errors="replace").splitlines()
    return [Line(step_id=job.step_id, source=job.id, text=line) for line in lines if line.strip()]


def _count(value: Any) -> int:
    """A number of bytes or tasks as an agent says it, at least 0 and never more than a column holds."""
    return min(max(0, int(value or 0)), 2**63 - 1)


def _number(value: Any) -> float | None:
    return float(value) if value is not None else None
