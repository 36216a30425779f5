"""Check: prove on the installed system that everything a family needs works."""

from __future__ import annotations

from typing import Any

from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.registry import get_machine
from controller.workflows.context import Acting, InTransaction, boot_in, play_failure, target_of
from controller.workflows.outcome import Outcome, done, failed
from controller.workflows.playing import play
from controller.workflows.reaching import not_resident, wait_until_reached
from controller.workflows.steps.base import Step
from controller.workflows.tables import Run

SSH_WAIT_SECONDS = 180


def act(acting: Acting) -> Outcome:
    """Run the profile's checks over SSH; the controller judges what came back."""
    core = acting.core
    with core.database.read() as session:
        machine = get_machine(session, acting.machine_id)
        boot = boot_in(session, machine.id, "resident")
        profile = session.get_one(Run, acting.run_id).profile
    if boot is None:
        return not_resident(machine)
    unreached = wait_until_reached(acting, machine, boot, SSH_WAIT_SECONDS)
    if unreached is not None:
        return unreached
    result = play(acting, "check.yml", target_of(machine, boot, profile), {})
    if not result.ok:
        return play_failure(result, N_("The checks could not be run: {detail}"))
    checks = result.data.get("checks")
    if not isinstance(checks, list) or not checks:
        return failed(
            N_("No check was run on {machine}: the profile {profile} names none."),
            machine=machine.name,
            profile=profile,
        )
    bad = [c for c in checks if c.get("mandatory") and not c.get("ok")]
    for check in checks:
        acting.log(
            f"{'ok' if check.get('ok') else 'FAILED'}: {check.get('name')}: {check.get('detail')}",
            level="info" if check.get("ok") else "error",
        )
    if bad:
        outcome = failed(
            N_("{n} checks failed on {machine}, the first: {name} ({detail}). Mend it, then try again."),
            n=len(bad),
            machine=machine.name,
            name=str(bad[0].get("title") or bad[0].get("name")),
            detail=str(bad[0].get("detail")),
        )
        outcome["data"] = {"checks": checks}
        return outcome
    return done(checks=checks)


def complete(tx: InTransaction, data: dict[str, Any]) -> None:
    """The results enter the ledger."""
    checks = data["checks"]
    append(
        tx.session,
        Kind.MACHINE_CHECKED,
        tx.machine.subject,
        {
            "run": tx.run.id,
            "checks": [
                {"name": str(c.get("name")), "ok": bool(c.get("ok")), "mandatory": bool(c.get("mandatory"))}
                for c in checks
            ],
        },
        site=tx.machine.site,
    )


STEP = Step(name="check", act=act, complete=complete)
