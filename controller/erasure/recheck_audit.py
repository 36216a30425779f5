"""Whether every draw of the ledger holds, and whether what was drawn was read again. Reads the ledger alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.erasure.recheck_draw import draw_faults
from controller.ledger.chain import read_content
from controller.ledger.kinds import Kind
from controller.ledger.tables import LedgerEntry
from controller.ledger.verify import Verification, verify

KINDS = (Kind.DRIVE_CLAIM, Kind.RECHECK_DRAWN, Kind.RECHECK_DONE, Kind.ERASE_AUTHORISED, Kind.RECHECK_ASKED)


@dataclass
class _Seen:
    """What the entries read so far say."""

    claims: dict[int, dict[str, Any]] = field(default_factory=dict)  # seq → entry
    open: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)  # drive, run → its erased claim
    drawn: dict[int, int] = field(default_factory=dict)  # seq of the claim → seq of its draw
    to_read: dict[tuple[str, int], int] = field(default_factory=dict)  # drive, run → seq of the draw
    began: bool = False  # there was a draw: from then on every erased drive has one


def verify_everything(session: Session, public: Ed25519PublicKey) -> Verification:
    """The chain, and the draws in it."""
    found = verify(session, public)
    return replace(found, faults=(*found.faults, *audit(session, public)))


def audit(session: Session, public: Ed25519PublicKey) -> list[str]:
    """Every fault of a draw, in words; nothing when all hold."""
    kinds = [kind.value for kind in (*KINDS, Kind.MACHINE_SEALED)]
    rows = session.execute(select(LedgerEntry).where(LedgerEntry.kind.in_(kinds)).order_by(LedgerEntry.seq)).scalars()
    seen, faults = _Seen(), []
    for row in rows.yield_per(500):
        entry = {**read_content(row.content), "hash": row.hash}
        faults += [f"entry {row.seq}: {fault}" for fault in _look(entry, seen, public)]
    return faults


def _look(entry: dict[str, Any], seen: _Seen, public: Ed25519PublicKey) -> Iterator[str]:
    body, subject = entry["body"], entry["subject"]
    if entry["kind"] == Kind.DRIVE_CLAIM.value:
        seen.claims[entry["seq"]] = entry
        if body.get("outcome") == "erased" and seen.began:
            seen.open[subject, body.get("run", 0)] = entry
        else:
            seen.open.pop((subject, body.get("run", 0)), None)
    elif entry["kind"] == Kind.RECHECK_DRAWN.value:
        yield from _look_at_draw(entry, seen, public)
    elif entry["kind"] == Kind.RECHECK_DONE.value and body["outcome"] == "passed":
        seen.to_read.pop((subject, body["run"]), None)
    elif entry["kind"] == Kind.MACHINE_SEALED.value:
        for (drive, run), claim in list(seen.open.items()):
            if run == body["run"] and claim["seq"] not in seen.drawn:
                yield f"{subject} was made ready, but no lot was drawn for {drive} (entry {claim['seq']})"
        for (drive, run), seq in list(seen.to_read.items()):
            if run == body["run"]:
                yield f"{subject} was made ready, but {drive} was drawn (entry {seq}) and not read again"


def _look_at_draw(entry: dict[str, Any], seen: _Seen, public: Ed25519PublicKey) -> Iterator[str]:
    body, subject = entry["body"], entry["subject"]
    if not seen.began:  # claims of before the first draw were made when nobody drew
        seen.began = True
        seen.open.clear()
    yield from (f"the draw for {subject} does not hold: {fault}" for fault in draw_faults(body, public))
    claim = seen.claims.get(body["claim"]["seq"])
    if claim is None or claim["hash"] != body["claim"]["hash"] or claim["subject"] != subject:
        yield f"the draw for {subject} is of a claim that isn't its own"
    elif body["claim"]["seq"] in seen.drawn:
        yield f"a second draw for the claim of entry {claim['seq']}: the first is entry {seen.drawn[claim['seq']]}"
    seen.drawn[body["claim"]["seq"]] = entry["seq"]
    if body["drawn"]:
        seen.to_read[subject, body["run"]] = entry["seq"]
    else:
        seen.to_read.pop((subject, body["run"]), None)
