"""Asset tags: ``R-000123``, unique over all sites."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.errors import RecyclerieError
from controller.i18n import N_
from controller.machines.tables import Machine

PATTERN = re.compile(r"R-(\d{6})")


def next_tags(session: Session, count: int) -> list[str]:
    """The next ``count`` free tags, in a writing transaction."""
    last = session.execute(
        select(Machine.tag).where(Machine.tag.is_not(None)).order_by(Machine.tag.desc()).limit(1)
    ).scalar_one_or_none()
    number = int(PATTERN.fullmatch(last).group(1)) if last and PATTERN.fullmatch(last) else 0  # type: ignore[union-attr]
    return [f"R-{number + i:06d}" for i in range(1, count + 1)]


def read_tag(text: str) -> str:
    """A tag as scanned or typed (``r-123``, ``R000123``) in its one form.

    Raises:
        RecyclerieError: it isn't a tag.
    """
    digits = re.fullmatch(r"\s*[Rr]?-?\s*(\d{1,6})\s*", text)
    if not digits:
        raise RecyclerieError(
            N_("“{text}” is not an asset tag."), N_("A tag reads R-000123: scan the label again."), text=text
        )
    return f"R-{int(digits.group(1)):06d}"
