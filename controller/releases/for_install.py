"""The agent's package for a system that is being installed: always the newest, which is this controller's own."""

from __future__ import annotations

import logging
from typing import Any

from agent.protocol_updates import APT_PATH
from controller.errors import RecyclerieError
from controller.releases.store import Store
from controller.settings import Settings

logger = logging.getLogger(__name__)


def agent_package(settings: Settings) -> dict[str, Any]:
    """What an install job must know to fetch it. Nothing where it can't be made: the live agent is copied then.

    A release that was stopped is not installed either: the newest before it is.
    """
    store = Store(settings)
    try:
        store.ensure()
    except (RecyclerieError, OSError) as error:
        logger.error("installed without the agent's package, it will not update itself: %s", error)
        return {}
    release = store.newest()
    if release is None:
        return {}
    path = f"{APT_PATH}/pool/{release.file}"
    return {"package": {"path": path, "sha256": release.sha256, "version": release.version}}
