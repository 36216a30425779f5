"""A person's word that a machine's drives may be erased: shown first, bound to what was shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agent.protocol import Chassis
from controller.bus import publish_after_commit
from controller.database import utcnow
from controller.erasure.history import DriveHistory, history_of
from controller.erasure.plan import DriveVerdict, plan_drives
from controller.erasure.policy import current_policy
from controller.erasure.refusals import unseen_drives
from controller.erasure.tables import EraseAuthorisation, Erasure
from controller.errors import Conflict
from controller.health.reports import latest_report
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.drives import drive_key, drives_of
from controller.machines.lifecycle import State
from controller.machines.tables import Drive, Lot, Machine


@dataclass(frozen=True, kw_only=True)
class PreviewDrive:
    """One drive as it will be shown to the person who authorises."""

    drive: Drive
    verdict: DriveVerdict

    @property
    def eraseable(self) -> bool:
        """Whether it will be erased."""
        return self.verdict.eraseable


@dataclass(frozen=True, kw_only=True)
class ErasePreview:
    """What an authorisation would cover, or why there can't be one (message id, params)."""

    machine: Machine
    chassis: Chassis | None
    drives: list[PreviewDrive]
    problem: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    beware: str = ""  # of the whole machine, in the agent's words: a person must look, a lot's word isn't enough

    @property
    def ok(self) -> bool:
        """Whether it can be authorised now."""
        return not self.problem


def preview(session: Session, machine: Machine, lower: Collection[int] = ()) -> ErasePreview:
    """What would be erased in ``machine``, drive by drive, as inspected.

    ``lower``: ids of the drives for which a person said that less than the policy's minimum is enough.
    """
    report = latest_report(session, machine.id, "inventory")
    found = drives_of(session, machine.id)
    verdicts = plan_drives(
        [d.facts for d in found],
        current_policy(session, machine.site),
        before=[drive_history(session, d.id) for d in found],
        lower=[d.id in lower for d in found],
    )
    drives = [PreviewDrive(drive=d, verdict=v) for d, v in zip(found, verdicts, strict=True)]
    chassis: Chassis | None = report.body["chassis"] if report else None
    problem, params = "", {"machine": machine.name}
    problems = (report.body.get("problems") or []) if report else []
    unseen, beware = unseen_drives(problems)
    if machine.state is not State.INSPECTED or chassis is None or report is None:
        problem = N_("{machine} is not waiting for an authorisation: it must be inspected first.")
    elif machine.lot_id is None or machine.tag is None:
        problem = N_("{machine} belongs to no lot: tie it to its donor's lot first.")
    elif not drives:
        problem = N_("No drive was found in {machine}. {detail}")
        params["detail"] = "; ".join(map(str, problems))
    elif unseen:
        problem = N_("{machine} has a drive that can't be seen, so it can't be erased as a whole. {detail}")
        params["detail"] = unseen
    elif not all(d.eraseable for d in drives):
        problem = N_("A drive of {machine} can't be erased: settle what is said beside it, then inspect again.")
    return ErasePreview(machine=machine, chassis=chassis, drives=drives, problem=problem, params=params, beware=beware)


def drive_history(session: Session, drive_id: int) -> DriveHistory:
    """What earlier erases of a drive taught, in whatever machine."""
    rows = session.execute(
        select(Erasure.evidence)
        .where(Erasure.drive_id == drive_id, Erasure.evidence.is_not(None))
        .order_by(Erasure.id.desc())
        .limit(5)
    ).scalars()
    return history_of(reversed(list(rows)))


def authorise(
    session: Session,
    machine: Machine,
    drives: Sequence[tuple[int, str]],
    actor: str,
    lot: Lot | None = None,
    *,
    lower: Collection[int] = (),
) -> EraseAuthorisation:
    """Authorise the erase of exactly ``drives`` (drive id, serial as it was shown).

    ``lower``: ids of those for which the person ticked that less than the policy's minimum is enough.

    Raises:
        Conflict: the machine isn't ready for it, its drives are not the ones that were shown, or one needs a tick.
    """
    shown = preview(session, machine, lower)
    if not shown.ok or shown.chassis is None:
        raise Conflict(shown.problem, "", **shown.params)
    present = {(d.drive.id, d.drive.serial) for d in shown.drives}
    if present != set(drives):
        raise Conflict(
            N_("The drives of {machine} are no longer the ones that were shown."),
            N_("Look at the list again before you confirm."),
            machine=machine.name,
        )
    for d in shown.drives:
        if d.verdict.question == "needed" and d.drive.id not in lower:
            raise Conflict(
                N_("{drive} of {machine} can't be erased as deeply as this workshop asks."),
                N_("Tick beside it that less is enough, or take it out for destruction."),
                drive=f"{d.drive.model} {d.drive.serial}".strip(),
                machine=machine.name,
            )
    revoke(session, machine, actor, "replaced")
    keys = [
        {
            **drive_key(d.drive.facts),
            **_native(d),
            "drive_id": d.drive.id,
            "plan": d.verdict.plan,
            "lower": d.drive.id in lower and d.verdict.question != "",
        }
        for d in shown.drives
    ]
    authorisation = EraseAuthorisation(
        machine_id=machine.id,
        chassis=dict(shown.chassis),
        drives=keys,
        authorised_by=actor,
        authorised_at=utcnow(),
        lot_id=lot.id if lot else None,
    )
    session.add(authorisation)
    session.flush()
    append(
        session,
        Kind.ERASE_AUTHORISED,
        machine.subject,
        {
            "authorisation": authorisation.id,
            "chassis": dict(shown.chassis),
            "drives": keys,
            "lot": authorisation.lot_id,
        },
        actor=actor,
        site=machine.site,
    )
    publish_after_commit(session, f"machine:{machine.id}")
    return authorisation


def _native(shown: PreviewDrive) -> dict[str, int]:
    """The size that the drive will have once its hidden part is uncovered: the one other size it may come back with."""
    plan = shown.verdict.plan
    if plan is None or not any(name.startswith("remove-") for name in plan["preparations"]):
        return {}
    return {"native_bytes": max(int(area["native_bytes"]) for area in shown.drive.facts["erase"]["ata"]["hidden"])}


def authorise_from_lot(session: Session, machine: Machine) -> EraseAuthorisation | None:
    """Authorise what a pre-authorised lot covers; ``None`` when the lot isn't, or a drive needs a person."""
    lot = machine.lot
    if lot is None or lot.preauthorised_at is None or lot.preauthorised_by is None:
        return None
    shown = preview(session, machine)
    if not shown.ok or shown.beware or any(d.verdict.question == "needed" for d in shown.drives):
        return None
    drives = [(d.drive.id, d.drive.serial) for d in shown.drives]
    return authorise(session, machine, drives, lot.preauthorised_by, lot=lot)


def preauthorise_lot(session: Session, lot: Lot, actor: str) -> None:
    """Say that every machine of ``lot`` may be erased once inspected."""
    if lot.preauthorised_at is not None:
        return
    lot.preauthorised_at, lot.preauthorised_by = utcnow(), actor
    append(session, Kind.LOT_PREAUTHORISED, f"lot:{lot.id}", {"code": lot.code}, actor=actor, site=lot.site)
    publish_after_commit(session, f"lot:{lot.id}")


def current_authorisation(session: Session, machine_id: int) -> EraseAuthorisation | None:
    """The machine's authorisation that still holds."""
    return session.execute(
        select(EraseAuthorisation)
        .where(EraseAuthorisation.machine_id == machine_id, EraseAuthorisation.revoked_at.is_(None))
        .order_by(EraseAuthorisation.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def revoke(session: Session, machine: Machine, actor: str, reason: str) -> None:
    """Void the machine's authorisation, if there is one. ``reason`` is a word for the ledger."""
    current = current_authorisation(session, machine.id)
    if current is None:
        return
    current.revoked_at, current.revoked_reason = utcnow(), reason
    append(
        session,
        Kind.ERASE_REVOKED,
        machine.subject,
        {"authorisation": current.id, "reason": reason},
        actor=actor,
        site=machine.site,
    )
    publish_after_commit(session, f"machine:{machine.id}")
