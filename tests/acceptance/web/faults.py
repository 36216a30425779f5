"""What machines said went wrong, in their own English, stored where the workflow stores it."""

from __future__ import annotations

from fastapi import FastAPI
from sqlalchemy import select

from controller.database import utcnow
from controller.erasure.tables import Erasure
from controller.i18n import N_
from controller.machines.moves import hold
from controller.machines.registry import get_machine
from controller.workflows.steps.erase import CUT_OFF
from controller.workflows.tables import Job, Run, RunStep
from tests.acceptance.web import scene

LOST = (
    "The job r1-erase-d1-1 ended without a result: its process died or was killed. "
    "Look at its log, then start the step again."
)
REFUSED = (
    "Nothing was started. The drive S/N SN-WORK (SAMSUNG MZ7LN256HCHP-000L7, 256.1 GB) was not authorised: take it "
    "out, or inspect again and authorise anew."
)
PROBLEMS = [
    "storage controller Intel SATA RAID is in RAID mode and hides its drives: switch the firmware to AHCI (storage or "
    "SATA mode, RST or VMD off) and start the machine again",
    "the drives can't be listed: lsblk: exit status 1: Input/output error",
]
CHECKS = [
    {
        "name": "network",
        "title": "Every network card has its driver",
        "ok": False,
        "mandatory": True,
        "detail": "02:00.0 Broadcom BCM4312 has the driver b43 but no network interface: its firmware may be missing",
    },
    {
        "name": "antivirus-signatures",
        "title": "The antivirus has its signatures",
        "ok": False,
        "mandatory": False,
        "detail": "no signatures yet: the antivirus fetches them when the machine is first connected to the internet",
    },
    {
        "name": "disk-space",
        "title": "There is room on the disk",
        "ok": True,
        "mandatory": True,
        "detail": "52140 MiB of 60000 MiB are free on /",
    },
]


def lost_erase(app: FastAPI, machine: int) -> None:
    """The machine's erase job died; it is on hold since its drive could not be started again."""
    with app.state.core.database.write() as session:
        row = get_machine(session, machine)
        job = session.execute(select(Job).where(Job.machine_id == machine)).scalars().one()
        job.state, job.error, job.ended_at = "lost", LOST, utcnow()
        erasure = session.execute(select(Erasure).where(Erasure.job_id == job.id)).scalar_one()
        erasure.outcome, erasure.ended_at = "unknown", utcnow()
        erasure.reason, erasure.reason_params = CUT_OFF, {"detail": LOST}
        step = session.get_one(RunStep, job.step_id)
        step.state, step.error, step.error_params = "failed", N_("Nothing was erased: {detail}"), {"detail": REFUSED}
        step.ended_at = utcnow()
        session.get_one(Run, step.run_id).state = "failed"
        hold(session, row, step.error, "controller", detail=REFUSED)
        scene.inventory(session, row, [scene.drive("SN-WORK")], "faults", PROBLEMS)


def failed_checks(app: FastAPI, machine: int) -> None:
    """The machine's checks were run and one that must pass didn't."""
    with app.state.core.database.write() as session:
        row = get_machine(session, machine)
        step = scene.run_at(session, row, "check", "failed")
        step.result = {"checks": CHECKS}
        step.error = N_("{n} checks failed on {machine}, the first: {name} ({detail}). Mend it, then try again.")
        first = CHECKS[0]
        step.error_params = {"n": 1, "machine": row.name, "name": first["title"], "detail": first["detail"]}
