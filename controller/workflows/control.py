"""Starting runs, and what a person does to one: try again, cancel, start over."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.core import Core
from controller.database import utcnow
from controller.erasure.authorise import revoke
from controller.errors import Conflict
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.announce import current_boot, wired_macs
from controller.machines.lifecycle import STATES, State
from controller.machines.moves import hold, is_over, move, release, without_free_text
from controller.machines.registry import get_machine
from controller.machines.tables import Machine
from controller.netboot.bootmode import set_boot_mode
from controller.workflows.engine import Engine
from controller.workflows.jobs import replace_jobs
from controller.workflows.late import hold_late
from controller.workflows.recondition import recondition
from controller.workflows.steps_list import RECONDITION
from controller.workflows.tables import Run, RunStep
from controller.workflows.transitions import end_cancelled, fail_broken

BROKEN = N_("Something unexpected happened in the controller: press Try again, and report it. {detail}")
RECORDS_DAYS = 7  # how long the engine's records of an ended workflow are kept, for whoever looks into a fault
TEST = "test"  # the step that a person may pass over
UNDER_WAY = ("queued", "running", "waiting")
# States in which a run moves the machine on.
DRIVEN = (State.PLUGGED, State.INSPECTED, State.ERASING, State.ERASED, State.INSTALLING, State.INSTALLED)
logger = logging.getLogger(__name__)


def active_run(session: Session, machine_id: int) -> Run | None:
    """The machine's run that isn't over."""
    return session.execute(
        select(Run).where(Run.machine_id == machine_id, Run.state.in_(UNDER_WAY)).order_by(Run.id.desc()).limit(1)
    ).scalar_one_or_none()


def last_run(session: Session, machine_id: int) -> Run | None:
    """The machine's newest run."""
    return session.execute(
        select(Run).where(Run.machine_id == machine_id).order_by(Run.id.desc()).limit(1)
    ).scalar_one_or_none()


class Control:
    """Runs of one site. Every method may be called from any thread but the event loop's."""

    def __init__(self, core: Core, engine: Engine) -> None:
        """Use ``engine`` for what ``core`` decides."""
        self._core, self._engine = core, engine

    def ensure_run(self, machine_id: int) -> int | None:
        """Start a run for an accepted machine that is plugged and has none under way. Returns its id."""
        with self._core.database.write() as session:
            machine = get_machine(session, machine_id)
            if machine.accepted_at is None or machine.state is not State.PLUGGED or active_run(session, machine_id):
                return None
            run = self._new_run(session, machine, "controller")
        self._enqueue(run)
        return run.id

    def _new_run(self, session: Session, machine: Machine, actor: str) -> Run:
        profile = machine.profile or (machine.lot.profile if machine.lot else self._core.settings.default_profile)
        run = Run(
            machine_id=machine.id,
            workflow="recondition",
            generation=1,
            profile=profile,
            state="queued",
            started_by=actor,
            created_at=utcnow(),
            error_params={},
        )
        session.add(run)
        session.flush()
        for position, step in enumerate(RECONDITION):
            session.add(
                RunStep(run_id=run.id, name=step.name, position=position, state="pending", attempt=0, error_params={})
            )
        append(
            session,
            Kind.RUN_STARTED,
            machine.subject,
            {"run": run.id, "profile": profile},
            actor=actor,
            site=machine.site,
        )
        session.flush()
        return run

    def _enqueue(self, run: Run) -> None:
        self._engine.enqueue(run.workflow_id, run.machine_id, recondition, run.id, run.generation)

    def go_on(self, machine_id: int) -> None:
        """A person acted (authorised, released, tied): the machine's run goes on, or a new one starts."""
        with self._core.database.write() as session:
            machine = get_machine(session, machine_id)
            run = active_run(session, machine_id)
            if machine.state is State.HELD or (run is not None and run.state != "waiting"):
                return
            if run is None:
                newest = last_run(session, machine_id)
                run = newest if newest is not None and newest.state == "failed" and machine.state in DRIVEN else None
                if run is not None:
                    self._try_again(session, run)
            else:
                run.profile = machine.profile or (machine.lot.profile if machine.lot else run.profile)
                run.generation += 1
                run.state = "queued"
        if run is None:
            self.ensure_run(machine_id)
        else:
            self._enqueue(run)

    @staticmethod
    def _try_again(session: Session, run: Run) -> None:
        run.generation += 1
        run.state, run.error, run.error_params, run.ended_at = "queued", "", {}, None
        for step in session.execute(
            select(RunStep).where(RunStep.run_id == run.id, RunStep.state == "failed")
        ).scalars():
            _once_more(session, step)

    def retry(self, run_id: int, actor: str) -> None:
        """Try the failed step of a run again; the machine is released first.

        Raises:
            Conflict: the run has not failed, a newer one exists, or the machine has left.
        """
        with self._core.database.write() as session:
            run = session.get_one(Run, run_id)
            machine = get_machine(session, run.machine_id)
            newest = last_run(session, machine.id)
            if run.state != "failed" or newest is None or newest.id != run.id or is_over(machine):
                raise Conflict(N_("This run can't be tried again."), N_("Reload the page."))
            if machine.state is State.HELD:
                release(session, machine, actor)
            self._try_again(session, run)
        self._enqueue(run)

    def carry_on(self, run_id: int, actor: str) -> None:
        """Go on although the tests stopped the run: a person's word, which the ledger keeps.

        Raises:
            Conflict: the run did not stop at its tests, a newer one exists, or the machine has left.
        """
        with self._core.database.write() as session:
            run = session.get_one(Run, run_id)
            machine = get_machine(session, run.machine_id)
            newest = last_run(session, machine.id)
            step = _step(session, run.id, TEST)
            if step is None or newest is None or newest.id != run.id or is_over(machine) or not _stopped_at(run, step):
                raise Conflict(N_("Nothing keeps this run from going on."), N_("Reload the page."))
            body = {"run": run.id, "reason": step.error, "params": without_free_text(step.error_params)}
            append(session, Kind.TESTS_WAIVED, machine.subject, body, actor=actor, site=machine.site)
            if machine.state is State.HELD:
                release(session, machine, actor)
            step.state, step.error, step.error_params = "skipped", "", {}
            step.result = {**(step.result or {}), "skipped": "person", "by": actor}
            self._try_again(session, run)
        self._enqueue(run)

    def test_again(self, machine_id: int, actor: str) -> int:
        """Run the automatic tests once more, before anything was authorised. Returns the run's id.

        Raises:
            Conflict: no run of this machine stopped at its tests or waits for the authorisation.
        """
        with self._core.database.write() as session:
            machine = get_machine(session, machine_id)
            run = last_run(session, machine_id)
            step = _step(session, run.id, TEST) if run else None
            waits = run is not None and run.state == "waiting" and machine.state is State.INSPECTED
            if run is None or step is None or is_over(machine) or not (waits or _stopped_at(run, step)):
                raise Conflict(
                    N_("{machine} can't be tested now."),
                    N_("Before its erase is authorised it can; or start over from the beginning."),
                    machine=machine.name,
                )
            if machine.state is State.HELD:
                release(session, machine, actor)
            for later in _waiting(session, run.id):
                later.state = "pending"
            _once_more(session, step)
            self._try_again(session, run)
        self._enqueue(run)
        return run.id

    def cancel(self, run_id: int, actor: str) -> None:
        """Ask a run to stop. What already runs on the machine is not undone; the machine is held.

        Whatever comes next starts from the beginning, with a new authorisation.
        """
        with self._core.database.write() as session:
            run = session.get_one(Run, run_id)
            if run.state not in UNDER_WAY:
                raise Conflict(N_("This run is over already."), N_("Reload the page."))
            machine = get_machine(session, run.machine_id)
            run.cancel_requested = True
            if run.state == "waiting":
                end_cancelled(session, run, machine, actor)
            revoke(session, machine, actor, "cancelled")
            if not is_over(machine):
                hold(session, machine, N_("Its run was cancelled: start over, or recycle it."), actor)
                machine.held_return = State.PLUGGED.value
        self._engine.wake(run.workflow_id)

    def start_again(self, machine_id: int, actor: str) -> int:
        """Go over a machine again from the start: earlier authorisations are void. Returns the run's id.

        Raises:
            Conflict: a run is under way, nobody has accepted the machine, or it is promised to a household.
        """
        with self._core.database.write() as session:
            machine = get_machine(session, machine_id)
            _may_start(session, machine)
            revoke(session, machine, actor, "started over")
            if machine.state is State.HELD:
                machine.held_return = State.PLUGGED.value
                release(session, machine, actor)
            elif machine.state is not State.PLUGGED:
                move(session, machine, State.PLUGGED, actor)
            run = self._new_run(session, machine, actor)
            boot = current_boot(session, machine.id)
            if boot is not None:  # its own drive no longer comes first
                set_boot_mode(self._core.settings, wired_macs(boot), "live")
        self._enqueue(run)
        return run.id

    def wake(self, machine_id: int) -> None:
        """News of a machine came in: its waiting workflow looks at once."""
        with self._core.database.read() as session:
            run = active_run(session, machine_id)
        if run is not None and run.state == "running":
            self._engine.wake(run.workflow_id)

    def reconcile(self) -> None:
        """At start: a run written down but never enqueued (the controller was killed in between) is enqueued."""
        with self._core.database.read() as session:
            runs = session.execute(select(Run).where(Run.state.in_(["queued", "running"]))).scalars().all()
        for run in runs:
            if not self._engine.known(run.workflow_id):
                logger.warning("run %s had not been enqueued: enqueuing it now", run.id)
                self._enqueue(run)

    def sweep(self) -> None:
        """What should never be, and what takes too long: put right, or held. One fault never hides another."""
        for look in (self.reconcile, self._sweep_broken, self._sweep_left, self._sweep_late, self._forget_old):
            try:
                look()
            except Exception:  # the next look, and the next minute, must come
                logger.exception("%s failed; it is tried again in a minute", look.__name__)

    def _sweep_broken(self) -> None:
        """A run whose workflow ended in an error of ours is failed and its machine held: never silently stuck."""
        with self._core.database.read() as session:
            runs = session.execute(select(Run).where(Run.state.in_(["queued", "running"]))).scalars().all()
        for run in runs:
            detail = self._engine.broken(run.workflow_id)
            if detail:
                logger.error("run %s: its workflow ended: %s", run.id, detail)
                with self._core.database.write() as session:
                    fail_broken(session, session.get_one(Run, run.id), BROKEN, detail)

    def _sweep_left(self) -> None:
        """A run that waits for a person, whose machine has left the workshop, is over."""
        with self._core.database.write() as session:
            left = session.execute(
                select(Run, Machine)
                .join(Machine, Machine.id == Run.machine_id)
                .where(Run.state == "waiting", Machine.state_name.in_([s.value for s in STATES if STATES[s].final]))
            ).all()
            for run, machine in left:
                end_cancelled(session, run, machine, "controller")

    def _forget_old(self) -> None:
        """What became of a run is in our own tables; the engine's records are of no use once it is over."""
        self._engine.forget(utcnow() - dt.timedelta(days=RECORDS_DAYS))

    def _sweep_late(self) -> None:
        """Hold what waits for longer than it may."""
        hold_late(self._core)


def _step(session: Session, run_id: int, name: str) -> RunStep | None:
    return session.execute(select(RunStep).where(RunStep.run_id == run_id, RunStep.name == name)).scalar_one_or_none()


def _waiting(session: Session, run_id: int) -> Sequence[RunStep]:
    return session.execute(select(RunStep).where(RunStep.run_id == run_id, RunStep.state == "waiting")).scalars().all()


def _stopped_at(run: Run, step: RunStep) -> bool:
    """Whether the run failed at this step."""
    return run.state == "failed" and step.state == "failed"


def _once_more(session: Session, step: RunStep) -> None:
    step.state, step.started_at, step.ended_at = "pending", None, None
    if step.name == TEST:  # whoever tries again has mended something
        replace_jobs(session, step.id)


def _may_start(session: Session, machine: Machine) -> None:
    if active_run(session, machine.id):
        raise Conflict(N_("A run of {machine} is under way."), N_("Cancel it first."), machine=machine.name)
    if machine.accepted_at is None:
        raise Conflict(
            N_("Nobody has accepted {machine} yet."), N_("Accept it when it announces itself."), machine=machine.name
        )
    if machine.held_return in (State.ALLOCATED.value, State.DELIVERED.value):
        raise Conflict(
            N_("{machine} is promised or given to a household."), N_("Release it first."), machine=machine.name
        )
