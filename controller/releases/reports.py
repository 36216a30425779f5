"""What machines tell about updates of their agent: kept once each, and in the ledger."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agent.protocol_updates import UPDATE_DONE, UPDATE_ROLLED_BACK
from controller.bus import publish_after_commit
from controller.database import utcnow
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.tables import Machine
from controller.releases.rollout import Outcomes
from controller.releases.tables import AgentUpdate

REPORTS = (UPDATE_DONE, UPDATE_ROLLED_BACK)
DONE, ROLLED_BACK = "done", "rolled-back"


def hear_update(session: Session, machine: Machine, kind: str, body: dict[str, Any]) -> bool:
    """Keep one report. False when it came before."""
    attempt = f"{machine.id}:{str(body.get('update') or '')[:64]}"
    if session.execute(select(AgentUpdate.id).where(AgentUpdate.attempt == attempt)).first():
        return False
    outcome = DONE if kind == UPDATE_DONE else ROLLED_BACK
    seconds = body.get("seconds")
    row = AgentUpdate(
        machine_id=machine.id,
        attempt=attempt,
        outcome=outcome,
        from_version=str(body.get("from_version") or "")[:64],
        to_version=str(body.get("to_version") or "")[:64],
        code=str(body.get("code") or "")[:32],
        detail=str(body.get("detail") or "")[:2000],
        seconds=min(max(seconds, 0), 10**7) if isinstance(seconds, int) else 0,
        heard_at=utcnow(),
    )
    session.add(row)
    session.flush()
    about = {"update": row.id, "from": row.from_version, "to": row.to_version}
    if outcome == DONE:
        append(session, Kind.AGENT_UPDATED, machine.subject, about, site=machine.site)
    else:
        append(session, Kind.AGENT_ROLLEDBACK, machine.subject, {**about, "code": row.code}, site=machine.site)
    publish_after_commit(session, f"machine:{machine.id}")
    return True


def outcomes(session: Session) -> dict[str, Outcomes]:
    """Version → what machines told about it."""
    found: dict[str, dict[str, int]] = {}
    rows = select(AgentUpdate.to_version, AgentUpdate.outcome, func.count()).group_by(
        AgentUpdate.to_version, AgentUpdate.outcome
    )
    for version, outcome, count in session.execute(rows):
        found.setdefault(version, {})[outcome] = count
    return {
        version: Outcomes(done=counts.get(DONE, 0), rolled_back=counts.get(ROLLED_BACK, 0))
        for version, counts in found.items()
    }


def updates_of(session: Session, machine_id: int, limit: int = 10) -> list[AgentUpdate]:
    """The newest first."""
    rows = select(AgentUpdate).where(AgentUpdate.machine_id == machine_id).order_by(AgentUpdate.id.desc()).limit(limit)
    return list(session.execute(rows).scalars())


def newest_attempts(session: Session, version: str) -> list[AgentUpdate]:
    """Of each machine that tried ``version`` the newest attempt, the newest first."""
    last = select(func.max(AgentUpdate.id)).where(AgentUpdate.to_version == version).group_by(AgentUpdate.machine_id)
    rows = select(AgentUpdate).where(AgentUpdate.id.in_(last)).order_by(AgentUpdate.id.desc())
    return list(session.execute(rows).scalars())
