"""The newest look at a machine, for whoever judges it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.cosmetics.tables import Look
from controller.cosmetics.zones import ORDER, cleaning


@dataclass(frozen=True, kw_only=True)
class LookFacts:
    """What a person saw."""

    id: int
    form: str
    worst_severity: str  # none, light, visible, broken
    cleaned: bool  # everything that a machine of its form asks for
    broken: tuple[str, ...]  # zones (zones.ZONE_NAMES)
    severities: Mapping[str, str]  # by zone
    not_cleaned: tuple[str, ...]  # zones.CLEANING_NAMES
    at: dt.datetime
    by: str  # actor


def newest_row(session: Session, machine_id: int) -> Look | None:
    """The newest look as it is kept, or ``None``."""
    query = select(Look).where(Look.machine_id == machine_id).order_by(Look.id.desc()).limit(1)
    return session.execute(query).scalar_one_or_none()


def newest_look(session: Session, machine_id: int) -> LookFacts | None:
    """What the newest look found, or ``None`` before the first."""
    row = newest_row(session, machine_id)
    return facts_of(row) if row else None


def facts_of(row: Look) -> LookFacts:
    """A kept look in short."""
    severities = {zone: _severity(found) for zone, found in row.zones.items()}
    left = tuple(task for task in cleaning(row.form) if task not in row.cleaned)
    return LookFacts(
        id=row.id,
        form=row.form,
        worst_severity=max(severities.values(), key=ORDER.index, default="none"),
        cleaned=not left,
        broken=tuple(zone for zone, severity in severities.items() if severity == "broken"),
        severities=severities,
        not_cleaned=left,
        at=row.looked_at,
        by=row.looked_by,
    )


def _severity(found: Any) -> str:
    severity = str(found.get("severity")) if isinstance(found, Mapping) else ""
    return severity if severity in ORDER else "none"
