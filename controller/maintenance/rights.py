"""Ending a machine's rights: a person's word, for a machine that was lost, stolen, or given on."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from controller.bus import publish_after_commit
from controller.errors import Conflict
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.registry import revoke_resident_tokens
from controller.machines.tables import Machine, ResidentToken
from controller.maintenance.asking import cancel, has_rights, open_actions


def end_rights(session: Session, machine: Machine, actor: str, typed: str) -> None:
    """Revoke the installed system's token; its link ends within seconds (``controller.agents.sweep``), for good.

    ``typed``: the machine's tag, as the person typed it to confirm.

    Raises:
        Conflict: the tag is another, or there are no rights to end.
    """
    if typed.strip().upper() != machine.name.upper():
        raise Conflict(
            N_("What you typed is not the tag of {machine}."),
            N_("Type {machine} to confirm: it can't be undone."),
            machine=machine.name,
        )
    if not has_rights(session, machine.id):
        raise Conflict(N_("{machine} has no rights any more."), N_("Reload the page."), machine=machine.name)
    valid = ResidentToken.machine_id == machine.id, ResidentToken.revoked_at.is_(None)
    count = session.execute(select(func.count()).select_from(ResidentToken).where(*valid)).scalar_one()
    revoke_resident_tokens(session, machine.id)
    append(session, Kind.MACHINE_REVOKED, machine.subject, {"tokens": count}, actor=actor, site=machine.site)
    for row in open_actions(session, machine.id):
        cancel(session, row)
    publish_after_commit(session, machine.subject)
