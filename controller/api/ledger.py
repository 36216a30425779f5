"""The ledger over the API."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import select

from controller.api import models
from controller.api.common import NO_NUL, Id, errors
from controller.erasure.recheck_audit import verify_everything
from controller.ledger.kinds import Kind
from controller.ledger.tables import LedgerEntry
from controller.machines.registry import get_machine
from controller.web.deps import CoreDep, LedgerReader

router = APIRouter(prefix="/api", tags=["ledger"])
PAGE = 500


def _entry(entry: LedgerEntry) -> dict[str, Any]:
    return {**json.loads(entry.content), "hash": entry.hash}


@router.get("/ledger", responses=errors(), response_model=list[models.LedgerEntry])
def ledger(
    core: CoreDep,
    _: LedgerReader,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    kind: Kind | None = None,
    subject: Annotated[str | None, Query(max_length=64, pattern=NO_NUL)] = None,
) -> list[dict[str, Any]]:
    """Entries after number ``after``, at most five hundred, oldest first."""
    query = select(LedgerEntry).where(LedgerEntry.seq > after).order_by(LedgerEntry.seq).limit(PAGE)
    if kind is not None:
        query = query.where(LedgerEntry.kind == kind.value)
    if subject is not None:
        query = query.where(LedgerEntry.subject == subject)
    with core.database.read() as session:
        return [_entry(entry) for entry in session.execute(query).scalars()]


@router.get("/ledger/verify", responses=errors(), response_model=models.Verification)
def verify_ledger(core: CoreDep, _: LedgerReader) -> dict[str, Any]:
    """Read the whole chain again."""
    with core.database.read() as session:
        found = verify_everything(session, core.keys.ledger.public_key())
    return {
        "ok": found.ok,
        "entries": found.entries,
        "checkpoints": found.checkpoints,
        "signed_up_to": found.signed_up_to,
        "head": found.head,
        "faults": list(found.faults),
    }


@router.get("/machines/{machine_id}/ledger", responses=errors(404), response_model=list[models.LedgerEntry])
def machine_ledger(machine_id: Id, core: CoreDep, _: LedgerReader) -> list[dict[str, Any]]:
    """Every entry about one machine, oldest first."""
    with core.database.read() as session:
        subject = get_machine(session, machine_id).subject
        query = select(LedgerEntry).where(LedgerEntry.subject == subject).order_by(LedgerEntry.seq)
        return [_entry(entry) for entry in session.execute(query).scalars()]
