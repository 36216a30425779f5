"""Authorise: the run pauses here until a person has said which drives may be erased."""

from __future__ import annotations

from typing import Any

from controller.erasure.authorise import authorise_from_lot, current_authorisation
from controller.machines.registry import get_machine
from controller.workflows.context import Acting, InTransaction
from controller.workflows.outcome import Outcome, done, person
from controller.workflows.steps.base import Step


def act(acting: Acting) -> Outcome:
    """Go on when there is an authorisation, or the lot was pre-authorised."""
    with acting.core.database.write() as session:
        machine = get_machine(session, acting.machine_id)
        authorisation = current_authorisation(session, machine.id) or authorise_from_lot(session, machine)
        return done(authorisation=authorisation.id) if authorisation else person()


def answered(tx: InTransaction) -> bool:
    """Whether somebody authorised it, or tied it to a lot that is, at the very moment."""
    authorisation = current_authorisation(tx.session, tx.machine.id) or authorise_from_lot(tx.session, tx.machine)
    return authorisation is not None


def complete(_tx: InTransaction, _data: dict[str, Any]) -> None:
    """The authorisation itself is in the ledger already."""


STEP = Step(name="authorise", act=act, complete=complete, answered=answered)
