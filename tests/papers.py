"""Drives that were erased, or not, with the facts in the tables and the ledger: what papers are issued from."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.access.people import create_user
from controller.access.roles import Role
from controller.access.tables import User
from controller.core import Core
from controller.database import utcnow
from controller.erasure.authorise import authorise, preview
from controller.erasure.certificates.issue import issue_for
from controller.erasure.certificates.tables import Certificate
from controller.erasure.claim import claim
from controller.erasure.tables import EraseAuthorisation, Erasure
from controller.ledger.append import append
from controller.ledger.chain import canonical_digest
from controller.ledger.kinds import Kind
from controller.ledger.tables import LedgerEntry
from controller.machines.intake import create_lot, expect_machines, tie
from controller.machines.lifecycle import State
from controller.machines.tables import Lot, Machine
from controller.workflows.tables import Run
from tests.acceptance.web import scene
from tests.unit.controller.evidence import BLOCK_ERASED, GOOD

DONOR = "Ville de Gardanne, direction informatique"


def technician(session: Session, name: str = "Karim Benali", login: str = "karim") -> User:
    """Somebody who authorises."""
    known = session.execute(select(User).where(User.login == login)).scalar_one_or_none()
    return known or create_user(
        session, site="main", login=login, display_name=name, role=Role.TECHNICIAN, password="le-chat-dort-ici"
    )


def lot(session: Session, donor: str = DONOR) -> Lot:
    """A donation."""
    return create_lot(
        session,
        site="main",
        donor_name=donor,
        donor_kind="public",
        regime="never-sold",
        received_on=dt.date(2026, 3, 12),
        expected_count=3,
        profile="mini",
        notes="",
        actor="user:1",
    )


def machine(
    session: Session, drives: list[dict[str, Any]], serial: str = "PAPER01", given: Lot | None = None
) -> Machine:
    """A computer with these drives, inspected and tied to a lot."""
    given = given or lot(session)
    found = scene.welcome(session, serial, None, drives)
    label = expect_machines(session, given, 1, "user:1")[0]
    tie(session, found, given, "user:1", label.tag)
    if found.state is State.PLUGGED:
        found.state_name = State.INSPECTED.value
    return found


def evidence_for(key: dict[str, Any], good: dict[str, Any], authorisation: EraseAuthorisation) -> dict[str, Any]:
    """``good`` as if it were of this drive."""
    old = good["drive_before"]["size_bytes"]
    text = copy.deepcopy(good)

    def swap(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: swap(v) for k, v in value.items()}
        if isinstance(value, list):
            return [swap(v) for v in value]
        if isinstance(value, int) and not isinstance(value, bool) and value == old:
            return key["size_bytes"]
        return value

    found: dict[str, Any] = swap(text)
    facts = {**found["drive_before"], **{k: key[k] for k in ("serial", "wwn", "model", "size_bytes")}}
    found["drive_before"] = found["drive_after"] = facts
    if found["canaries"]:
        found["canaries"]["places"] = [0, 1_048_576, key["size_bytes"] - 4096]
        part = key["size_bytes"] // 10 + 4096
        found["validator"]["bytes_read"] = found["validator"]["bytes_expected"] = part
    found["authorisation_id"], found["authorised_by"] = authorisation.id, authorisation.authorised_by
    return found


def erase(
    session: Session, core: Core, of: Machine, good: list[dict[str, Any] | None] | None = None, issue: bool = True
) -> list[Erasure]:
    """Authorise and erase every drive of ``of``, each with its evidence of ``good`` (None: none came back)."""
    user = technician(session)
    shown = preview(session, of)
    given = authorise(session, of, [(d.drive.id, d.drive.serial) for d in shown.drives], user.actor)
    now = utcnow()
    run = Run(
        machine_id=of.id,
        workflow="recondition",
        generation=1,
        profile="mini",
        state="running",
        started_by=user.actor,
        created_at=now,
        error_params={},
    )
    session.add(run)
    session.flush()
    erasures = []
    for n, drive in enumerate(given.drives):
        chosen = (good or [GOOD] * len(given.drives))[n]
        evidence = evidence_for(drive, chosen, given) if chosen else None
        verdict = claim(evidence, {k: drive[k] for k in ("serial", "wwn", "model", "size_bytes")})  # type: ignore[arg-type]
        erasure = Erasure(
            drive_id=drive["drive_id"],
            machine_id=of.id,
            run_id=run.id,
            authorisation_id=given.id,
            job_id=f"r{run.id}-erase-d{drive['drive_id']}-1",
            plan=drive["plan"] or {},
            evidence=evidence,
            outcome=verdict.outcome,
            level=verdict.level,
            technique=verdict.technique,
            reason=verdict.reason,
            reason_params=verdict.params,
            notes=list(verdict.notes),
            size_bytes=drive["size_bytes"],
            started_at=now,
            ended_at=now,
        )
        session.add(erasure)
        session.flush()
        append(
            session,
            Kind.DRIVE_CLAIM,
            f"drive:{erasure.drive_id}",
            {
                "machine": of.id,
                "run": run.id,
                "job": erasure.job_id,
                "outcome": verdict.outcome,
                "level": verdict.level,
                "reason": verdict.reason,
                "reason_params": verdict.params,
                "evidence_sha256": canonical_digest(evidence),
            },
            site=of.site,
        )
        if issue:
            issue_for(session, core, erasure)
        erasures.append(erasure)
    return erasures


def papers(session: Session) -> list[Certificate]:
    """Every paper, oldest first."""
    return list(session.execute(select(Certificate).order_by(Certificate.id)).scalars())


def entries(session: Session, kind: Kind) -> list[LedgerEntry]:
    """The ledger's entries of one kind."""
    query = select(LedgerEntry).where(LedgerEntry.kind == kind.value).order_by(LedgerEntry.seq)
    return list(session.execute(query).scalars())


__all__ = ["BLOCK_ERASED", "GOOD"]
