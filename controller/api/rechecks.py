"""Rechecks as the API shows them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.api.views import when
from controller.erasure.recheck import authorisers
from controller.erasure.tables import Recheck
from controller.i18n import translate


class RecheckModel(BaseModel):
    """The draw for an erased drive, and what a second person's reading found where it was drawn."""

    id: int
    erasure_id: int
    drive_id: int
    state: str = Field(description="spared (not drawn), drawn (waits for a second person), asked, passed or failed")
    share: float = Field(description="of the erased drives that are drawn, when it was")
    owed: bool = Field(description="drawn in any case: its last recheck was never done, or failed")
    authorised_by: list[str] = Field(description="who authorised the erase, and can't be the second person")
    drawn_at: str
    asked_by: str
    asked_at: str | None
    reason: str = Field(description="why it failed, or could not be read")
    validator: dict[str, Any] | None = Field(description="what the reading found")
    ended_at: str | None


def rechecks_view(session: Session, run_id: int) -> list[dict[str, Any]]:
    """Every draw of a run."""
    rows = session.execute(select(Recheck).where(Recheck.run_id == run_id).order_by(Recheck.id)).scalars()
    return [
        {
            "id": row.id,
            "erasure_id": row.erasure_id,
            "drive_id": row.drive_id,
            "state": row.state,
            "share": row.share,
            "owed": row.owed,
            "authorised_by": sorted(authorisers(session, [row])),
            "drawn_at": when(row.drawn_at),
            "asked_by": row.asked_by,
            "asked_at": when(row.asked_at),
            "reason": translate(row.reason, **row.reason_params),
            "validator": row.validator,
            "ended_at": when(row.ended_at),
        }
        for row in rows
    ]
