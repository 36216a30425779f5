"""Six digits on a family's screen, read out over the telephone: which machine is it?

A code opens nothing: it leads somebody who may see every machine to the right one. The table holds a hash so that
nobody reads codes by chance; what keeps them from being guessed is that they are good for minutes, and that each
person may try only a few.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from controller.access.rate import RateLimit
from controller.access.secrets import hash_secret
from controller.database import utcnow
from controller.errors import TooMany
from controller.helpdesk.tables import HelpCode
from controller.i18n import N_
from controller.machines.tables import Machine

CODE = re.compile(r"[0-9]{6}")
LONGEST, SHORTEST = 900, 30  # seconds
TRIES_PER_MINUTE = 10


def read_code(text: str) -> str:
    """The six digits of ``123 456``; "" when it is no code."""
    plain = re.sub(r"[\s.\-]", "", text)
    return plain if CODE.fullmatch(plain) else ""


def hear_code(session: Session, machine: Machine, body: dict[str, Any]) -> None:
    """``help.code`` of an agent: it takes the place of the one before.

    Raises:
        ValueError: it is no code.
    """
    code, seconds = str(body.get("code") or ""), int(body.get("seconds") or 0)
    if not CODE.fullmatch(code):
        raise ValueError("a code that isn't six digits")
    expires = utcnow() + dt.timedelta(seconds=min(max(seconds, SHORTEST), LONGEST))
    row = session.get(HelpCode, machine.id)
    if row is None:
        session.add(HelpCode(machine_id=machine.id, code_hash=_hash(code), expires_at=expires))
    else:
        row.code_hash, row.expires_at = _hash(code), expires


def machines_with(session: Session, code: str) -> list[Machine]:
    """The machines that show this code now: one, none, or (rarely) several."""
    shown = HelpCode.code_hash == _hash(code), HelpCode.expires_at > utcnow()
    query = select(Machine).join(HelpCode, HelpCode.machine_id == Machine.id).where(*shown).order_by(Machine.id)
    return list(session.execute(query).scalars())


def forget_expired(session: Session) -> None:
    """Codes that are over are deleted."""
    session.execute(delete(HelpCode).where(HelpCode.expires_at < utcnow()))


class Tries:
    """How many codes one person may look up."""

    def __init__(self, per_minute: int = TRIES_PER_MINUTE) -> None:
        """Nobody has tried yet."""
        self._limit = RateLimit(per_minute)

    def check(self, actor: str) -> None:
        """Count one.

        Raises:
            TooMany: that person has tried too many in the last minute.
        """
        try:
            self._limit.check(actor)
        except TooMany:
            raise TooMany(
                N_("You have looked up too many codes."), N_("Wait a minute, and ask for the code once more.")
            ) from None


def _hash(code: str) -> str:
    return hash_secret(f"help-code:{code}")
