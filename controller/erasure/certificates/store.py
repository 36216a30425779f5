"""The PDF files: made once, kept under the name of their own SHA-256, never made again."""

from __future__ import annotations

import contextvars
import hashlib
import logging
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.database import utcnow
from controller.erasure.certificates.issue import get_certificate
from controller.erasure.certificates.office import Office
from controller.erasure.certificates.statement import make_statement
from controller.erasure.certificates.tables import Certificate, Paper
from controller.erasure.certificates.words import PAPER_NAMES
from controller.erasure.tables import Erasure
from controller.errors import Conflict, RecyclerieError
from controller.i18n import N_, set_language, translate
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.trust.files import write_private
from controller.trust.signing import SigningIdentity, signing_identity

logger = logging.getLogger(__name__)


def identity_of(office: Office) -> SigningIdentity:
    """Who signs this workshop's papers."""
    settings = office.settings
    return signing_identity(
        settings.keys_dir, settings.workshop_name, settings.signing_certificate, settings.signing_key
    )


def finish(office: Office, certificate_id: int) -> Certificate:
    """Make the PDF of an issued paper, unless it is there; draws and signs outside of any transaction.

    Of two that are at it at once, the first to write wins, and the other's file is thrown away.
    """
    with office.database.read() as session:
        certificate = get_certificate(session, certificate_id)
        refuse_withdrawn(session, certificate)
        if certificate.sha256:
            return certificate
        identity = identity_of(office)
        statement = make_statement(session, office, certificate, identity.fingerprints)
    # Here, so that the controller starts without the drawing libraries.
    from controller.erasure.certificates.paper import draw
    from controller.erasure.certificates.signing import sign

    unsigned = draw(statement, office.settings.workshop_logo)
    settings = office.settings
    place = settings.workshop_address.replace("\n", "; ") or settings.workshop_name
    pdf = sign(unsigned, identity, reason=_reason(certificate), place=place)
    digest = hashlib.sha256(pdf).hexdigest()
    path = _path(office, digest)
    write_private(path, pdf)
    with office.database.write() as session:
        certificate = get_certificate(session, certificate_id)
        if certificate.sha256:
            path.unlink(missing_ok=True)
            return certificate
        certificate.sha256, certificate.size_bytes, certificate.signed_at = digest, len(pdf), utcnow()
        append(
            session,
            Kind.CERTIFICATE_SIGNED,
            f"drive:{certificate.drive_id}" if certificate.drive_id else f"machine:{certificate.machine_id}",
            {"certificate": certificate.id, "sha256": digest, "size_bytes": len(pdf)},
            site=certificate.site,
        )
    return certificate


def is_withdrawn(session: Session, certificate: Certificate) -> bool:
    """Whether it is a certificate of an erase that no longer stands: a second reading found it wanting."""
    if certificate.paper not in (Paper.DRIVE, Paper.MACHINE):
        return False
    query = select(Erasure.outcome).where(Erasure.id.in_(certificate.erasure_ids))
    return any(outcome != "erased" for outcome in session.execute(query).scalars())


def refuse_withdrawn(session: Session, certificate: Certificate) -> None:
    """Raise Conflict for a certificate that was withdrawn: it is neither made nor handed out any more."""
    if is_withdrawn(session, certificate):
        raise Conflict(
            N_("{number} was withdrawn: a second reading did not confirm the erase."),
            N_("Erase the drive again, or destroy it."),
            number=certificate.number,
        )


def _reason(certificate: Certificate) -> str:
    def speak() -> str:
        set_language(certificate.language)
        return translate(PAPER_NAMES[certificate.paper])

    return contextvars.copy_context().run(speak)


def finish_pending(office: Office, limit: int = 20) -> int:
    """Make the PDFs that are still to be made, oldest first. Returns how many were made.

    One that can't be made is logged and doesn't keep the others waiting.
    """
    with office.database.read() as session:
        query = select(Certificate.id).where(Certificate.sha256 == "").order_by(Certificate.id).limit(limit)
        pending = list(session.execute(query).scalars())
    made = 0
    for certificate_id in pending:
        try:
            finish(office, certificate_id)
            made += 1
        except Conflict:
            continue  # withdrawn: never made
        except Exception:  # the next ones may well be made; this one is tried again in a minute
            logger.exception("the PDF of certificate %d could not be made", certificate_id)
    return made


def pdf_of(office: Office, certificate_id: int) -> tuple[Certificate, bytes]:
    """A paper and its PDF, made now if it was not yet.

    Raises:
        RecyclerieError: the file is gone, or is not the one that was made: it is not made again.
    """
    certificate = finish(office, certificate_id)
    path = _path(office, certificate.sha256)
    try:
        pdf = path.read_bytes()
    except FileNotFoundError:
        pdf = b""
    if hashlib.sha256(pdf).hexdigest() != certificate.sha256:
        raise RecyclerieError(
            N_("The file of {number} is gone or was changed."),
            N_("Restore {file} from the backup: a signed paper is never made a second time."),
            number=certificate.number,
            file=path,
        )
    return certificate, pdf


def _path(office: Office, digest: str) -> Path:
    return office.settings.certificates_dir / f"{digest}.pdf"
