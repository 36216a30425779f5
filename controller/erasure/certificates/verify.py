"""Check a paper without the database and without a network: file, signature, evidence, claim, ledger, pages."""

from __future__ import annotations

import hashlib
import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from controller.erasure.certificates.anchors import Anchors
from controller.erasure.certificates.apart import apart
from controller.erasure.certificates.chainproof import chain_faults, ledger_key
from controller.erasure.certificates.container import BadContainer, check_container, signature_of
from controller.erasure.certificates.printed import missing, page_text
from controller.erasure.certificates.signing import as_asn1
from controller.erasure.certificates.statement import SCHEMA, STATEMENT_FILE
from controller.erasure.claim import claim
from controller.ledger.checkpoint import key_id

SIGNERS = {"digital_signature", "non_repudiation"}
MAX_BYTES = 20_000_000
for _noisy in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_noisy).setLevel(logging.CRITICAL)  # what they find is in our own words


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was found of one file."""

    faults: tuple[str, ...]  # English sentences; empty when everything that was checked holds
    trusted: bool | None  # whether the signer is the workshop's; None: no anchor was given
    signer: str = ""
    statement: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong. Says nothing of who signed unless ``trusted``."""
        return not self.faults


def verify_pdf(pdf: bytes, anchors: Anchors | None = None) -> Verdict:
    """Check one paper.

    Args:
        anchors: whom to believe; without them the file can be whole, and yet be anybody's.
    """
    if len(pdf) > MAX_BYTES:
        return Verdict(faults=("the file is too large to be one of our papers",), trusted=None)
    try:
        return apart(lambda: _verify(pdf, anchors))
    except BadContainer as error:
        return Verdict(faults=(str(error),), trusted=None)
    except Exception as error:  # whatever a damaged file can do to a parser
        return Verdict(faults=(f"the file can't be read as one of our papers ({type(error).__name__})",), trusted=None)


def _verify(pdf: bytes, anchors: Anchors | None) -> Verdict:
    der = signature_of(pdf)
    reader = PdfFileReader(io.BytesIO(pdf), strict=True)
    signatures = list(reader.embedded_signatures)
    if len(signatures) != 1:
        raise BadContainer(f"the file has {len(signatures)} signatures instead of one")
    roots = [as_asn1(c) for c in anchors.certificates] if anchors else []
    status = validate_pdf_signature(
        signatures[0],
        ValidationContext(trust_roots=roots, allow_fetching=False),
        # An operator's certificate may have either bit; without the right one it is no signer at all.
        key_usage_settings=KeyUsageConstraints(
            key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
        ),
    )
    faults = []
    if not status.intact:
        faults.append("the file was changed after it was signed")
    if not status.valid:
        faults.append("the signature is wrong")
    if status.coverage is not SignatureCoverageLevel.ENTIRE_FILE:
        faults.append("the signature doesn't cover the whole file")
    if faults:
        return Verdict(faults=tuple(faults), trusted=None)
    files = _attachments(reader)
    statement = json.loads(files[STATEMENT_FILE])
    check_container(der, statement["signature"]["certificates"])
    faults += _statement_faults(statement, files)
    faults += chain_faults(statement)
    lost = missing(statement, page_text(reader))
    if lost:
        faults.append("the pages say something else than the statement inside: not found are " + ", ".join(lost))
    trusted = None
    if anchors is not None:
        trusted = bool(status.trusted) or _pinned(status.signing_cert.dump(), anchors)
        if not trusted:
            faults.append("it was not signed by the workshop whose key was given")
        if anchors.ledger_keys and key_id(ledger_key(statement)) not in anchors.ledger_keys:
            faults.append("the ledger's key is not the one that the workshop publishes")
    name = status.signing_cert.subject.native.get("common_name", "")
    return Verdict(faults=tuple(faults), trusted=trusted, signer=str(name), statement=statement)


def _pinned(der: bytes, anchors: Anchors) -> bool:
    """Whether the signer's own certificate is one that was given."""
    return hashlib.sha256(der).digest() in {c.fingerprint(hashes.SHA256()) for c in anchors.certificates}


def _attachments(reader: PdfFileReader) -> dict[str, bytes]:
    names = [item.get_object() for item in reader.root["/Names"]["/EmbeddedFiles"]["/Names"]]
    files = {}
    for name, place in zip(names[::2], names[1::2], strict=True):
        files[str(name)] = bytes(place["/EF"]["/F"].data)
    return files


def _statement_faults(statement: dict[str, Any], files: dict[str, bytes]) -> Iterator[str]:
    if statement["schema"] != SCHEMA:
        yield f"the statement is of another version ({statement['schema']}): use a newer recyclerie"
        return
    named = {drive["evidence"]["file"] for drive in statement["drives"]}
    if named | {STATEMENT_FILE} != set(files):
        yield "the files inside are not those that the statement names"
        return
    certificate = statement["kind"] in ("drive", "machine")
    for drive in statement["drives"]:
        name = f"drive {drive['key']['serial'] or drive['id']}"
        data = files[drive["evidence"]["file"]]
        if hashlib.sha256(data).hexdigest() != drive["evidence"]["sha256"]:
            yield f"{name}: the evidence inside is not the one that is printed"
        verdict = claim(json.loads(data), drive["key"])
        if (verdict.outcome, verdict.level) != (drive["outcome"], drive["level"]):
            yield (
                f"{name}: the evidence supports {verdict.outcome} {verdict.level}".rstrip()
                + f", the paper says {drive['outcome']} {drive['level']}".rstrip()
            )
        if certificate != (drive["outcome"] == "erased"):
            yield f"{name}: a certificate is for erased drives, a destruction sheet for the others"
