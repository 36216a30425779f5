"""Recheck: of the erased drives some are drawn, which a second person has read again before anything is installed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agent.protocol import RecheckSpec
from controller.erasure.certificates.issue import issue_for
from controller.erasure.policy import current_policy
from controller.erasure.recheck import draw, drive_name, rechecks_of, settle, waiting_for_person
from controller.erasure.recheck_verdict import expectation, judge_recheck, validation_of
from controller.erasure.tables import EraseAuthorisation, Erasure, Recheck
from controller.i18n import N_, said
from controller.machines.drives import drive_key
from controller.machines.registry import get_machine
from controller.settings import Settings
from controller.workflows.context import Acting, InTransaction, boot_in, play_failure, target_of
from controller.workflows.jobs import ENDED, current_jobs, plan_job, poll_jobs
from controller.workflows.outcome import Outcome, done, failed, person, wait
from controller.workflows.playing import play
from controller.workflows.reaching import not_live
from controller.workflows.steps.base import Step
from controller.workflows.tables import Job, Run

LIMIT_SECONDS = 5 * 24 * 3600.0  # reading 20 TB at 60 MB/s takes four days
VOIDED = N_(
    "{drive} is not erased after all: {reason} Take it out for destruction or replace it, then start over from the "
    "beginning."
)


def prepare(tx: InTransaction) -> None:
    """Draw, once for each erased drive of the run; plan the readings that were asked for."""
    policy = current_policy(tx.session, tx.machine.site)
    for erasure in _erased(tx):
        draw(tx.session, erasure, policy, tx.core.keys.ledger)
    rows = rechecks_of(tx.session, tx.run.id)
    for row in rows:
        if row.state == "asked":
            erasure = tx.session.get_one(Erasure, row.erasure_id)
            job, _ = plan_job(
                tx, "recheck", f"d{row.drive_id}", drive_name(tx.session, row), _planned(erasure), row.drive_id
            )
            row.job_id = job.id


def _erased(tx: InTransaction) -> list[Erasure]:
    """The newest erase of each drive in this run, where it counts as erased."""
    rows = tx.session.execute(select(Erasure).where(Erasure.run_id == tx.run.id).order_by(Erasure.id)).scalars()
    newest = {row.drive_id: row for row in rows}
    return [row for row in newest.values() if row.outcome == "erased"]


def _planned(erasure: Erasure) -> int:
    validator = (erasure.evidence or {}).get("validator") or {}
    return int(validator.get("bytes_expected") or erasure.size_bytes)


def act(acting: Acting) -> Outcome:
    """Go on where nothing was drawn, pause until a second person comes, or start the units that read."""
    core = acting.core
    with core.database.read() as session:
        machine = get_machine(session, acting.machine_id)
        rows = rechecks_of(session, acting.run_id)
        void = next((row for row in rows if row.state == "failed"), None)
        if void is not None:
            return _voided(session, void)
        if any(row.state == "drawn" for row in rows):
            return person()
        jobs = {job.id: job for job in current_jobs(session, acting.step_id)}
        pending = [row for row in rows if row.state == "asked" and jobs[row.job_id].state not in ENDED]
        specs = [_spec(session, row) for row in pending]
        boot = boot_in(session, machine.id, "live")
        profile = session.get_one(Run, acting.run_id).profile
    if not any(row.state == "asked" for row in rows):
        return done(drawn=len(rows))
    if not specs:
        return wait()
    if boot is None:
        return not_live(machine)
    result = play(acting, "recheck.yml", target_of(machine, boot, profile), {"recheck_jobs": specs})
    if not result.ok:
        return play_failure(result, N_("The drives could not be read again: {detail}"))
    return wait()


def _voided(session: Session, row: Recheck) -> Outcome:
    return failed(VOIDED, drive=drive_name(session, row), reason=said(row.reason, **row.reason_params))


def _spec(session: Session, row: Recheck) -> RecheckSpec:
    erasure = session.get_one(Erasure, row.erasure_id)
    authorisation = session.get_one(EraseAuthorisation, erasure.authorisation_id)
    evidence = erasure.evidence or {}
    changed = expectation(evidence) == "changed"
    canaries = evidence.get("canaries") or {}
    return {
        "job_id": row.job_id,
        "kind": "recheck",
        "chassis": authorisation.chassis,  # type: ignore[typeddict-item]
        "drive": drive_key(evidence["drive_after"]),  # its size may be another since what was hidden came back
        "asked_by": row.asked_by,
        "expect": expectation(evidence),
        "validation": validation_of(erasure.plan, evidence),  # type: ignore[typeddict-item]
        "canaries": canaries if changed and canaries.get("written") and not canaries.get("errors") else None,
        "samples_before": evidence.get("samples_before") if changed else None,
    }


def poll(tx: InTransaction) -> Outcome:
    """Judge each reading as soon as it ended; one that speaks against the erase holds the machine."""
    outcome = poll_jobs(tx)
    rows = {row.job_id: row for row in rechecks_of(tx.session, tx.run.id)}
    for job in current_jobs(tx.session, tx.step.id):
        if job.id in rows and rows[job.id].state == "asked" and job.ended_at is not None and job.state != "lost":
            _judge(tx, job, rows[job.id])
    if outcome["kind"] != "done":
        return outcome
    for row in rows.values():
        if row.state == "failed":
            return _voided(tx.session, row)
    unread = next((row for row in rows.values() if row.state == "asked"), None)
    if unread is not None:
        return failed(
            N_("{drive} could not be read again: {reason} Look at the machine and the drive, then try again."),
            drive=drive_name(tx.session, unread),
            reason=said(unread.reason, **unread.reason_params),
        )
    return done(drawn=len(rows))


def _judge(tx: InTransaction, job: Job, row: Recheck) -> None:
    erasure = tx.session.get_one(Erasure, row.erasure_id)
    evidence = erasure.evidence or {}
    found = (job.result or {}).get("validator")
    size = int(evidence["drive_after"]["size_bytes"])
    verdict = judge_recheck(found, evidence, validation_of(erasure.plan, evidence), size, job.error)
    if verdict.outcome != "passed" and job.state == "succeeded":
        job.state = "failed"  # so that trying again reads this drive once more
    settle(tx.session, row, verdict, found if isinstance(found, dict) and found else None)
    if verdict.outcome == "failed":
        issue_for(tx.session, tx.core, erasure)  # its destruction sheet


def answered(tx: InTransaction) -> bool:
    """Whether a second person came at the very moment."""
    return not waiting_for_person(tx.session, tx.run.id)


def complete(_tx: InTransaction, _data: dict[str, Any]) -> None:
    """What was drawn, asked for and found is in the ledger already."""


def _limit(_: Settings) -> float:
    return LIMIT_SECONDS


STEP = Step(name="recheck", prepare=prepare, act=act, poll=poll, complete=complete, answered=answered, limit=_limit)
