"""Who gets which release: rules without tables or files.

A new release goes to a share of the machines first (which ones is drawn anew for each release), and to all of them once
it has lasted for a time without one of them going back. A person may say so earlier, widen the share, or stop it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

Stage = Literal["trial", "everybody", "stopped"]


@dataclass(frozen=True, kw_only=True)
class Release:
    """One version of the agent."""

    version: str
    digest: str  # of its contents
    sha256: str  # of its .deb
    made_at: dt.datetime
    stage: Stage
    percent: int  # of the machines, while on trial
    by: str = ""  # who set the stage; "" while nobody did

    @property
    def file(self) -> str:
        """Its file in the pool."""
        from controller.releases.package import package_name

        return package_name(self.version)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the settings say."""

    percent: int
    hold: dt.timedelta


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What machines told about one version."""

    done: int = 0
    rolled_back: int = 0


def drawn(machine_id: int, version: str) -> int:
    """0 to 99: a machine is among the first of a release whose share is higher than this."""
    return int.from_bytes(hashlib.sha256(f"{version}:{machine_id}".encode()).digest()[:4], "big") % 100


def stage_of(release: Release, outcomes: Outcomes, rules: Rules, now: dt.datetime) -> Stage:
    """Where a release stands now. What a person said stays so; a trial ends by itself, well or badly."""
    if release.stage != "trial" or release.by:
        return release.stage
    if outcomes.rolled_back:
        return "stopped"
    return "everybody" if now - release.made_at >= rules.hold else "trial"


def offered(
    machine_id: int, releases: Sequence[Release], stages: dict[str, Stage], tried: Collection[str] = ()
) -> Release | None:
    """What a machine is offered: the newest release that is for it. ``releases`` are the newest first.

    ``tried``: versions that this machine has already; it goes on seeing them, whatever became of their trial.
    """
    for release in releases:
        stage = stages.get(release.version, release.stage)
        if stage == "everybody" or (stage == "trial" and drawn(machine_id, release.version) < release.percent):
            return release
        if release.version in tried:
            return release
    return None
