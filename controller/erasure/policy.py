"""The erase policy of a site: what holds now, who changed what before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.bus import publish_after_commit
from controller.database import utcnow
from controller.erasure.policy_values import DEFAULT, BadPolicy, Policy, read_policy
from controller.erasure.tables import ErasePolicy
from controller.errors import RecyclerieError
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind


def current_row(session: Session, site: str) -> ErasePolicy | None:
    """The newest change; ``None`` as long as nobody changed anything."""
    return session.execute(
        select(ErasePolicy).where(ErasePolicy.site == site).order_by(ErasePolicy.id.desc()).limit(1)
    ).scalar_one_or_none()


def current_policy(session: Session, site: str) -> Policy:
    """What holds for ``site``."""
    row = current_row(session, site)
    return read_policy(row.body) if row else DEFAULT


def changes(session: Session, site: str, limit: int = 50) -> list[ErasePolicy]:
    """The changes, newest first."""
    rows = session.execute(
        select(ErasePolicy).where(ErasePolicy.site == site).order_by(ErasePolicy.id.desc()).limit(limit)
    )
    return list(rows.scalars())


def change_policy(session: Session, site: str, found: Mapping[str, Any], actor: str) -> Policy:
    """Make ``found`` the site's policy; what is the same already is not written again.

    Raises:
        RecyclerieError: a value is out of its bounds.
    """
    try:
        policy = read_policy(found)
    except BadPolicy as problem:
        raise RecyclerieError(
            N_("The erase policy was not changed: {field} can't have this value."),
            N_("Look at the bounds that stand beside it."),
            field=problem.field,
        ) from None
    if policy == current_policy(session, site):
        return policy
    body = policy.as_dict()
    session.add(ErasePolicy(site=site, body=body, changed_by=actor, changed_at=utcnow()))
    session.flush()
    append(session, Kind.ERASE_POLICY, f"site:{site}", body, actor=actor, site=site)
    publish_after_commit(session, "policy")
    return policy


__all__ = ["DEFAULT", "Policy", "change_policy", "changes", "current_policy", "current_row"]
