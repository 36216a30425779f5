"""The second person: which erased drives are read again, who may ask for it, and what becomes of what was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.access.roles import Right, may
from controller.access.tables import User
from controller.bus import publish_after_commit
from controller.database import utcnow
from controller.erasure.policy_values import Policy
from controller.erasure.recheck_draw import is_drawn, sign_draw
from controller.erasure.recheck_verdict import Verdict
from controller.erasure.tables import EraseAuthorisation, Erasure, Recheck
from controller.errors import Conflict
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.chain import canonical_digest, read_content
from controller.ledger.checkpoint import key_id
from controller.ledger.kinds import Kind
from controller.ledger.tables import LedgerEntry
from controller.machines.lifecycle import State
from controller.machines.moves import without_free_text
from controller.machines.tables import Drive, Machine

OPEN = ("drawn", "asked")  # not read yet: the machine can't become ready
DRAWN = (*OPEN, "passed", "failed")


def draw(session: Session, erasure: Erasure, policy: Policy, key: Ed25519PrivateKey) -> Recheck:
    """Decide, once, whether a second person must read this erased drive again. See ``recheck_draw`` for the rule.

    A drive whose last recheck was never done, or failed, is drawn whatever the share: nobody gets rid of a recheck
    by erasing once more.

    Raises:
        Conflict: the ledger holds no claim of this erase.
    """
    known = session.execute(select(Recheck).where(Recheck.erasure_id == erasure.id)).scalar_one_or_none()
    if known is not None:
        return known
    entry = _claim_entry(session, erasure)
    signature = sign_draw(key, entry.hash)
    owed = _is_owed(session, erasure.drive_id)
    drawn = is_drawn(signature, policy.recheck_share, owed=owed)
    row = Recheck(
        site=entry.site,
        erasure_id=erasure.id,
        drive_id=erasure.drive_id,
        machine_id=erasure.machine_id,
        run_id=erasure.run_id,
        share=policy.recheck_share,
        owed=owed,
        state="drawn" if drawn else "spared",
        drawn_at=utcnow(),
    )
    session.add(row)
    session.flush()
    body = {
        "recheck": row.id,
        "machine": row.machine_id,
        "run": row.run_id,
        "claim": {"seq": entry.seq, "hash": entry.hash},
        "share": row.share,
        "owed": owed,
        "drawn": drawn,
        "signature": signature,
        "key": key_id(key.public_key()),
    }
    append(session, Kind.RECHECK_DRAWN, f"drive:{row.drive_id}", body, site=row.site)
    publish_after_commit(session, f"machine:{row.machine_id}")
    return row


def _claim_entry(session: Session, erasure: Erasure) -> LedgerEntry:
    entries = session.execute(
        select(LedgerEntry)
        .where(LedgerEntry.kind == Kind.DRIVE_CLAIM.value, LedgerEntry.subject == f"drive:{erasure.drive_id}")
        .order_by(LedgerEntry.seq.desc())
    ).scalars()
    for entry in entries:
        if read_content(entry.content)["body"].get("job") == erasure.job_id:
            return entry
    raise Conflict(N_("The ledger holds no claim of this erase ({job})."), job=erasure.job_id)


def _is_owed(session: Session, drive_id: int) -> bool:
    last = session.execute(
        select(Recheck.state)
        .where(Recheck.drive_id == drive_id, Recheck.state.in_(DRAWN))
        .order_by(Recheck.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return last is not None and last != "passed"


def rechecks_of(session: Session, run_id: int) -> list[Recheck]:
    """The drives of a run that were drawn, in the order in which they were."""
    return list(
        session.execute(
            select(Recheck).where(Recheck.run_id == run_id, Recheck.state.in_(DRAWN)).order_by(Recheck.id)
        ).scalars()
    )


def waiting_for_person(session: Session, run_id: int) -> list[Recheck]:
    """The drawn drives of a run that nobody has asked to be read yet."""
    return [row for row in rechecks_of(session, run_id) if row.state == "drawn"]


def authorisers(session: Session, rows: Sequence[Recheck]) -> set[str]:
    """Who authorised the erase of any of these drives: they can't be the second person."""
    return set(
        session.execute(
            select(EraseAuthorisation.authorised_by)
            .join(Erasure, Erasure.authorisation_id == EraseAuthorisation.id)
            .where(Erasure.id.in_([row.erasure_id for row in rows]))
        ).scalars()
    )


def why_not(session: Session, machine: Machine, rows: Sequence[Recheck], user: User) -> str:
    """Why ``user`` can't have these drives read again (a message id), "" when nothing speaks against it."""
    if not rows:
        return N_("No drive of {machine} waits to be read again.")
    if not may(user.role, Right.RECHECK):
        return N_("Your role doesn't allow to have a drive read again: ask a technician or a coordinator.")
    if user.actor in authorisers(session, rows):
        return N_("You authorised this erase: another person must have it read again.")
    if machine.state is State.HELD:
        return N_("{machine} is on hold: release it first.")
    return ""


def ask(session: Session, machine: Machine, run_id: int, user: User) -> list[Recheck]:
    """A second person has the drawn drives of a run read again. The run then goes on by itself.

    Raises:
        Conflict: this person can't, or nothing waits for it.
    """
    rows = waiting_for_person(session, run_id)
    reason = why_not(session, machine, rows, user)
    if reason:
        raise Conflict(reason, "" if rows else N_("Reload the page."), machine=machine.name)
    for row in rows:
        row.state, row.asked_by, row.asked_at = "asked", user.actor, utcnow()
        body = {"recheck": row.id, "machine": machine.id, "run": run_id}
        append(session, Kind.RECHECK_ASKED, f"drive:{row.drive_id}", body, actor=user.actor, site=row.site)
    publish_after_commit(session, f"machine:{machine.id}")
    return rows


def settle(session: Session, row: Recheck, verdict: Verdict, found: dict[str, Any] | None) -> None:
    """Write down what a second reading came to. A failed one voids the claim of the erase."""
    row.validator, row.reason, row.reason_params = found, verdict.reason, dict(verdict.params)
    if verdict.outcome == "unread":
        return  # still asked: it is read once more
    row.state, row.ended_at = verdict.outcome, utcnow()
    body = {
        "recheck": row.id,
        "machine": row.machine_id,
        "run": row.run_id,
        "job": row.job_id,
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "reason_params": without_free_text(dict(verdict.params)),
        "validator_sha256": canonical_digest(found),
    }
    append(session, Kind.RECHECK_DONE, f"drive:{row.drive_id}", body, actor=row.asked_by, site=row.site)
    if verdict.outcome == "failed":
        _void(session, row, verdict, found)
    publish_after_commit(session, f"machine:{row.machine_id}")


def _void(session: Session, row: Recheck, verdict: Verdict, found: dict[str, Any] | None) -> None:
    """The drive is not erased after all: a new claim, in the ledger too.

    What was found becomes part of the evidence, so that the claim still follows from it. A certificate that was
    issued for the claim before no longer agrees with the ledger: the page of verification says so.
    """
    erasure = session.get_one(Erasure, row.erasure_id)
    recheck = {"recheck": row.id, "job": row.job_id, "asked_by": row.asked_by, "validator": found}
    erasure.evidence = {**(erasure.evidence or {}), "recheck": recheck}
    erasure.outcome, erasure.level, erasure.notes = "not_erased", "", []
    erasure.reason, erasure.reason_params = verdict.reason, dict(verdict.params)
    body = {
        "machine": row.machine_id,
        "run": row.run_id,
        "job": erasure.job_id,
        "outcome": "not_erased",
        "level": "",
        "technique": erasure.technique,
        "reason": erasure.reason,
        "reason_params": without_free_text(erasure.reason_params),
        "evidence_sha256": canonical_digest(erasure.evidence),
        "recheck": row.id,
    }
    append(session, Kind.DRIVE_CLAIM, f"drive:{row.drive_id}", body, site=row.site)


def drive_name(session: Session, row: Recheck) -> str:
    """The drive in words, for messages."""
    drive = session.get_one(Drive, row.drive_id)
    return f"{drive.model} {drive.serial}".strip()
