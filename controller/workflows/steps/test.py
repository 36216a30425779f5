"""Test: the machine's parts are tried on the live system, before anybody authorises anything.

A test that fails does not hold the machine; that it isn't worth the work does. A person may then carry on anyway
(``carrying_on``), have it tested again, or part with it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from agent.protocol_tests import HardwareTestSpec
from controller.grading.worth import worth
from controller.hardware_tests.keeping import keep
from controller.hardware_tests.options import longest_seconds, options_for
from controller.hardware_tests.results import read_results
from controller.hardware_tests.tables import HardwareTest
from controller.health.reports import latest_report
from controller.i18n import N_, said
from controller.machines.registry import get_machine
from controller.workflows.context import Acting, InTransaction, boot_in, play_failure, target_of
from controller.workflows.jobs import ENDED, current_jobs, plan_job, poll_jobs
from controller.workflows.outcome import Outcome, done, failed, wait
from controller.workflows.playing import play
from controller.workflows.reaching import not_live
from controller.workflows.steps.base import Step
from controller.workflows.tables import Job, Run

# What an agent that is older than the tests answers (agent.jobs.runner.make_job).
UNKNOWN_KIND = "knows no job of kind"
STOPS = N_(
    "{machine} stops here: {reason} Once that is settled, have it tested again. Or carry on anyway, take it apart or "
    "recycle it."
)


def prepare(tx: InTransaction) -> None:
    """Plan the one job, which tries everything that needs no hands."""
    if tx.core.settings.tests:
        plan_job(tx, "test", "all", tx.machine.name, 0, None)


def act(acting: Acting) -> Outcome:
    """Start the unit that tests; it reads the drives and writes nothing to them."""
    core = acting.core
    with core.database.read() as session:
        machine = get_machine(session, acting.machine_id)
        jobs = current_jobs(session, acting.step_id)
        report = latest_report(session, machine.id, "inventory")
        boot = boot_in(session, machine.id, "live")
        profile = session.get_one(Run, acting.run_id).profile
    if not jobs or not core.settings.tests:
        return done(skipped="off")
    pending = [job for job in jobs if job.state not in ENDED]
    if not pending:
        return wait()
    if boot is None:
        return not_live(machine)
    specs: list[HardwareTestSpec] = [
        {
            "job_id": job.id,
            "kind": "test",
            "chassis": report.body["chassis"] if report else boot.announcement["chassis"],
            "tests": [],
            "options": options_for(core.settings, core.controller_url),
        }
        for job in pending
    ]
    result = play(acting, "test.yml", target_of(machine, boot, profile), {"test_jobs": specs})
    if not result.ok:
        return play_failure(result, N_("The tests could not be started: {detail}"))
    return wait()


def poll(tx: InTransaction) -> Outcome:
    """Keep what was found; say whether it is worth going on."""
    outcome = poll_jobs(tx, patience=longest_seconds(tx.core.settings))
    jobs = current_jobs(tx.session, tx.step.id)
    for job in jobs:
        _keep(tx, job)
    if outcome["kind"] != "done":
        return outcome
    job = jobs[0]
    if job.state == "failed" and UNKNOWN_KIND in job.error:
        return done(skipped="old")
    if job.state == "failed":
        return failed(
            N_("{machine} could not be tested: {detail} Look at it, then try again; or carry on anyway."),
            machine=tx.machine.name,
            detail=job.error,
        )
    outcomes = list(tx.session.execute(select(HardwareTest.outcome).where(_of(job))).scalars())
    if not outcomes:
        return failed(
            N_("The tests of {machine} brought no results back: try again; or carry on anyway."),
            machine=tx.machine.name,
        )
    verdict = worth(tx.session, tx.machine)
    if not verdict.ok:
        return failed(STOPS, machine=tx.machine.name, reason=said(verdict.reason, **verdict.params))
    return done(tests=len(outcomes), bad=sum(o in ("fail", "timed_out") for o in outcomes))


def _of(job: Job) -> Any:
    return HardwareTest.source.startswith(f"{job.id}:", autoescape=True)


def _keep(tx: InTransaction, job: Job) -> None:
    """A job that was cut off may have results of what it had done before."""
    if job.state in ENDED:
        results = read_results((job.result or {}).get("results"))
        about = {"run": tx.run.id, "job": job.id}
        keep(tx.session, tx.machine, results, origin=job.id, boot_id=job.boot_id, run_id=tx.run.id, about=about)


def complete(_tx: InTransaction, _data: dict[str, Any]) -> None:
    """What was found is kept and in the ledger already."""


STEP = Step(name="test", prepare=prepare, act=act, poll=poll, complete=complete, limit=longest_seconds)
