"""The chain's pure rules: what is hashed, and how one entry holds the one before."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import rfc8785

GENESIS = "0" * 64
MAX_INTEGER = 2**53 - 1  # RFC 8785: beyond, readers of JSON disagree about the value


def format_time(at: dt.datetime) -> str:
    """ISO 8601, UTC, microseconds, ``Z``: one text for one instant."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def entry_content(
    *,
    seq: int,
    at: dt.datetime,
    site: str,
    kind: str,
    subject: str,
    actor: str,
    body: dict[str, Any],
    previous: str,
) -> str:
    """Canonical JSON (RFC 8785) of one entry, the hash of the one before included.

    Raises:
        rfc8785.CanonicalizationError: a value that JSON can't hold exactly (a float that is not finite,
            an integer beyond 2⁵³).
    """
    return rfc8785.dumps(
        {
            "seq": seq,
            "at": format_time(at),
            "site": site,
            "kind": kind,
            "subject": subject,
            "actor": actor,
            "body": body,
            "previous": previous,
        }
    ).decode()


def content_hash(content: str) -> str:
    """SHA-256 of the canonical text, hex."""
    return hashlib.sha256(content.encode()).hexdigest()


def canonical_digest(value: Any) -> str:
    """SHA-256, hex, of a JSON value's canonical form.

    A drive's counters may be beyond what JSON holds exactly (2⁵³): such an integer is digested as its decimal
    text, so that no drive's evidence can be without a digest.
    """
    return hashlib.sha256(canonical_bytes(value)).hexdigest()


def canonical_bytes(value: Any) -> bytes:
    """What ``canonical_digest`` is the digest of."""
    return rfc8785.dumps(_exact(value))


def _exact(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _exact(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_INTEGER:
        return str(value)
    return value


def read_content(content: str) -> dict[str, Any]:
    """The entry back from its canonical text."""
    value = json.loads(content)
    if not isinstance(value, dict):
        raise ValueError("a ledger entry is not a JSON object")
    return value
