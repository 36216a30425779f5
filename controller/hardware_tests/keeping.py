"""Results of tests go into the database once, and that they are there goes into the ledger."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agent.protocol_tests import HardwareTestResult
from controller.bus import publish_after_commit
from controller.database import utcnow
from controller.hardware_tests.tables import HardwareTest
from controller.ledger.append import append
from controller.ledger.chain import canonical_digest
from controller.ledger.kinds import Kind
from controller.machines.tables import Machine

MAX_SOURCE = 120  # characters of the column


def keep(
    session: Session,
    machine: Machine,
    results: Sequence[HardwareTestResult],
    *,
    origin: str,
    boot_id: int | None,
    run_id: int | None = None,
    about: dict[str, Any] | None = None,
) -> list[HardwareTest]:
    """Keep results that are not kept yet; one ledger entry for the new ones, which are returned.

    ``origin`` names what they come from (a job, a person's session at the PC): with a test's name and target it is
    what makes a result this result, so one that comes twice is kept once. ``about`` goes into the ledger with them.
    """
    by_source = {source_of(origin, result): result for result in results}
    known = set(session.execute(select(HardwareTest.source).where(HardwareTest.source.in_(list(by_source)))).scalars())
    now = utcnow()
    fresh = [
        HardwareTest(
            machine_id=machine.id, boot_id=boot_id, run_id=run_id, source=source, received_at=now, **by_source[source]
        )
        for source in by_source
        if source not in known
    ]
    if not fresh:
        return []
    session.add_all(fresh)
    session.flush()
    body = {
        **(about or {}),
        "outcomes": dict(sorted(Counter(row.outcome for row in fresh).items())),
        "tests": [row.id for row in fresh],
        "results_sha256": canonical_digest([as_told(row) for row in fresh]),
    }
    append(session, Kind.MACHINE_TESTED, machine.subject, body, actor=machine.subject, site=machine.site)
    publish_after_commit(session, machine.subject)
    return fresh


def source_of(origin: str, result: HardwareTestResult) -> str:
    """What makes a result unique, short enough for its column."""
    text = f"{origin}:{result['name']}:{result['target']}"
    if not result["automatic"]:  # a person may try the same thing again and again
        text += f":{result['started_at']}"
    if len(text) <= MAX_SOURCE:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{text[: MAX_SOURCE - 33]}:{digest[:32]}"


def as_told(row: HardwareTest) -> HardwareTestResult:
    """A kept result as the machine told it: what the ledger's digest is of."""
    return {
        "name": row.name,
        "subsystem": row.subsystem,  # type: ignore[typeddict-item]  # only known ones are kept
        "target": row.target,
        "outcome": row.outcome,  # type: ignore[typeddict-item]
        "reason": row.reason,
        "figures": row.figures,
        "started_at": row.started_at,
        "seconds": row.seconds,
        "automatic": row.automatic,
    }
