"""The JSON of machines and runs: what scripts, the demo and the Ansible inventory read."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.erasure.authorise import current_authorisation
from controller.erasure.tables import Erasure
from controller.grading.gate.gate import gate
from controller.health.reports import latest_report
from controller.i18n import heard, translate
from controller.machines.announce import current_boot
from controller.machines.drives import drives_of
from controller.machines.tables import Boot, Lot, Machine
from controller.workflows.control import last_run
from controller.workflows.tables import Job, Run, RunStep


def when(at: dt.datetime | None) -> str | None:
    """ISO 8601 with its zone, or null."""
    return at.isoformat() if at else None


def lot_view(lot: Lot) -> dict[str, Any]:
    """A lot."""
    return {
        "id": lot.id,
        "code": lot.code,
        "donor_name": lot.donor_name,
        "donor_kind": lot.donor_kind,
        "regime": lot.regime,
        "received_on": lot.received_on.isoformat() if lot.received_on else None,
        "expected_count": lot.expected_count,
        "profile": lot.profile,
        "preauthorised_at": when(lot.preauthorised_at),
    }


def machine_summary(machine: Machine) -> dict[str, Any]:
    """A machine in a list."""
    return {
        "id": machine.id,
        "name": machine.name,
        "tag": machine.tag,
        "state": machine.state_name,
        "state_since": when(machine.state_since),
        "accepted": machine.accepted_at is not None,
        "conflict_with": machine.conflict_with,
        "lot_id": machine.lot_id,
        "manufacturer": machine.manufacturer,
        "product": machine.product,
        "serial": machine.serial,
        "form": machine.form,
        "held_reason": translate(machine.held_reason, **machine.held_params) if machine.held_reason else "",
        "last_heard_at": when(machine.last_heard_at),
    }


def boot_view(boot: Boot) -> dict[str, Any]:
    """A boot, without its secrets."""
    said = boot.announcement
    return {
        "id": boot.id,
        "mode": boot.mode,
        "status": boot.status,
        "address": boot.address,
        "linked": boot.linked,
        "announced_at": when(boot.announced_at),
        "last_heard_at": when(boot.last_heard_at),
        "ssh_host_keys": boot.ssh_host_keys,
        "firmware": said.get("firmware"),
        "secure_boot": said.get("secure_boot"),
        "agent_version": said.get("agent_version"),
        "image_version": said.get("image_version"),
        "hostname": said.get("hostname"),
    }


def step_view(step: RunStep) -> dict[str, Any]:
    """A step of a run; ``done`` and ``total`` count ``unit``."""
    return {
        "id": step.id,
        "name": step.name,
        "state": step.state,
        "attempt": step.attempt,
        "started_at": when(step.started_at),
        "ended_at": when(step.ended_at),
        "done": step.done,
        "total": step.total,
        "unit": step.unit,
        "eta_seconds": step.eta_seconds,
        "error": translate(step.error, **step.error_params) if step.error else "",
        "cpu_seconds": step.cpu_seconds,
        "peak_rss_bytes": step.peak_rss_bytes,
        "result": step.result,
    }


def job_view(job: Job) -> dict[str, Any]:
    """A job on the machine."""
    return {
        "id": job.id,
        "step_id": job.step_id,
        "kind": job.kind,
        "label": job.label,
        "state": job.state,
        "phase": job.phase,
        "done": job.done,
        "total": job.total,
        "unit": job.unit,
        "rate_per_second": job.rate_per_second,
        "eta_seconds": job.eta_seconds,
        "error": heard(translate(job.error)),
    }


def run_view(session: Session, run: Run) -> dict[str, Any]:
    """A run with its steps and jobs."""
    steps = session.execute(select(RunStep).where(RunStep.run_id == run.id).order_by(RunStep.position)).scalars().all()
    jobs = (
        session.execute(select(Job).where(Job.step_id.in_([s.id for s in steps])).order_by(Job.created_at, Job.id))
        .scalars()
        .all()
    )
    return {
        "id": run.id,
        "workflow": run.workflow,
        "profile": run.profile,
        "state": run.state,
        "created_at": when(run.created_at),
        "started_at": when(run.started_at),
        "ended_at": when(run.ended_at),
        "error": translate(run.error, **run.error_params) if run.error else "",
        "steps": [step_view(step) for step in steps],
        "jobs": [job_view(job) for job in jobs],
    }


def _note(said: dict[str, Any]) -> str:
    """A stored message in the caller's language."""
    message = str(said["message"])
    return translate(message, **said["params"])


def erasure_view(erasure: Erasure) -> dict[str, Any]:
    """What became of a drive."""
    return {
        "id": erasure.id,
        "drive_id": erasure.drive_id,
        "run_id": erasure.run_id,
        "job_id": erasure.job_id,
        "outcome": erasure.outcome,
        "level": erasure.level,
        "reason": translate(erasure.reason, **erasure.reason_params) if erasure.reason else "",
        "technique": erasure.technique,
        "notes": [_note(note) for note in erasure.notes],
        "plan": erasure.plan,
        "evidence": erasure.evidence,
        "started_at": when(erasure.started_at),
        "ended_at": when(erasure.ended_at),
    }


def reconditioned_view(session: Session, machine: Machine) -> dict[str, Any]:
    """Whether it may be called reconditioned, and what is missing."""
    found = gate(session, machine)
    return {
        "met": found.met,
        "missing": [
            {"item": one.item, "text": translate(one.label, **one.params), "failed": one.was == "failed"}
            for one in found.missing
        ],
        "waived": [{"item": one.what.item, "reason": one.reason} for one in found.waived],
    }


def machine_view(session: Session, machine: Machine) -> dict[str, Any]:
    """A machine with everything that belongs to it."""
    boot = current_boot(session, machine.id)
    run = last_run(session, machine.id)
    inventory = latest_report(session, machine.id, "inventory")
    health = latest_report(session, machine.id, "health")
    authorisation = current_authorisation(session, machine.id)
    erasures = session.execute(
        select(Erasure).where(Erasure.machine_id == machine.id).order_by(Erasure.id.desc())
    ).scalars()
    return {
        **machine_summary(machine),
        "lot": lot_view(machine.lot) if machine.lot else None,
        "boot": boot_view(boot) if boot else None,
        "drives": [
            {
                "id": d.id,
                "path": d.path,
                "model": d.model,
                "serial": d.serial,
                "wwn": d.wwn,
                "size_bytes": d.size_bytes,
                "transport": d.transport,
                "rotational": d.rotational,
            }
            for d in drives_of(session, machine.id)
        ],
        "run": run_view(session, run) if run else None,
        "erasures": [erasure_view(e) for e in erasures],
        "authorisation_id": authorisation.id if authorisation else None,
        "reconditioned": reconditioned_view(session, machine),
        "inventory": inventory.body if inventory else None,
        "health": health.body if health else None,
    }
