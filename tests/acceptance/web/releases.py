"""Releases of the agent for the tests of the dashboard: one on trial, one stopped, one for everybody, one replaced."""

from __future__ import annotations

import datetime as dt

from controller.database import utcnow
from controller.releases.rollout import Release, Stage
from controller.releases.store import Store
from controller.settings import Settings


def release(version: str, days: float, stage: Stage, by: str = "") -> Release:
    """One that was made so many days ago."""
    at = utcnow() - dt.timedelta(days=days)
    return Release(version=version, digest=version, sha256=version, made_at=at, stage=stage, percent=10, by=by)


def build(settings: Settings, *releases: Release) -> Store:
    """A store with these, the newest first; without any it is one in each situation. No package is made."""
    store = Store(settings)
    store.folder.mkdir(parents=True, exist_ok=True)
    # The versions that machines of `home` tell of.
    situations = (
        release("0.1.0+20261122.125500", 0.1, "trial"),
        release("0.1.0+20260301.101500", 4, "stopped", "user:2"),
        release("0.1.0+20260220.083000", 20, "trial"),
        release("1", 60, "everybody"),
    )
    store._write(list(releases or situations))
    return store
