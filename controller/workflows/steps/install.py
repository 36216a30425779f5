"""Install: write the profile's disk image to the chosen drive and make it this machine's own."""

from __future__ import annotations

import subprocess
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agent.protocol import InstallSpec
from controller.access.secrets import hash_secret, new_secret, readable_password
from controller.core import Core
from controller.database import utcnow
from controller.erasure.authorise import current_authorisation
from controller.erasure.claim_parts import reads_zeros
from controller.erasure.tables import Erasure
from controller.health.reports import latest_report
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.account import ACCOUNT
from controller.machines.drives import drive_key, drives_of
from controller.machines.lifecycle import State
from controller.machines.moves import move
from controller.machines.registry import get_machine
from controller.machines.tables import Drive, Machine, ResidentToken
from controller.releases.for_install import agent_package
from controller.settings import Settings
from controller.workflows.context import Acting, InTransaction, boot_in, play_failure, target_of
from controller.workflows.images import OsImage, os_image
from controller.workflows.jobs import current_jobs, plan_job, poll_jobs
from controller.workflows.outcome import Outcome, failed, wait
from controller.workflows.playing import play
from controller.workflows.reaching import not_live
from controller.workflows.steps.base import Step
from controller.workflows.tables import Job, Run
from controller.workflows.target_drive import choose_target

LIMIT_SECONDS = 6 * 3600.0


def prepare(tx: InTransaction) -> None:
    """Plan the one job on the drive that gets the system."""
    if tx.machine.state is State.ERASED:
        move(tx.session, tx.machine, State.INSTALLING, "controller", {"run": tx.run.id, "profile": tx.run.profile})
    drive = _target(tx)
    if drive is None:
        return  # act says so
    image = os_image(tx.core.settings, tx.run.profile)
    label = f"{drive.model} {drive.serial}".strip()
    job, new = plan_job(tx, "install", f"d{drive.id}", label, image.size_bytes, drive.id)
    if new:
        # The one before may be known to whoever had the machine last.
        tx.machine.first_password = readable_password()
        append(
            tx.session,
            Kind.INSTALL_STARTED,
            tx.machine.subject,
            {
                "run": tx.run.id,
                "job": job.id,
                "drive": drive.id,
                "profile": image.profile,
                "image": image.manifest_sha256,
            },
            site=tx.machine.site,
        )


def _target(tx: InTransaction) -> Drive | None:
    drives = drives_of(tx.session, tx.machine.id)
    image = os_image(tx.core.settings, tx.run.profile)
    chosen = choose_target([d.facts for d in drives], image.size_bytes)
    return next((d for d in drives if chosen is d.facts), None)


def act(acting: Acting) -> Outcome:
    """Start the install unit."""
    core = acting.core
    with core.database.read() as session:
        machine = get_machine(session, acting.machine_id)
        boot = boot_in(session, machine.id, "live")
        run = session.get_one(Run, acting.run_id)
        jobs = current_jobs(session, acting.step_id)
    image = os_image(core.settings, run.profile)
    if not jobs:
        return failed(
            N_("{machine} has no built-in drive of {gigabytes} GB or more: put one in, then start again."),
            machine=machine.name,
            gigabytes=round(image.size_bytes / 1e9, 1),
        )
    job = jobs[0]
    if job.state not in ("starting", "running"):
        return wait()
    if boot is None:
        return not_live(machine)
    spec = _spec(core, machine.id, run.id, job.id, image)
    result = play(acting, "install.yml", target_of(machine, boot, run.profile), {"install_job": spec})
    if not result.ok:
        return play_failure(result, N_("The install could not start: {detail}"))
    return wait()


def _spec(core: Core, machine_id: int, run_id: int, job_id: str, image: OsImage) -> InstallSpec:
    package = agent_package(core.settings)  # before the transaction: it may have to be made
    with core.database.write() as session:
        machine = get_machine(session, machine_id)
        drive_id = int(job_id.split("-")[2].removeprefix("d"))
        drive = session.get_one(Drive, drive_id)
        report = latest_report(session, machine_id, "inventory")
        authorisation = current_authorisation(session, machine_id)
        chassis = authorisation.chassis if authorisation else (report.body["chassis"] if report else {})
        erased = session.execute(
            select(Erasure.evidence)
            .where(Erasure.run_id == run_id, Erasure.drive_id == drive_id)
            .order_by(Erasure.id.desc())
            .limit(1)
        ).scalar_one_or_none()
        token = _new_resident_token(session, machine, session.get_one(Job, job_id))
        spec: InstallSpec = {
            "job_id": job_id,
            "kind": "install",
            "chassis": chassis,  # type: ignore[typeddict-item]
            "drive": drive_key(drive.facts),
            "zeroed": reads_zeros(erased),
            "profile": image.profile,
            "controller_url": core.controller_url,
            "manifest_path": f"/api/agent/images/{image.profile}/manifest.json",
            "manifest_sha256": image.manifest_sha256,
            "machine": {
                "hostname": machine.name.lower(),
                "tag": machine.tag,
                "timezone": core.settings.timezone,
                "locale": core.settings.installed_locale,
                "keyboard": core.settings.installed_keyboard,
                "user": {
                    "name": ACCOUNT,
                    "full_name": "Famille",
                    "password_hash": _password_hash(machine.first_password),
                },
            },
            "resident": {
                "controller_url": core.controller_url,
                "ca_pem": core.keys.ca_pem,
                "token": token,
                "authorized_keys": [core.keys.ssh_public],
                "machine_id": machine.id,
                **package,
            },
        }
    return spec


def _new_resident_token(session: Session, machine: Machine, job: Job) -> str:
    """A token for the system to be installed; those of earlier installs are void.

    A killed controller starts the same job again: the unit may be at work already, with the token of the first
    time, so that one stays valid until the installed system uses it or another.
    """
    session.execute(
        update(ResidentToken)
        .where(
            ResidentToken.machine_id == machine.id,
            ResidentToken.revoked_at.is_(None),
            ResidentToken.created_at < job.created_at,
        )
        .values(revoked_at=utcnow())
    )
    token = new_secret()
    session.add(ResidentToken(machine_id=machine.id, token_hash=hash_secret(token), created_at=utcnow()))
    return token


def _password_hash(password: str) -> str:
    """SHA-512 crypt, as Debian's login reads it (openssl passwd -6); the password goes through standard input."""
    return subprocess.run(
        ["openssl", "passwd", "-6", "-stdin"], input=password, capture_output=True, text=True, check=True
    ).stdout.strip()


def poll(tx: InTransaction) -> Outcome:
    """Wait for the unit; its host keys and versions come with the result."""
    outcome = poll_jobs(tx)
    if outcome["kind"] != "done":
        return outcome
    job = current_jobs(tx.session, tx.step.id)[0]
    if job.state != "succeeded":
        return failed(N_("The install on {what} failed: {detail}"), what=job.label, detail=job.error)
    outcome["data"] = dict(job.result or {})
    return outcome


def complete(tx: InTransaction, data: dict[str, Any]) -> None:
    """Write down what was installed."""
    append(
        tx.session,
        Kind.INSTALL_DONE,
        tx.machine.subject,
        {
            "run": tx.run.id,
            "profile": tx.run.profile,
            "image_version": str(data.get("image_version", "")),
            "root_uuid": str(data.get("root_uuid", "")),
            "ssh_host_keys": list(data.get("ssh_host_keys", [])),
        },
        site=tx.machine.site,
    )


def _limit(_: Settings) -> float:
    return LIMIT_SECONDS


STEP = Step(name="install", prepare=prepare, act=act, poll=poll, complete=complete, limit=_limit)
