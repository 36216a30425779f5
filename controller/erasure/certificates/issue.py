"""Issue papers: a row, a ledger entry and a signed checkpoint, in the transaction of the fact itself.

The PDF is made afterwards, outside of any transaction (``store``): drawing and signing take a second.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.access.secrets import hash_secret
from controller.bus import publish_after_commit
from controller.database import utcnow
from controller.erasure.certificates.office import Office
from controller.erasure.certificates.tables import Certificate, Destruction, Paper
from controller.erasure.tables import Erasure
from controller.errors import Conflict, NotFound
from controller.i18n import LANGUAGES, N_
from controller.ledger.append import append
from controller.ledger.chain import read_content
from controller.ledger.checkpoint import make_checkpoint
from controller.ledger.kinds import Kind
from controller.ledger.tables import LedgerEntry
from controller.machines.tables import Drive, Machine

# 138 random bits: nobody guesses one. Letters that a person can read from paper and type.
TOKEN_LETTERS, TOKEN_LENGTH = "abcdefghjkmnpqrstuvwxyz23456789", 28


def issue_for(session: Session, office: Office, erasure: Erasure) -> Certificate:
    """The drive's certificate if ``erasure`` says erased, else its destruction sheet.

    To be called by the erase step (``_judge``) right after it appended the ``drive.claim`` entry, in the same
    writing transaction, once ``erasure`` has its ``outcome``, ``level``, ``evidence`` and ``ended_at``:

        issue_for(tx.session, tx.core, erasure)

    Called again for the same erasure it returns the paper that is there. It draws nothing and signs no PDF: it
    adds one row, one ledger entry and one checkpoint (Ed25519 over that entry, so that the paper can carry its
    own proof). The PDF is made by the housekeeping within a minute, or when somebody opens it first.

    Raises:
        Conflict: the erasure has no ``drive.claim`` entry in the ledger yet, or isn't judged.
    """
    if erasure.ended_at is None:
        raise Conflict(N_("The erase of drive {id} is not judged yet: no paper can be issued."), id=erasure.drive_id)
    paper = Paper.DRIVE if erasure.outcome == "erased" else Paper.DESTRUCTION
    return _issue(
        session,
        office,
        paper,
        office.settings.default_language,
        [erasure],
        machine=session.get_one(Machine, erasure.machine_id),
    )


def issue_for_machine(session: Session, office: Office, machine: Machine, run_id: int) -> Certificate | None:
    """The computer's certificate, once every drive that ``run_id`` was to erase is erased; ``None`` otherwise.

    To be called by the erase step (``complete``), in its writing transaction: ``issue_for_machine(tx.session,
    tx.core, tx.machine, tx.run.id)``. Drives that were taken out since the authorisation are not spoken of.
    """
    rows = session.execute(select(Erasure).where(Erasure.run_id == run_id).order_by(Erasure.id)).scalars()
    newest = {row.drive_id: row for row in rows}
    inside = set(session.execute(select(Drive.id).where(Drive.machine_id == machine.id)).scalars())
    if not newest or not inside <= newest.keys() or any(newest[i].outcome != "erased" for i in inside):
        return None
    erasures = [newest[i] for i in sorted(inside)] or list(newest.values())
    if any(e.outcome != "erased" for e in erasures):
        return None
    return _issue(session, office, Paper.MACHINE, office.settings.default_language, erasures, machine=machine)


def issue_in(session: Session, office: Office, certificate: Certificate, language: str, actor: str) -> Certificate:
    """The same paper in another language: a paper of its own, with its own number and token."""
    if language not in LANGUAGES:
        raise Conflict(N_("There is no paper in this language."), N_("Choose French or English."))
    erasures = [session.get_one(Erasure, i) for i in certificate.erasure_ids]
    if certificate.paper in (Paper.DRIVE, Paper.MACHINE) and any(e.outcome != "erased" for e in erasures):
        raise Conflict(
            N_("{number} was withdrawn: a second reading did not confirm the erase."),
            N_("Erase the drive again, or destroy it."),
            number=certificate.number,
        )
    machine = session.get_one(Machine, certificate.machine_id)
    destruction = session.get(Destruction, certificate.destruction_id) if certificate.destruction_id else None
    return _issue(
        session, office, certificate.paper, language, erasures, machine=machine, destruction=destruction, actor=actor
    )


def issue_destroyed(session: Session, office: Office, destruction: Destruction, entry: LedgerEntry) -> Certificate:
    """The completed destruction sheet; ``entry`` is the ``drive.destroyed`` fact just appended."""
    erasure = session.get_one(Erasure, destruction.erasure_id)
    machine = session.get_one(Machine, destruction.machine_id)
    return _issue(
        session,
        office,
        Paper.DESTROYED,
        office.settings.default_language,
        [erasure],
        machine=machine,
        destruction=destruction,
        destroyed=entry,
        actor=destruction.recorded_by,
    )


def get_certificate(session: Session, certificate_id: int) -> Certificate:
    """The paper with this id.

    Raises:
        NotFound: there is none.
    """
    found = session.get(Certificate, certificate_id)
    if found is None:
        raise NotFound(
            N_("There is no certificate {id}."), N_("Look for it on the page of the drive."), id=certificate_id
        )
    return found


def claim_entry(session: Session, erasure: Erasure) -> LedgerEntry:
    """The ledger's entry of what was claimed.

    Raises:
        Conflict: there is none.
    """
    query = (
        select(LedgerEntry)
        .where(LedgerEntry.kind == Kind.DRIVE_CLAIM.value, LedgerEntry.subject == f"drive:{erasure.drive_id}")
        .order_by(LedgerEntry.seq.desc())
    )
    for entry in session.execute(query).scalars():
        if read_content(entry.content)["body"].get("job") == erasure.job_id:
            return entry
    raise Conflict(N_("The ledger holds no claim of this erase ({job})."), job=erasure.job_id)


def destroyed_entry(session: Session, destruction: Destruction) -> LedgerEntry:
    """The ledger's entry of a destruction."""
    query = (
        select(LedgerEntry)
        .where(LedgerEntry.kind == Kind.DRIVE_DESTROYED.value, LedgerEntry.subject == f"drive:{destruction.drive_id}")
        .order_by(LedgerEntry.seq.desc())
        .limit(1)
    )
    return session.execute(query).scalar_one()


def _issue(
    session: Session,
    office: Office,
    paper: Paper,
    language: str,
    erasures: Sequence[Erasure],
    *,
    machine: Machine,
    destruction: Destruction | None = None,
    destroyed: LedgerEntry | None = None,
    actor: str = "controller",
) -> Certificate:
    session.flush()
    ids = [e.id for e in erasures]
    single = erasures[0] if paper is not Paper.MACHINE else None
    known = select(Certificate).where(Certificate.kind == paper.value, Certificate.language == language)
    known = known.where(Certificate.erasure_id == single.id if single else Certificate.machine_id == machine.id)
    for row in session.execute(known).scalars():
        if row.erasure_ids == ids:
            return row
    claims = [claim_entry(session, e) for e in erasures]
    if destruction is not None and destroyed is None:
        destroyed = destroyed_entry(session, destruction)
    now = utcnow()
    certificate = Certificate(
        site=machine.site,
        kind=paper.value,
        language=language,
        drive_id=single.drive_id if single else None,
        erasure_id=single.id if single else None,
        erasure_ids=ids,
        destruction_id=destruction.id if destruction else None,
        machine_id=machine.id,
        token="".join(secrets.choice(TOKEN_LETTERS) for _ in range(TOKEN_LENGTH)),
        entry_seq=0,
        issued_at=now,
        issued_by=actor,
    )
    session.add(certificate)
    session.flush()
    body: dict[str, Any] = {
        "certificate": certificate.id,
        "kind": paper.value,
        "language": language,
        "token_sha256": hash_secret(certificate.token),
        "claims": [{"seq": entry.seq, "hash": entry.hash} for entry in claims],
    }
    if destroyed is not None:
        body["destruction"] = {"seq": destroyed.seq, "hash": destroyed.hash}
    subject = f"drive:{single.drive_id}" if single else machine.subject
    entry = append(session, Kind.CERTIFICATE_ISSUED, subject, body, actor=actor, site=machine.site)
    certificate.entry_seq = entry.seq
    make_checkpoint(session, office.keys.ledger)
    publish_after_commit(session, f"machine:{machine.id}")
    return certificate
