"""Machines that wait for longer than their state allows are put on hold: never silently stuck."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Select, select

from controller.core import Core
from controller.database import utcnow
from controller.erasure.recheck import OPEN
from controller.erasure.tables import Recheck
from controller.i18n import N_
from controller.machines.lifecycle import TIME_LIMITS, State
from controller.machines.moves import hold
from controller.machines.tables import Machine
from controller.workflows.tables import Run


def hold_late(core: Core) -> None:
    """Look at every state that has a time limit."""
    limits = dict(TIME_LIMITS)
    limits[State.INSPECTED] = core.settings.authorisation_wait_hours * 3600
    for state, seconds in limits.items():
        _hold_in(core, state, seconds)
    _hold_unread(core)


def _hold_in(core: Core, state: State, seconds: float) -> None:
    with core.database.write() as session:
        queued = select(Run.machine_id).where(Run.state == "queued")  # it waits for its turn, not for anybody
        late = session.execute(
            select(Machine).where(
                Machine.state_name == state.value,
                Machine.accepted_at.is_not(None),
                Machine.state_since < utcnow() - dt.timedelta(seconds=seconds),
                Machine.id.not_in(queued),
                Machine.id.not_in(_to_read_again(OPEN)),  # it waits for a person, or a long reading is at work
            )
        ).scalars()
        for machine in late.all():
            hold(
                session,
                machine,
                N_("It has been “{state}” for more than {hours} h: see what it waits for, then release it."),
                "controller",
                state=state.value,
                hours=max(1, int(seconds // 3600)),
            )


def _hold_unread(core: Core) -> None:
    """The machines for which no second person came."""
    hours = core.settings.authorisation_wait_hours
    with core.database.write() as session:
        late = session.execute(
            select(Machine).where(
                Machine.state_name == State.ERASED.value,
                Machine.state_since < utcnow() - dt.timedelta(hours=hours),
                Machine.id.in_(_to_read_again(["drawn"])),
            )
        ).scalars()
        for machine in late.all():
            hold(
                session,
                machine,
                N_(
                    "For more than {hours} h no second person has had its erased drives read again: ask somebody, "
                    "then release it."
                ),
                "controller",
                hours=max(1, int(hours)),
            )


def _to_read_again(states: Sequence[str]) -> Select[int]:
    """Machines whose run is at a recheck that is in one of ``states``."""
    return (
        select(Run.machine_id)
        .join(Recheck, Recheck.run_id == Run.id)
        .where(Recheck.state.in_(states), Run.state.in_(["queued", "running", "waiting"]))
    )
