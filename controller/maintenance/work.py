"""The durable work: one play through the machine's link, until it has ended there or the machine is away.

Long work runs on the machine as a unit of its own and is named after the action (``recyclerie_long``): whatever is
killed here, the same play joins it again, and hears its end even when it ended meanwhile. A machine that goes away
takes up no place: its action waits as a row, and is a new workflow once the machine is there again (``office``).
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from typing import Any

import paramiko
from sqlalchemy.orm import Session

from agent.protocol import INVENTORY
from controller.assist.pipe import connect
from controller.bus import publish_after_commit
from controller.core import Core
from controller.database import utcnow
from controller.errors import RecyclerieError
from controller.health.limits import limits_of
from controller.health.reports import store_report
from controller.machines.announce import current_boot
from controller.machines.registry import get_machine
from controller.machines.ssh import connect_through
from controller.maintenance.asking import begin, end, has_rights, place
from controller.maintenance.bundle import BundleTooBig, bundle_path, fetch
from controller.maintenance.logs import ActionLog
from controller.maintenance.outcome import End, cause, was_lost
from controller.maintenance.tables import MaintenanceAction
from controller.workflows.engine import durable, workflow
from controller.workflows.runner import FROM_MACHINE, PlayResult, Target, run_play

PLAYBOOK = "maintain.yml"
PATIENCE_SECONDS = 5.0  # how often a long work's log is asked for
LONGEST = dt.timedelta(hours=8)  # of one play, while the machine is there; a night in which it is off does not count
TRIES = 3  # how often a machine that is connected may refuse the play
PAUSE_SECONDS = 20.0
DULL = ("PLAY ", "TASK [Ask ", "TASK [Hand ", "ok: ", "changed: ")  # lines of Ansible's that say nothing to a person
logger = logging.getLogger(__name__)


class Desk:
    """What the workflow needs of this process; set once, before the engine is launched."""

    core: Core


@workflow("maintain")
async def maintain(action_id: int, generation: int) -> str:
    """Take an action as far as it goes now. Returns its state."""
    return await durable("play", perform, action_id, generation)


def perform(action_id: int, generation: int) -> str:
    """One go: may be repeated at any time, since what it begins on the machine has a name."""
    core = Desk.core
    with core.database.write() as session:
        row = session.get_one(MaintenanceAction, action_id)
        if row.state not in ("queued", "running") or row.generation != generation:
            return row.state
        target = _ready(core, session, row)
    if target is None:
        return row.state
    with ActionLog(core.database, action_id) as log:
        result = _play(core, row, target, log)
        how = _judge(core, row, target, result, log)
        if isinstance(how, End) and how.state == "failed":
            log.put(how.detail or how.outcome, level="error")
    with core.database.write() as session:
        row = session.get_one(MaintenanceAction, action_id)
        if isinstance(how, End):
            end(session, row, how)
        else:
            wait(session, row, how)
    return row.state


def _ready(core: Core, session: Session, row: MaintenanceAction) -> Target | None:
    """The machine to play on, once everything still stands; otherwise the row says why not."""
    machine = get_machine(session, row.machine_id)
    boot = place(session, machine)
    if row.cancel_requested:
        end(session, row, End(state="cancelled", outcome="cancelled-running" if row.started_at else "cancelled"))
    elif not has_rights(session, machine.id):
        end(session, row, End(state="failed", outcome="rights-ended"))
    elif boot is None:
        end(session, row, End(state="failed", outcome="not-here"))
    elif not boot.linked:
        wait(session, row, 0)
    else:
        begin(session, row)
        return Target(
            name=machine.name,
            # A name of its own: no connection is shared with what another person does.
            address=f"machine-{machine.id}-{uuid.uuid4().hex[:8]}",
            host_keys=tuple(boot.ssh_host_keys),
            profile=machine.profile or (machine.lot.profile if machine.lot else core.settings.default_profile),
            linked=True,
            actor=row.asked_by,
        )
    return None


def wait(session: Session, row: MaintenanceAction, seconds: float) -> None:
    """Until the machine is there (again); its next turn is a new generation."""
    row.state = "waiting"
    row.generation += 1
    row.not_before = utcnow() + dt.timedelta(seconds=seconds)
    publish_after_commit(session, f"machine:{row.machine_id}")


def _play(core: Core, row: MaintenanceAction, target: Target, log: ActionLog) -> PlayResult:
    variables: dict[str, Any] = {
        **row.params,
        "maintain_id": row.work_id,
        "maintain_patience": PATIENCE_SECONDS,
        "maintain_reader": target.address,
        "maintain_leave_bundle": True,
    }

    known = log.from_machine  # this play is told all of them again, whatever was lost with the one before

    def hear(level: str, text: str) -> None:
        nonlocal known
        if level == FROM_MACHINE:
            known -= 1
            if known < 0:
                log.put(text, source="machine")
        elif not text.startswith(DULL) and not text.startswith(target.name):
            log.put(text.removeprefix("TASK ").strip(" *"), source="ansible", level=level)

    def cancelled() -> bool:
        with core.database.read() as session:
            return session.get_one(MaintenanceAction, row.id).cancel_requested

    return run_play(
        core.settings,
        PLAYBOOK,
        target,
        variables,
        core.keys.maintenance,
        hear,
        cancelled,
        tags=row.action,
        seconds=LONGEST.total_seconds(),
    )


def _judge(core: Core, row: MaintenanceAction, target: Target, result: PlayResult, log: ActionLog) -> End | float:
    """How it ended, or after how many seconds it goes on, if the machine is there."""
    with core.database.read() as session:
        asked = session.get_one(MaintenanceAction, row.id)
        boot = current_boot(session, row.machine_id)
        linked = boot is not None and boot.linked
    if result.ok:
        return _succeeded(core, row, target, result)
    if asked.cancel_requested:
        return End(state="cancelled", outcome="cancelled-running", detail=result.error)
    if result.status == "timeout":
        return End(state="failed", outcome="too-long", detail=result.error)
    if was_lost(result.status, result.error) or (result.status == "failed" and not linked):
        if not linked:
            log.put("The machine is no longer connected: this goes on once it is.", level="warning")
            return 0.0
        return _not_let_in(core, row, target, result, log)
    return End(state="failed", outcome=cause(row.action, result.error), detail=result.error)


def _not_let_in(core: Core, row: MaintenanceAction, target: Target, result: PlayResult, log: ActionLog) -> End | float:
    """Unreachable although it is connected: again after a pause, but not for ever."""
    reason = result.error
    try:  # ssh hides what its ProxyCommand says
        plug = connect(core.settings, target.name, "ssh", who=target.actor, why="maintenance")
        with connect_through(plug, target.host_keys, core.keys.maintenance):
            pass
    except (RecyclerieError, OSError, paramiko.SSHException) as problem:
        reason = problem.text() if isinstance(problem, RecyclerieError) else str(problem) or type(problem).__name__
    with core.database.write() as session:
        fresh = session.get_one(MaintenanceAction, row.id)
        fresh.tries += 1
        if fresh.tries < TRIES:
            log.put(reason, level="warning")
            return PAUSE_SECONDS
    return End(state="failed", outcome="no-entry", detail=reason)


def _succeeded(core: Core, row: MaintenanceAction, target: Target, result: PlayResult) -> End:
    done = result.data.get("maintained")
    changed = done.get(row.action) if isinstance(done, dict) else None
    words = str(result.data.get("words") or result.data.get("signatures") or "")[:500]
    if row.action == "reinspect":
        return _reinspected(core, row, result)
    if row.action == "logs":
        return _fetched(core, row, target, str(result.data.get("bundle")))
    return End(state="succeeded", outcome="done", changed=bool(changed) if changed is not None else None, detail=words)


def _reinspected(core: Core, row: MaintenanceAction, result: PlayResult) -> End:
    snapshot = result.data.get("inventory")
    if not isinstance(snapshot, dict):
        return End(state="failed", outcome="failed", detail="the machine gave no inventory")
    try:
        with core.database.write() as session:
            machine = get_machine(session, row.machine_id)
            boot = current_boot(session, machine.id)
            if boot is None:
                return End(state="failed", outcome="not-here")
            store_report(session, machine, boot, INVENTORY, snapshot, row.work_id, limits_of(core.settings))
    except (LookupError, TypeError, ValueError, AttributeError) as problem:
        logger.exception("the inventory of machine %s can't be read", row.machine_id)
        return End(state="failed", outcome="failed", detail=f"its inventory can't be read: {problem}")
    return End(state="succeeded", outcome="done", changed=False)


def _fetched(core: Core, row: MaintenanceAction, target: Target, name: str) -> End:
    try:
        size = fetch(core, target.name, list(target.host_keys), target.actor, name, bundle_path(core, row.id))
    except BundleTooBig as problem:
        return End(state="failed", outcome="too-big", detail=problem.text())
    except (RecyclerieError, OSError, paramiko.SSHException) as problem:
        detail = problem.text() if isinstance(problem, RecyclerieError) else str(problem)
        return End(state="failed", outcome="failed", detail=detail)
    return End(state="succeeded", outcome="done", changed=False, bundle_bytes=size)
