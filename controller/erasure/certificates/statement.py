"""What a paper states, as data: read from the tables, embedded in the PDF, printed on it. No words of a language."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.access.tables import User
from controller.erasure.certificates import facts
from controller.erasure.certificates.issue import claim_entry, destroyed_entry
from controller.erasure.certificates.office import Office, verification_page
from controller.erasure.certificates.tables import Certificate, Destruction, Paper
from controller.erasure.certificates.words import JOB_TITLES, maker
from controller.erasure.tables import EraseAuthorisation, Erasure
from controller.ledger.chain import canonical_bytes
from controller.ledger.tables import LedgerCheckpoint, LedgerEntry
from controller.machines.tables import Drive, Machine

SCHEMA = "recyclerie.certificate/1"
STATEMENT_FILE = "certificate.json"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A statement, and the evidence files that it names."""

    body: dict[str, Any]
    files: dict[str, bytes]  # name → canonical JSON whose SHA-256 the ledger holds

    @property
    def canonical(self) -> bytes:
        """The statement's own file."""
        return canonical_bytes(self.body)


def make_statement(session: Session, office: Office, certificate: Certificate, signers: list[str]) -> Statement:
    """Everything that ``certificate`` says.

    Args:
        signers: SHA-256 of the certificates that the PDF will be signed with, the signer's own first.
    """
    machine = session.get_one(Machine, certificate.machine_id)
    issued = session.get_one(LedgerEntry, certificate.entry_seq)
    checkpoint = session.get_one(LedgerCheckpoint, certificate.entry_seq)
    public = office.keys.ledger.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    erasures = [session.get_one(Erasure, i) for i in certificate.erasure_ids]
    files: dict[str, bytes] = {}
    drives = [_drive(session, e, files) for e in erasures]
    settings = office.settings
    body: dict[str, Any] = {
        "schema": SCHEMA,
        "kind": certificate.kind,
        "language": certificate.language,
        "number": certificate.number,
        "issued_at": certificate.issued_at.isoformat(),
        "workshop": {
            "name": settings.workshop_name,
            "address": settings.workshop_address,
            "contact": settings.workshop_contact,
            "site": certificate.site,
            "timezone": settings.timezone,
        },
        "verification": {"url": verification_page(settings, certificate.token), "token": certificate.token},
        "machine": {
            "id": machine.id,
            "tag": machine.tag or "",
            "manufacturer": machine.manufacturer,
            "product": machine.product,
            "serial": machine.serial,
            "form": machine.form,
        },
        "donor": {"name": machine.lot.donor_name, "lot": machine.lot.code} if machine.lot else None,
        "people": _people(session, erasures[0]),
        "drives": drives,
        "destruction": _destruction(session, certificate),
        "chain": {
            "issued": _entry(issued),
            "checkpoint": {"content": checkpoint.content, "signature": checkpoint.signature},
            "ledger_key": base64.b64encode(public).decode(),
        },
        "signature": {"certificates": signers},
    }
    return Statement(body=body, files=files)


def _entry(entry: LedgerEntry) -> dict[str, Any]:
    return {"content": entry.content, "hash": entry.hash}


def _drive(session: Session, erasure: Erasure, files: dict[str, bytes]) -> dict[str, Any]:
    drive = session.get_one(Drive, erasure.drive_id)
    authorisation = session.get_one(EraseAuthorisation, erasure.authorisation_id)
    given = next(d for d in authorisation.drives if d["drive_id"] == drive.id)
    key = {name: given[name] for name in ("serial", "wwn", "model", "size_bytes")}
    evidence = erasure.evidence
    name = f"evidence-drive-{drive.id}.json"
    files[name] = canonical_bytes(evidence)
    method, result = facts.validation(evidence)
    started, ended = facts.times(evidence)
    return {
        "id": drive.id,
        "manufacturer": maker(key["model"]),
        "media": facts.medium(evidence, drive.facts or {}),
        "transport": drive.transport,
        "key": key,
        "size_bytes": int(key["size_bytes"]),
        "outcome": erasure.outcome,
        "level": erasure.level,
        "technique": facts.technique_of(evidence),
        "tools": facts.tools_of(evidence),
        "validator": facts.validator_of(evidence),
        "verification": facts.verification(evidence),
        "validation": {"method": method, "result": result},
        "hidden": facts.hidden(evidence),
        "health": facts.health(evidence),
        "reason": {"message": erasure.reason, "params": erasure.reason_params or {}} if erasure.reason else None,
        "notes": list(getattr(erasure, "notes", None) or []),
        "started_at": started or erasure.started_at.isoformat(),
        "ended_at": ended or (erasure.ended_at.isoformat() if erasure.ended_at else ""),
        "in_machine": drive.machine_id == erasure.machine_id,
        "evidence": {"file": name, "sha256": hashlib.sha256(files[name]).hexdigest()},
        "claim": _entry(claim_entry(session, erasure)),
    }


def _people(session: Session, erasure: Erasure) -> dict[str, Any]:
    """Who authorised and so answers for the erase: named on the paper, a number in the ledger."""
    actor = session.get_one(EraseAuthorisation, erasure.authorisation_id).authorised_by
    return {"sanitization": _person(session, actor)}


def _person(session: Session, actor: str) -> dict[str, str]:
    kind, _, number = actor.partition(":")
    user = session.get(User, int(number)) if kind == "user" and number.isdigit() else None
    if user is None:
        return {"id": actor, "name": "", "title": ""}
    return {"id": actor, "name": user.display_name, "title": JOB_TITLES[user.role.value]}


def _destruction(session: Session, certificate: Certificate) -> dict[str, Any] | None:
    if certificate.destruction_id is None or certificate.paper is not Paper.DESTROYED:
        return None
    destruction = session.get_one(Destruction, certificate.destruction_id)
    user = session.execute(select(User).where(User.id == destruction.person_id)).scalar_one()
    return {
        "method": destruction.method,
        "on": destruction.destroyed_on.isoformat(),
        "person": _person(session, user.actor),
        "photo": destruction.photo,
        "entry": _entry(destroyed_entry(session, destruction)),
    }
