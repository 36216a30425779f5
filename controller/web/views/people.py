"""Names of those who act: people by their display name, the rest by what they are."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.access.tables import User
from controller.i18n import translate


class Actors:
    """Actor text of the ledger → a name. Loads every person once: a workshop has tens of them, not thousands."""

    def __init__(self, session: Session) -> None:
        """Read the people."""
        self._names = {
            f"user:{row.id}": row.display_name for row in session.execute(select(User.id, User.display_name))
        }

    def name(self, actor: str | None) -> str:
        """Who did it; a person who is no longer known stays an opaque id."""
        if not actor:
            return ""
        if actor.startswith("machine:"):
            return translate("the machine itself")
        if actor == "controller":
            return translate("the controller")
        if actor == "command":
            return translate("a command on the controller")
        return str(self._names.get(actor, actor))
