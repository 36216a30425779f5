"""What a person says about a release: who gets it. The ledger keeps who said so."""

from __future__ import annotations

from sqlalchemy.orm import Session

from controller.errors import RecyclerieError
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.releases.rollout import Release, Stage
from controller.releases.store import Store


def steer(
    session: Session, store: Store, version: str, stage: Stage, *, actor: str, site: str, percent: int | None = None
) -> Release:
    """Give a release to everybody, to ``percent`` of the machines (None: as many as before), or to no further one.

    ``session`` must come from ``Database.write()``. Nothing is in the ledger when the release couldn't be changed.

    Raises:
        NotFound: there is no such release.
        RecyclerieError: such a share can't be.
    """
    if percent is not None and not 0 <= percent <= 100:
        raise RecyclerieError(N_("This is no share of the machines."), N_("Give a whole number up to 100."))
    session.flush()
    release = store.set_stage(version, stage, actor, percent)
    said = {"stage": stage, **({"percent": release.percent} if stage == "trial" else {})}
    append(session, Kind.AGENT_RELEASE, f"release:{version}", said, actor=actor, site=site)
    return release
