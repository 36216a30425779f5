"""What the ledger says of streams that a killed controller left open: that they ended, and nothing more."""

from __future__ import annotations

import json

from sqlalchemy import select

from controller.core import Core
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.ledger.tables import LedgerEntry

LOOK_BACK = 1000  # entries about streams; more can't have been open at once


def end_open_records(core: Core) -> int:
    """Give each stream that was open when the process was killed its end. Returns how many there were."""
    kinds = (Kind.STREAM_OPENED.value, Kind.STREAM_CLOSED.value)
    with core.database.write() as session:
        query = select(LedgerEntry).where(LedgerEntry.kind.in_(kinds)).order_by(LedgerEntry.seq.desc()).limit(LOOK_BACK)
        closed: set[str] = set()
        left: list[tuple[LedgerEntry, dict[str, object], str]] = []
        for entry in session.execute(query).scalars():
            content = json.loads(entry.content)
            body = content["body"]
            if entry.kind == Kind.STREAM_CLOSED.value:
                closed.add(str(body["stream"]))
            elif str(body["stream"]) not in closed:
                left.append((entry, body, content["actor"]))
        for entry, body, actor in reversed(left):
            # How long it lasted and what it carried died with the process.
            ended = {**body, "seconds": None, "aborted": True}
            append(session, Kind.STREAM_CLOSED, entry.subject, ended, actor=actor, site=entry.site)
    return len(left)
