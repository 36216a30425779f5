"""A person lets one item of the list pass for one machine, and says why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.bus import publish_after_commit
from controller.database import utcnow
from controller.errors import Conflict, NotFound, RecyclerieError
from controller.grading.gate.gate import gate
from controller.grading.gate.tables import GateWaiver
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.moves import is_over
from controller.machines.tables import Machine

REASONS: Final[Mapping[str, str]] = {
    "absent": N_("the machine has no such part"),
    "otherwise": N_("tried in another way: it works"),
    "told": N_("known, and told to whoever gets it"),
}
# Which reasons go with what: a function that nobody tried can't be "known".
ALLOWED: Final[Mapping[str, tuple[str, ...]]] = {"untested": ("absent", "otherwise"), "failed": ("told", "otherwise")}
MAX_NOTE = 500  # characters


def waive(session: Session, machine: Machine, item: str, reason: str, note: str, actor: str) -> GateWaiver:
    """Let ``item`` pass. The note stays out of the ledger: it is in the person's own words.

    Raises:
        Conflict: the item is not missing (any more), or nobody may let it pass.
        RecyclerieError: the reason doesn't fit, or the note is missing.
    """
    if is_over(machine):
        raise Conflict(
            N_("{machine} has left the workshop."), N_("Nothing more is recorded about it."), machine=machine.name
        )
    found = next((one for one in gate(session, machine).missing if one.item == item), None)
    if found is None:
        raise Conflict(N_("This is not missing any more."), N_("Reload the page."))
    if not found.may_be_waived:
        raise Conflict(
            N_("Nobody can let this pass: the law asks for it."), N_("Do it, then the machine meets its list.")
        )
    if reason not in ALLOWED[found.was]:
        raise RecyclerieError(N_("This reason doesn't fit."), N_("Choose one of the reasons that are offered for it."))
    if len(note.strip()) < 3:
        raise RecyclerieError(
            N_("The explanation is missing."), N_("Write in a few words how you know: others will read it.")
        )
    row = _find(session, machine.id, item)
    if row is None:
        row = GateWaiver(machine_id=machine.id, item=item)
        session.add(row)
    row.was, row.reason, row.note = found.was, reason, note.strip()[:MAX_NOTE]
    row.waived_at, row.waived_by = utcnow(), actor
    body = {"item": item, "was": found.was, "reason": reason}
    append(session, Kind.GATE_WAIVED, machine.subject, body, actor=actor, site=machine.site)
    publish_after_commit(session, machine.subject)
    return row


def end_waiver(session: Session, machine: Machine, item: str, actor: str) -> None:
    """Ask for ``item`` again.

    Raises:
        NotFound: nobody let it pass.
    """
    row = _find(session, machine.id, item)
    if row is None:
        raise NotFound(N_("Nobody let this pass."), N_("Reload the page."))
    session.delete(row)
    append(session, Kind.GATE_RESTORED, machine.subject, {"item": item}, actor=actor, site=machine.site)
    publish_after_commit(session, machine.subject)


def _find(session: Session, machine_id: int, item: str) -> GateWaiver | None:
    query = select(GateWaiver).where(GateWaiver.machine_id == machine_id, GateWaiver.item == item)
    return session.execute(query).scalar_one_or_none()
