"""What a paper carries of the ledger, checked without the database: claim → issue → signed checkpoint. Pure."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from controller.access.secrets import hash_secret
from controller.ledger.chain import content_hash, read_content
from controller.ledger.checkpoint import key_id
from controller.ledger.kinds import Kind


def chain_faults(statement: dict[str, Any]) -> list[str]:
    """What does not hold, in English; empty when everything does. What can't be read is a fault."""
    try:
        return list(_faults(statement))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        return [f"the proof of the ledger can't be read ({type(error).__name__})"]


def ledger_key(statement: dict[str, Any]) -> Ed25519PublicKey:
    """The public key that the paper says signs the ledger."""
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(statement["chain"]["ledger_key"], validate=True))


def _faults(statement: dict[str, Any]) -> Iterator[str]:
    chain = statement["chain"]
    yield from _hash_fault(chain["issued"], "the entry of issue")
    issued = read_content(chain["issued"]["content"])
    body = issued["body"]
    if issued["kind"] != Kind.CERTIFICATE_ISSUED.value:
        yield "the entry of issue is of another kind"
    number = int(statement["number"].rpartition("-")[2])
    for name, said, recorded in (
        ("number", number, body["certificate"]),
        ("kind", statement["kind"], body["kind"]),
        ("language", statement["language"], body["language"]),
        ("token", hash_secret(statement["verification"]["token"]), body["token_sha256"]),
    ):
        if said != recorded:
            yield f"the paper's {name} is not the one that the ledger recorded"
    if len(body["claims"]) != len(statement["drives"]):
        yield "the ledger recorded another number of drives"
    for drive, recorded in zip(statement["drives"], body["claims"], strict=False):
        yield from _claim_faults(drive, recorded)
    if statement["destruction"]:
        yield from _destruction_faults(statement["destruction"], body["destruction"])
    yield from _checkpoint_faults(chain, issued["seq"], ledger_key(statement))


def _hash_fault(entry: dict[str, Any], name: str) -> Iterator[str]:
    if content_hash(entry["content"]) != entry["hash"]:
        yield f"{name} was changed: its content does not match its hash"


def _claim_faults(drive: dict[str, Any], recorded: dict[str, Any]) -> Iterator[str]:
    entry, name = drive["claim"], f"the claim of drive {drive['key']['serial'] or drive['id']}"
    yield from _hash_fault(entry, name)
    content = read_content(entry["content"])
    body = content["body"]
    if (content["seq"], entry["hash"]) != (recorded["seq"], recorded["hash"]):
        yield f"{name} is not the one that the paper was issued for"
    if content["kind"] != Kind.DRIVE_CLAIM.value or content["subject"] != f"drive:{drive['id']}":
        yield f"{name} is about something else"
    for field in ("outcome", "level"):
        if body[field] != drive[field]:
            yield f"{name}: the ledger says {body[field] or 'nothing'!r}, the paper {drive[field] or 'nothing'!r}"
    if body["evidence_sha256"] != drive["evidence"]["sha256"]:
        yield f"{name}: the evidence is not the one that the ledger recorded"


def _destruction_faults(destruction: dict[str, Any], recorded: dict[str, Any]) -> Iterator[str]:
    entry = destruction["entry"]
    yield from _hash_fault(entry, "the entry of destruction")
    content = read_content(entry["content"])
    if (content["seq"], entry["hash"]) != (recorded["seq"], recorded["hash"]):
        yield "the entry of destruction is not the one that the sheet was issued for"
    if (content["body"]["method"], content["body"]["on"]) != (destruction["method"], destruction["on"]):
        yield "the destruction on the sheet is not the one that the ledger recorded"


def _checkpoint_faults(chain: dict[str, Any], seq: int, public: Ed25519PublicKey) -> Iterator[str]:
    content = chain["checkpoint"]["content"]
    try:
        public.verify(base64.b64decode(chain["checkpoint"]["signature"], validate=True), content.encode())
    except (InvalidSignature, ValueError):
        yield "the ledger's checkpoint is not signed by the key that the paper names"
    signed = read_content(content)
    if (signed["seq"], signed["hash"], signed["key"]) != (seq, chain["issued"]["hash"], key_id(public)):
        yield "the ledger's checkpoint signs another entry"
