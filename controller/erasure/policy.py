"""The erase policy of a site: what holds now, who changed what before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.bus import publish_after_commit
from controller.database import utcnow
from controller.erasure.policy_values import (
    DEFAULT,
    MAX_CANARIES,
    MIN_SHARE,
    MIN_SLICES,
    BadPolicy,
    Policy,
    read_policy,
)
from controller.erasure.tables import ErasePolicy
from controller.errors import RecyclerieError
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind

_READ_BACK = N_("A drive is read back whole, or at least {percent} % of it, in {slices} slices or more.")
BOUNDS = {
    "minimum": N_("Each kind of drive must reach Clear or Purge."),
    "lower_without_asking": N_("Whether a drive may end lower without asking is yes or no."),
    "validation_firmware": _READ_BACK,
    "validation_overwrite": _READ_BACK,
    "canaries": N_("Markers: 0, or from 2 to {most}."),
    "writer": N_("Our own program or nwipe overwrites."),
    "recheck_share": N_("From 0 to 100 % of the drives are read again."),
}


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
            N_("How this workshop erases was not changed."),
            BOUNDS[problem.field],
            percent=round(100 * MIN_SHARE),
            slices=MIN_SLICES,
            most=MAX_CANARIES,
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
