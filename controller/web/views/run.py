"""A run with its steps, jobs and checks, for the timeline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, lazyload

from controller.i18n import N_, heard, translate
from controller.web.views.people import Actors
from controller.web.views.progress import Progress
from controller.web.views.words import NOTHING, Words, counted, words
from controller.workflows.steps_list import RECONDITION
from controller.workflows.tables import Job, Run, RunStep, StepLog

INFO = {step.name: step for step in RECONDITION}
RUN_STATES = {
    "queued": N_("waits for its turn"),
    "running": N_("under way"),
    "waiting": N_("waits for a person"),
    "succeeded": N_("done"),
    "failed": N_("failed"),
    "cancelled": N_("cancelled"),
}
STEP_STATES = {
    "pending": ("quiet", N_("to come")),
    "running": ("busy", N_("under way")),
    "waiting": ("waiting", N_("waits for a person")),
    "succeeded": ("good", N_("done")),
    "failed": ("alert", N_("failed")),
    "skipped": ("quiet", N_("skipped")),
}
NOT_TESTED = {
    "off": words(N_("The tests are switched off in the settings.")),
    "old": words(N_("Its live system is too old for the tests: restart it from the network to have it tested.")),
}
PHASES = {
    "check": N_("checking"),
    "prepare": N_("preparing the drive"),
    "firmware": N_("the drive erases itself"),
    "write": N_("writing"),
    "validate": N_("reading back"),
    "grow": N_("growing to the whole drive"),
    "personalise": N_("making it this machine's own"),
    "test": N_("testing"),
}


@dataclass(frozen=True, kw_only=True)
class JobView:
    """Work on one drive."""

    id: str
    label: str
    state: str
    phase: str  # message id
    progress: Progress
    error: str

    @property
    def at_work(self) -> bool:
        """Whether it isn't over."""
        return self.state in ("starting", "running")


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was tried on the installed system."""

    title: str  # both as the machine said them
    detail: str
    ok: bool
    mandatory: bool


@dataclass(frozen=True, kw_only=True)
class StepView:
    """One step of the timeline."""

    id: int
    name: str
    label: str  # message id
    meaning: str  # message id
    state: str
    state_label: str  # message id
    tone: str
    attempt: int
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    progress: Progress
    message: str  # what it waits for (message id)
    note: Words = NOTHING  # what it came to, where that says more than "done"
    error: Words
    jobs: tuple[JobView, ...]
    checks: tuple[Check, ...]
    has_log: bool

    @property
    def seconds(self) -> float | None:
        """How long it took, once it is over."""
        return (self.ended_at - self.started_at).total_seconds() if self.started_at and self.ended_at else None


@dataclass(frozen=True, kw_only=True)
class RunView:
    """One run."""

    id: int
    state: str
    state_label: str  # message id
    profile: str
    started_by: str
    created_at: dt.datetime
    ended_at: dt.datetime | None
    error: Words
    steps: tuple[StepView, ...]

    @property
    def is_open(self) -> bool:
        """Whether it isn't over."""
        return self.state in ("queued", "running", "waiting")

    @property
    def current(self) -> StepView | None:
        """The step it is at, or stopped at."""
        return next((s for s in self.steps if s.state in ("running", "waiting", "failed")), None)


def run_view(session: Session, run: Run, actors: Actors) -> RunView:
    """The run with everything that its timeline shows; four queries."""
    steps = (
        session.execute(
            select(RunStep).options(lazyload(RunStep.run)).where(RunStep.run_id == run.id).order_by(RunStep.position)
        )
        .scalars()
        .all()
    )
    ids = [step.id for step in steps]
    jobs = _jobs(session, ids)
    logged = set(session.execute(select(StepLog.step_id).where(StepLog.step_id.in_(ids)).distinct()).scalars())
    return RunView(
        id=run.id,
        state=run.state,
        state_label=RUN_STATES.get(run.state, run.state),
        profile=run.profile,
        started_by=actors.name(run.started_by),
        created_at=run.created_at,
        ended_at=run.ended_at,
        error=Words(id=run.error, params=run.error_params or {}),
        steps=tuple(_step(step, jobs.get(step.id, ()), step.id in logged, actors) for step in steps),
    )


def _note(step: RunStep, actors: Actors) -> Words:
    result = step.result or {}
    if step.name == "recheck" and result.get("drawn") == 0:
        return words(N_("no drive was drawn"))
    if step.name != "test":
        return NOTHING
    if result.get("skipped") == "person":
        return words(N_("{name} carried on anyway."), name=actors.name(str(result.get("by"))))
    if result.get("bad"):
        return counted(N_("{n} test failed: see Tests."), N_("{n} tests failed: see Tests."), int(result["bad"]))
    return NOT_TESTED.get(str(result.get("skipped")), NOTHING)


def _step(step: RunStep, jobs: Sequence[Job], has_log: bool, actors: Actors) -> StepView:
    info = INFO.get(step.name)
    tone, label = STEP_STATES.get(step.state, ("quiet", step.state))
    return StepView(
        id=step.id,
        name=step.name,
        label=info.label if info else step.name,
        meaning=info.meaning if info else "",
        state=step.state,
        state_label=label,
        tone=tone,
        attempt=step.attempt,
        started_at=step.started_at,
        ended_at=step.ended_at,
        progress=Progress(done=step.done, total=step.total, unit=step.unit, eta_seconds=step.eta_seconds),
        message=step.message if step.state == "running" else "",
        note=_note(step, actors) if step.state in ("succeeded", "skipped") else NOTHING,
        error=Words(id=step.error, params=step.error_params or {}),
        jobs=tuple(_job(job) for job in jobs),
        checks=_checks(step.result or {}),
        has_log=has_log or step.state == "running",
    )


def _jobs(session: Session, step_ids: Sequence[int]) -> dict[int, list[Job]]:
    """Step id → its jobs, only the newest of those that work on the same thing (see workflows.jobs)."""
    rows = session.execute(select(Job).where(Job.step_id.in_(step_ids)).order_by(Job.created_at, Job.id)).scalars()
    newest = {(job.step_id, job.id.rsplit("-", 1)[0]): job for job in rows}
    found: dict[int, list[Job]] = {}
    for job in newest.values():
        found.setdefault(job.step_id, []).append(job)
    return found


def _job(job: Job) -> JobView:
    return JobView(
        id=job.id,
        label=job.label,
        state=job.state,
        phase=PHASES.get(job.phase, job.phase),
        progress=Progress(
            done=job.done,
            total=job.total,
            unit=job.unit,
            eta_seconds=job.eta_seconds,
            rate_per_second=job.rate_per_second,
        ),
        error=heard(translate(job.error)),
    )


def _checks(result: dict[str, Any]) -> tuple[Check, ...]:
    checks = result.get("checks")
    if not isinstance(checks, list):
        return ()
    found = [
        Check(
            title=str(c.get("title") or c.get("name")),
            detail=str(c.get("detail") or ""),
            ok=bool(c.get("ok")),
            mandatory=bool(c.get("mandatory")),
        )
        for c in checks
        if isinstance(c, dict)
    ]
    # What failed is read first.
    return tuple(sorted(found, key=lambda c: c.ok))


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """One line of a step's log."""

    id: int
    at: dt.datetime
    level: str
    source: str
    text: str


def step_log(session: Session, step_id: int, after: int, limit: int) -> tuple[LogLine, ...]:
    """The lines after ``after``; from the beginning (0), only the newest ``limit`` of them."""
    query = select(StepLog).where(StepLog.step_id == step_id, StepLog.id > after)
    if after:
        rows = list(session.execute(query.order_by(StepLog.id).limit(limit)).scalars())
    else:
        rows = list(session.execute(query.order_by(StepLog.id.desc()).limit(limit)).scalars())[::-1]
    return tuple(LogLine(id=r.id, at=r.at, level=r.level, source=r.source, text=r.text) for r in rows)


def count_lines(session: Session, step_id: int) -> int:
    """How many lines a step's log holds."""
    query = select(func.count()).select_from(StepLog).where(StepLog.step_id == step_id)
    return session.execute(query).scalar_one()
