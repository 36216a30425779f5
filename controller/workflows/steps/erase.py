"""Erase: every drive of the machine at once, each a unit of its own on the target; then the claims."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agent.protocol import DriveKey, EraseSpec
from controller.database import utcnow
from controller.erasure.authorise import current_authorisation
from controller.erasure.certificates.issue import issue_for, issue_for_machine
from controller.erasure.claim import claim
from controller.erasure.levels import RANK
from controller.erasure.policy import current_policy
from controller.erasure.recheck import draw
from controller.erasure.tables import EraseAuthorisation, Erasure
from controller.i18n import N_, said
from controller.ledger.append import append
from controller.ledger.chain import canonical_digest
from controller.ledger.kinds import Kind
from controller.machines.lifecycle import State
from controller.machines.moves import move, without_free_text
from controller.machines.registry import get_machine
from controller.machines.tables import Drive
from controller.settings import Settings
from controller.workflows.context import Acting, InTransaction, boot_in, play_failure, target_of
from controller.workflows.jobs import MAX_RESTARTS, current_jobs, job_attempts, plan_job, poll_jobs
from controller.workflows.outcome import Outcome, failed, wait
from controller.workflows.playing import play
from controller.workflows.reaching import not_live
from controller.workflows.steps.base import Step
from controller.workflows.tables import Job, Run

# Writing and reading 20 TB at 60 MB/s takes eight days; a stalled or silent drive is caught long before.
CUT_OFF = N_("No evidence came back from the machine: {detail}.")
LIMIT_SECONDS = 10 * 24 * 3600.0


def _key(drive: dict[str, Any]) -> DriveKey:
    """The authorised drive; ``native_bytes`` is with it where a hidden part will be uncovered."""
    names = ("serial", "wwn", "model", "size_bytes", "native_bytes")
    return {name: drive[name] for name in names if name in drive}  # type: ignore[return-value]


def prepare(tx: InTransaction) -> None:
    """Plan one job for each authorised drive, and open its erasure record."""
    authorisation = current_authorisation(tx.session, tx.machine.id)
    if authorisation is None:
        return  # revoked meanwhile: act says so
    if tx.machine.state is State.INSPECTED:
        move(tx.session, tx.machine, State.ERASING, "controller", {"run": tx.run.id})
    for drive in authorisation.drives:
        job, new = plan_job(
            tx, "erase", f"d{drive['drive_id']}", _label(drive), 2 * int(drive["size_bytes"]), drive["drive_id"]
        )
        if new:
            tx.session.add(_open(tx, authorisation, drive, job.id))
            append(
                tx.session,
                Kind.ERASE_STARTED,
                f"drive:{drive['drive_id']}",
                {
                    "machine": tx.machine.id,
                    "run": tx.run.id,
                    "job": job.id,
                    "authorisation": authorisation.id,
                    "plan": drive["plan"],
                },
                site=tx.machine.site,
            )


def _label(drive: dict[str, Any]) -> str:
    return f"{drive['model']} {drive['serial']}".strip()


def _open(tx: InTransaction, authorisation: EraseAuthorisation, drive: dict[str, Any], job_id: str) -> Erasure:
    return Erasure(
        drive_id=drive["drive_id"],
        machine_id=tx.machine.id,
        run_id=tx.run.id,
        authorisation_id=authorisation.id,
        job_id=job_id,
        plan=drive["plan"],
        size_bytes=drive["size_bytes"],
        started_at=utcnow(),
    )


def act(acting: Acting) -> Outcome:
    """Start the units; each compares chassis and drive with the authorisation right before its first write."""
    core = acting.core
    with core.database.read() as session:
        machine = get_machine(session, acting.machine_id)
        boot = boot_in(session, machine.id, "live")
        authorisation = current_authorisation(session, machine.id)
        jobs = {job.drive_id: job for job in current_jobs(session, acting.step_id)}
        cut_off = lost_before(session, acting.step_id)
        profile = session.get_one(Run, acting.run_id).profile
    if authorisation is None:
        return failed(N_("The authorisation to erase {machine} was withdrawn: inspect it again."), machine=machine.name)
    pending = [d for d in authorisation.drives if jobs[d["drive_id"]].state in ("starting", "running")]
    if not pending:
        return wait()
    if boot is None:
        return not_live(machine)
    specs: list[EraseSpec] = [
        {
            "job_id": jobs[drive["drive_id"]].id,
            "kind": "erase",
            "authorisation_id": authorisation.id,
            "authorised_by": authorisation.authorised_by,
            "chassis": authorisation.chassis,  # type: ignore[typeddict-item]
            "drive": _key(drive),
            "plan": drive["plan"],
            "resumes": cut_off.get(drive["drive_id"], ""),
        }
        for drive in pending
    ]
    # All of the machine's drives are compared at the first go; later only those that are not done yet.
    variables = {"erase_jobs": specs, "erase_every_drive": len(specs) == len(authorisation.drives)}
    result = play(acting, "erase.yml", target_of(machine, boot, profile), variables)
    if not result.ok:
        return play_failure(result, N_("Nothing was erased: {detail}"))
    return wait()


def lost_before(session: Session, step_id: int) -> dict[int, str]:
    """Drive → the job on it that was cut off last, which the next one begins again."""
    jobs = session.execute(
        select(Job.drive_id, Job.id).where(Job.step_id == step_id, Job.state == "lost").order_by(Job.created_at)
    )
    return {drive_id: job_id for drive_id, job_id in jobs if drive_id is not None}


def poll(tx: InTransaction) -> Outcome:
    """Judge each ended job's evidence at once; fail when a drive isn't erased."""
    outcome = poll_jobs(tx)
    jobs = current_jobs(tx.session, tx.step.id)
    for job in jobs:
        _judge(tx, job)
    if outcome["kind"] != "done":
        return outcome
    erasures = _erasures(tx, jobs)
    bad = next((e for e in erasures if e.outcome != "erased"), None)
    if bad:
        return failed(
            N_("{drive} was not erased: {reason} Take it out for destruction or replace it, then start again."),
            drive=_name(tx, bad),
            reason=said(bad.reason, **bad.reason_params),
        )
    low = next((e for e in erasures if not reached(e)), None)
    if low:
        return failed(
            N_(
                "{drive} was erased, but less deeply than this workshop asks ({level} instead of {minimum}). Start "
                "again and tick that it is enough, or take the drive out for destruction."
            ),
            drive=_name(tx, low),
            level=low.level,
            minimum=low.plan["minimum"],
        )
    return outcome


def reached(erasure: Erasure) -> bool:
    """Whether the claim reaches what its plan had as the minimum."""
    return RANK.get(erasure.level, 0) >= RANK.get(str(erasure.plan.get("minimum", "")), 0)


def _name(tx: InTransaction, erasure: Erasure) -> str:
    drive = tx.session.get_one(Drive, erasure.drive_id)
    return f"{drive.model} {drive.serial}".strip()


def _erasures(tx: InTransaction, jobs: list[Job]) -> list[Erasure]:
    ids = [job.id for job in jobs]
    return list(tx.session.execute(select(Erasure).where(Erasure.job_id.in_(ids))).scalars())


def _judge(tx: InTransaction, job: Job) -> None:
    erasure = tx.session.execute(select(Erasure).where(Erasure.job_id == job.id)).scalar_one()
    if erasure.ended_at is not None or job.ended_at is None:
        return
    evidence = (job.result or {}).get("evidence")
    if not isinstance(evidence, dict):
        evidence = None
    authorisation = tx.session.get_one(EraseAuthorisation, erasure.authorisation_id)
    drive = next(d for d in authorisation.drives if d["drive_id"] == erasure.drive_id)
    verdict = claim(evidence, _key(drive))
    erasure.evidence, erasure.outcome, erasure.level = evidence, verdict.outcome, verdict.level
    erasure.reason, erasure.reason_params = verdict.reason, verdict.params
    erasure.technique, erasure.notes = verdict.technique, list(verdict.notes)
    if job.error and not (evidence or {}).get("drive_before"):
        erasure.reason, erasure.reason_params = CUT_OFF, {"detail": job.error}
    if not (verdict.outcome == "erased" and reached(erasure)) and job.state == "succeeded":
        job.state = "failed"  # so that trying again erases this drive once more
    erasure.ended_at = utcnow()
    if verdict.outcome == "erased":
        _as_it_is_now(tx, erasure)
    append(
        tx.session,
        Kind.DRIVE_CLAIM,
        f"drive:{erasure.drive_id}",
        {
            "machine": tx.machine.id,
            "run": tx.run.id,
            "job": job.id,
            "outcome": verdict.outcome,
            "level": verdict.level,
            "technique": verdict.technique,
            "reason": erasure.reason,
            "reason_params": without_free_text(erasure.reason_params),
            "evidence_sha256": canonical_digest(evidence),
        },
        site=tx.machine.site,
    )
    if job.state != "lost" or job_attempts(tx.session, tx.step.id) >= MAX_RESTARTS:  # else it starts over by itself
        issue_for(tx.session, tx.core, erasure)


def _as_it_is_now(tx: InTransaction, erasure: Erasure) -> None:
    """A drive whose hidden part was uncovered is larger than it was inspected: whoever writes to it next must know."""
    drive = tx.session.get_one(Drive, erasure.drive_id)
    size = int((erasure.evidence or {})["drive_after"]["size_bytes"])
    if size != drive.size_bytes:
        drive.size_bytes, drive.facts = size, {**drive.facts, "size_bytes": size}


def complete(tx: InTransaction, _: dict[str, Any]) -> None:
    """Every drive was erased and read back: lots are drawn for a second reading; the machine's own certificate."""
    policy = current_policy(tx.session, tx.machine.site)
    for erasure in _erasures(tx, current_jobs(tx.session, tx.step.id)):
        draw(tx.session, erasure, policy, tx.core.keys.ledger)
    issue_for_machine(tx.session, tx.core, tx.machine, tx.run.id)
    if tx.machine.state is State.ERASING:
        move(tx.session, tx.machine, State.ERASED, "controller", {"run": tx.run.id})


def _limit(_: Settings) -> float:
    return LIMIT_SECONDS


STEP = Step(name="erase", prepare=prepare, act=act, poll=poll, complete=complete, limit=_limit)
