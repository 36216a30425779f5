"""Asset tags: ``R-000123``, unique over all sites."""

from __future__ import annotations

import re

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from controller.errors import RecyclerieError
from controller.i18n import N_
from controller.machines.tables import Machine

LAST = 999_999
PATTERN = re.compile(r"R-([0-9]{6})")


def next_tags(session: Session, count: int) -> list[str]:
    """The next ``count`` tags never given out, in a writing transaction. A tag stays with its row for ever.

    Raises:
        RecyclerieError: all of a million were given out.
    """
    last = session.execute(select(func.max(Machine.tag))).scalar_one()
    found = PATTERN.fullmatch(last or "R-000000")
    number = int(found.group(1)) if found else LAST
    if number + count > LAST:
        raise RecyclerieError(
            N_("There are no {n} asset tags left after {last}."), N_("Ask for fewer labels."), n=count, last=last
        )
    return [f"R-{number + i:06d}" for i in range(1, count + 1)]


def read_tag(text: str) -> str:
    """A tag as scanned or typed (``r-123``, ``R000123``) in its one form.

    Raises:
        RecyclerieError: it isn't a tag.
    """
    digits = re.fullmatch(r"\s*(?:[Rr]-?)?\s*([0-9]{1,6})\s*", text)
    if not digits:
        raise RecyclerieError(
            N_("“{text}” is not an asset tag."), N_("A tag reads R-000123: scan the label again."), text=text
        )
    return f"R-{int(digits.group(1)):06d}"
