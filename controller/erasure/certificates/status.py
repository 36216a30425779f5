"""What the public page says of a paper: what was erased, and whether everything still holds. Nothing personal."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from agent.protocol import DriveKey
from controller.erasure.certificates import facts
from controller.erasure.certificates.issue import claim_entry
from controller.erasure.certificates.office import Office
from controller.erasure.certificates.store import is_withdrawn
from controller.erasure.certificates.tables import Certificate, Destruction, Paper
from controller.erasure.certificates.words import LEVELS, maker
from controller.erasure.claim import claim
from controller.erasure.tables import EraseAuthorisation, Erasure
from controller.errors import RecyclerieError
from controller.ledger.chain import canonical_digest, content_hash, read_content
from controller.ledger.tables import LedgerEntry
from controller.machines.tables import Machine


@dataclass(frozen=True, kw_only=True)
class PublicDrive:
    """One drive, as anybody with the paper may know it."""

    manufacturer: str
    model: str
    serial: str
    size_bytes: int
    erased: bool
    level: str  # Clear, Purge, ""
    technique: str  # Technique
    ended_at: dt.datetime | None
    again: bool  # it was erased, or tried, once more since


@dataclass(frozen=True, kw_only=True)
class PublicStatus:
    """One paper."""

    number: str
    kind: Paper
    issued_at: dt.datetime
    tag: str  # of the computer
    drives: tuple[PublicDrive, ...]
    method: str  # how it was destroyed, "" while it was not
    destroyed_on: dt.date | None
    withdrawn: bool  # a certificate of an erase that a second reading did not confirm
    sha256: str  # of the PDF, "" until it is made
    evidence_ok: bool  # the claim follows from the evidence that is kept
    ledger_ok: bool  # claim and issue are in the ledger, unchanged
    file_ok: bool  # the PDF that is kept is the one that was signed

    @property
    def is_certificate(self) -> bool:
        """Whether it says that data was erased."""
        return self.kind in (Paper.DRIVE, Paper.MACHINE)

    @property
    def ok(self) -> bool:
        """Whether everything holds."""
        return not self.withdrawn and self.evidence_ok and self.ledger_ok and self.file_ok


def public_status(session: Session, office: Office, certificate: Certificate) -> PublicStatus:
    """Look at everything again; reads only."""
    erasures = [session.get_one(Erasure, i) for i in certificate.erasure_ids]
    destruction = None
    if certificate.drive_id is not None and certificate.paper in (Paper.DESTRUCTION, Paper.DESTROYED):
        query = select(Destruction).where(Destruction.drive_id == certificate.drive_id)
        destruction = session.execute(query).scalar_one_or_none()
    return PublicStatus(
        number=certificate.number,
        kind=certificate.paper,
        issued_at=certificate.issued_at,
        tag=session.get_one(Machine, certificate.machine_id).tag or "",
        drives=tuple(_drive(session, e) for e in erasures),
        method=destruction.method if destruction else "",
        destroyed_on=destruction.destroyed_on if destruction else None,
        withdrawn=is_withdrawn(session, certificate),
        sha256=certificate.sha256,
        evidence_ok=all(_follows(session, e) for e in erasures),
        ledger_ok=_recorded(session, certificate, erasures),
        file_ok=_kept(office, certificate),
    )


def _drive(session: Session, erasure: Erasure) -> PublicDrive:
    key = _key(session, erasure)
    newer = select(Erasure.id).where(Erasure.drive_id == erasure.drive_id, Erasure.id > erasure.id).limit(1)
    return PublicDrive(
        manufacturer=maker(key["model"]),
        model=key["model"],
        serial=key["serial"],
        size_bytes=key["size_bytes"],
        erased=erasure.outcome == "erased",
        level=LEVELS.get(erasure.level, ""),
        technique=facts.technique_of(erasure.evidence),
        ended_at=erasure.ended_at,
        again=session.execute(newer).first() is not None,
    )


def _key(session: Session, erasure: Erasure) -> DriveKey:
    drives = session.get_one(EraseAuthorisation, erasure.authorisation_id).drives
    given = next(d for d in drives if d["drive_id"] == erasure.drive_id)
    return {
        "serial": given["serial"],
        "wwn": given["wwn"],
        "model": given["model"],
        "size_bytes": given["size_bytes"],
    }


def _follows(session: Session, erasure: Erasure) -> bool:
    verdict = claim(erasure.evidence, _key(session, erasure))
    return (verdict.outcome, verdict.level) == (erasure.outcome, erasure.level)


def _recorded(session: Session, certificate: Certificate, erasures: list[Erasure]) -> bool:
    issued = session.get(LedgerEntry, certificate.entry_seq)
    if issued is None or content_hash(issued.content) != issued.hash:
        return False
    claims = {(c["seq"], c["hash"]) for c in read_content(issued.content)["body"]["claims"]}
    for erasure in erasures:
        try:
            entry = claim_entry(session, erasure)
        except RecyclerieError:
            return False
        body = read_content(entry.content)["body"]
        if content_hash(entry.content) != entry.hash or (entry.seq, entry.hash) not in claims:
            return False
        if (body["outcome"], body["level"]) != (erasure.outcome, erasure.level):
            return False
        if body["evidence_sha256"] != canonical_digest(erasure.evidence):
            return False
    return True


def _kept(office: Office, certificate: Certificate) -> bool:
    if not certificate.sha256:
        return True  # not made yet
    path = office.settings.certificates_dir / f"{certificate.sha256}.pdf"
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == certificate.sha256
    except OSError:
        return False
