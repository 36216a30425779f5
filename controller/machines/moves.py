"""Moving a machine through its life: one door, which writes the ledger in the same transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from controller.bus import publish_after_commit
from controller.database import utcnow
from controller.errors import Conflict, RecyclerieError
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.lifecycle import STATES, State, check_transition
from controller.machines.registry import end_boots, revoke_resident_tokens
from controller.machines.tables import Machine

# Parameters of messages that hold what a person typed or a tool printed, never a fact of ours.
FREE_TEXT = ("text", "detail")
# Given back, or about to be wiped: the system on its drive opens nothing any more.
ENDS_RIGHTS = (State.RETURNED, State.ERASING)


def move(session: Session, machine: Machine, to: State, actor: str, body: dict[str, Any] | None = None) -> None:
    """Move ``machine`` to another state, as the lifecycle table allows.

    Raises:
        Conflict: the table doesn't allow it.
    """
    before = machine.state
    check_transition(before, to)
    machine.state_name = to.value
    machine.state_since = utcnow()
    if to in ENDS_RIGHTS:
        revoke_resident_tokens(session, machine.id)
    append(
        session,
        Kind.MACHINE_STATE,
        machine.subject,
        {"from": before.value, "to": to.value, **(body or {})},
        actor=actor,
        site=machine.site,
    )
    publish_after_commit(session, f"machine:{machine.id}")


def hold(session: Session, machine: Machine, reason: str, actor: str, /, **params: object) -> None:
    """Put ``machine`` on hold: a person must look. ``reason`` is a message id; it says what to do next.

    A machine on hold already keeps the state it returns to; its reason is replaced. The ledger gets the
    message id without the words that a person typed or a tool printed: they may name someone.
    """
    if machine.state is not State.HELD:
        machine.held_return = machine.state_name
        move(session, machine, State.HELD, actor, {"reason": reason, "params": without_free_text(_plain(params))})
    machine.held_reason = reason
    machine.held_params = _plain(params)
    publish_after_commit(session, f"machine:{machine.id}")


def release(session: Session, machine: Machine, actor: str) -> None:
    """Take ``machine`` off hold, back to the state it was in.

    Raises:
        Conflict: it isn't on hold.
    """
    if machine.state is not State.HELD or machine.held_return is None:
        raise Conflict(N_("{machine} is not on hold."), N_("Reload the page."), machine=machine.name)
    move(session, machine, State(machine.held_return), actor)
    machine.held_return, machine.held_reason, machine.held_params = None, "", {}


def recycle(session: Session, machine: Machine, actor: str, reference: str, weight_kg: float) -> None:
    """Record that ``machine`` left for the WEEE (DEEE) channel: slip reference and weight in kilograms.

    Raises:
        RecyclerieError: the reference or weight is missing.
    """
    if not reference.strip():
        raise RecyclerieError(
            N_("The reference of the WEEE slip is missing."), N_("Copy it from the collector's slip.")
        )
    if not 0 < weight_kg < 1000:
        raise RecyclerieError(
            N_("A weight of {weight} kg can't be right."),
            N_("Give the machine's weight in kilograms."),
            weight=weight_kg,
        )
    body = {"reference": reference.strip(), "weight_grams": round(weight_kg * 1000)}
    _leave(session, machine, State.RECYCLED, actor, body)


def take_for_parts(session: Session, machine: Machine, actor: str) -> None:
    """Record that ``machine`` was taken apart for spare parts."""
    _leave(session, machine, State.PARTS, actor, {})


def _leave(session: Session, machine: Machine, to: State, actor: str, body: dict[str, Any]) -> None:
    """For good: its tokens open nothing any more. A run that was under way ends at its next look."""
    move(session, machine, to, actor, body)
    machine.held_return, machine.held_reason, machine.held_params = None, "", {}
    end_boots(session, machine)
    revoke_resident_tokens(session, machine.id)


def is_over(machine: Machine) -> bool:
    """Whether the machine has left the workshop for good."""
    return STATES[machine.state].final


def without_free_text(params: dict[str, Any]) -> dict[str, Any]:
    """``params`` fit for the ledger: it may never hold a person's name, which free text could."""
    kept: dict[str, Any] = {}
    for name, value in params.items():
        if isinstance(value, dict) and "message" in value:  # a message inside of the message (i18n.said)
            kept[name] = {**value, "params": without_free_text(value.get("params") or {})}
        else:
            kept[name] = "…" if name in FREE_TEXT else value
    return kept


def _plain(params: dict[str, object]) -> dict[str, Any]:
    return {k: v if isinstance(v, str | int | bool | dict) else str(v) for k, v in params.items()}
