"""Taking the maintenance key out: the machine was given back, or the workshop ended its rights on it."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

from agent.config import Config
from agent.services.listed import MAINTENANCE_KEYS

log = logging.getLogger("agent.services")


def remove_maintenance_keys(config: Config) -> None:
    """Whoever holds the key opens nothing here any more; it comes back only with a new installation."""
    path = Path((config.rig or {}).get("maintenance_keys") or MAINTENANCE_KEYS)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
        log.warning("the workshop ended its rights on this machine: its maintenance key is removed")
