"""What many machines are doing right now: their newest runs and current steps, in two queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from controller.web.views.progress import Progress
from controller.workflows.steps_list import RECONDITION
from controller.workflows.tables import Run, RunStep

STEP_LABELS = {step.name: step.label for step in RECONDITION}
OPEN_RUNS = ("queued", "running", "waiting")


@dataclass(frozen=True, kw_only=True)
class StepNow:
    """The step a run is at."""

    name: str
    state: str  # running, waiting, failed
    position: int
    count: int  # steps of the run
    progress: Progress
    message: str = ""  # what it waits for (message id)

    @property
    def label(self) -> str:
        """What it is called (message id)."""
        return STEP_LABELS.get(self.name, self.name)


@dataclass(frozen=True, kw_only=True)
class RunNow:
    """The newest run of a machine."""

    id: int
    machine_id: int
    state: str
    step: StepNow | None

    @property
    def is_open(self) -> bool:
        """Whether it isn't over."""
        return self.state in OPEN_RUNS


def runs_now(session: Session, machine_ids: Sequence[int]) -> dict[int, RunNow]:
    """Machine id → its newest run."""
    if not machine_ids:
        return {}
    newest = select(func.max(Run.id)).where(Run.machine_id.in_(machine_ids)).group_by(Run.machine_id)
    runs = session.execute(select(Run.id, Run.machine_id, Run.state).where(Run.id.in_(newest))).all()
    steps = _current_steps(session, [run.id for run in runs])
    return {
        run.machine_id: RunNow(id=run.id, machine_id=run.machine_id, state=run.state, step=steps.get(run.id))
        for run in runs
    }


def _current_steps(session: Session, run_ids: Sequence[int]) -> dict[int, StepNow]:
    rows = session.execute(
        select(
            RunStep.run_id,
            RunStep.name,
            RunStep.state,
            RunStep.position,
            RunStep.done,
            RunStep.total,
            RunStep.unit,
            RunStep.eta_seconds,
            RunStep.message,
        )
        .where(RunStep.run_id.in_(run_ids), RunStep.state.in_(["running", "waiting", "failed"]))
        .order_by(RunStep.position.desc())
    )
    return {  # the earliest one wins
        row.run_id: StepNow(
            name=row.name,
            state=row.state,
            position=row.position,
            count=len(RECONDITION),
            progress=Progress(done=row.done, total=row.total, unit=row.unit, eta_seconds=row.eta_seconds),
            message=row.message,
        )
        for row in rows
    }
