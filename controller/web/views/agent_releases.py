"""The page of the agent's releases: who gets each, which machines run it, and what came of it on them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from controller.database import utcnow
from controller.health.home_tables import HomeHealth
from controller.i18n import N_
from controller.machines.tables import Boot, Machine
from controller.releases.reports import DONE, newest_attempts, outcomes
from controller.releases.rollout import Outcomes, Release, Stage, stage_of
from controller.releases.store import Store
from controller.web.formats import percent
from controller.web.views.alerts import at_home_ids
from controller.web.views.people import Actors
from controller.web.views.updates import CODES, LOOKED
from controller.web.views.words import NOTHING, Words, counted, words

OPEN = ("quarantined", "accepted")
REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """A machine that does not run a release, and why."""

    machine_id: int
    machine: str
    went_back: bool
    text: Words
    at: dt.datetime | None  # when it went back


@dataclass(frozen=True, kw_only=True)
class ReleaseView:
    """One release."""

    version: str
    made_at: dt.datetime
    stage: Stage
    tone: str
    icon: str
    label: Words  # where it stands
    why: Words  # who said so, or how it goes on
    percent: int
    replaced: bool  # machines get a newer one: there is nothing to say about it any more
    main: bool  # what the page is there for now
    running: int  # machines at home
    updated: int
    went_back: int
    refused: int
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, kw_only=True)
class ReleasesView:
    """The page."""

    releases: tuple[ReleaseView, ...]
    at_home: int
    elsewhere: int  # at home, with a version that is none of these
    percent: int  # what a new release begins with
    hold_hours: int


def releases_view(session: Session, store: Store) -> ReleasesView:
    """Every release that is kept, the newest first."""
    home = _names(session)
    running = _versions(session)
    looked = _looked(session)
    told, now, actors = outcomes(session), utcnow(), Actors(session)
    shown: list[ReleaseView] = []
    replaced = False
    for release in store.releases():
        stage = stage_of(release, told.get(release.version, Outcomes()), store.rules, now)
        view = _release(session, release, stage, home, looked, store, actors)
        shown.append(
            replace(
                view,
                replaced=replaced,
                main=stage == "trial" and not shown,
                running=sum(1 for machine, version in running.items() if machine in home and version == view.version),
            )
        )
        replaced = replaced or stage == "everybody"
    return ReleasesView(
        releases=tuple(shown),
        at_home=len(home),
        elsewhere=len(home) - sum(one.running for one in shown),
        percent=store.rules.percent,
        hold_hours=round(store.rules.hold.total_seconds() / 3600),
    )


def _release(
    session: Session,
    release: Release,
    stage: Stage,
    home: Mapping[int, str],
    looked: Mapping[int, Mapping[str, Any]],
    store: Store,
    actors: Actors,
) -> ReleaseView:
    attempts = newest_attempts(session, release.version)
    back = [row for row in attempts if row.outcome != DONE]
    waits = {
        machine: str(one["outcome"])
        for machine, one in looked.items()
        if one.get("version") == release.version and one.get("outcome") in LOOKED and machine in home
    }
    names = {**home, **_names(session, {row.machine_id for row in back})}
    troubles = [
        Trouble(
            machine_id=row.machine_id,
            machine=names.get(row.machine_id, "?"),
            went_back=True,
            text=words(CODES.get(row.code, row.code or "?")),
            at=row.heard_at,
        )
        for row in back
    ]
    gone_back = {row.machine_id for row in back}
    troubles += _waiting({m: o for m, o in waits.items() if m not in gone_back}, names)
    tone, icon, label = _stage_words(release, stage)
    return ReleaseView(
        version=release.version,
        made_at=release.made_at,
        stage=stage,
        tone=tone,
        icon=icon,
        label=label,
        why=_why(release, stage, store, actors),
        percent=release.percent,
        replaced=False,
        main=False,
        running=0,
        updated=len(attempts) - len(back),
        went_back=len(back),
        refused=sum(1 for outcome in waits.values() if outcome == REFUSED),
        troubles=tuple(troubles),
    )


def _waiting(waits: Mapping[int, str], names: Mapping[int, str]) -> Iterator[Trouble]:
    for machine, outcome in sorted(waits.items()):
        text = words(LOOKED[outcome])
        yield Trouble(machine_id=machine, machine=names[machine], went_back=False, text=text, at=None)


def _stage_words(release: Release, stage: Stage) -> tuple[str, str, Words]:
    if stage == "everybody":
        return "good", "circle-check", words(N_("for everybody"))
    if stage == "stopped":
        return "alert", "circle-stop", words(N_("stopped"))
    return "busy", "hourglass", words(N_("on trial: {share} of the machines"), share=percent(release.percent / 100))


def _why(release: Release, stage: Stage, store: Store, actors: Actors) -> Words:
    if release.by:
        return words(N_("{who} said so."), who=actors.name(release.by))
    if stage == "stopped":
        return words(N_("It stopped by itself, because a machine went back to the version before."))
    if stage == "trial":
        if not release.percent:
            return words(N_("No machine gets it until somebody says so."))
        left = release.made_at + store.rules.hold - utcnow()
        hours = max(1, -(-int(left.total_seconds()) // 3600))
        return counted(
            "If no machine goes back, all others get it in {n} hour.",
            "If no machine goes back, all others get it in {n} hours.",
            hours,
        )
    return words(N_("No machine went back while it was on trial.")) if release.stage == "trial" else NOTHING


def _names(session: Session, ids: set[int] | None = None) -> dict[int, str]:
    """The machines at home, or those with ``ids``."""
    wanted = at_home_ids() if ids is None else ids
    return {row.id: row.name for row in session.execute(select(Machine).where(Machine.id.in_(wanted))).scalars()}


def _versions(session: Session) -> dict[int, str]:
    """Machine → the version that its installed system runs, by its newest announcement that isn't over."""
    newest = select(func.max(Boot.id)).where(Boot.status.in_(OPEN)).group_by(Boot.machine_id)
    rows = select(Boot.machine_id, Boot.announcement).where(Boot.id.in_(newest), Boot.mode == "resident")
    return {machine: str(said.get("agent_version") or "") for machine, said in session.execute(rows)}


def _looked(session: Session) -> dict[int, Mapping[str, Any]]:
    """Machine at home → what came of its last look for a new version."""
    rows = select(HomeHealth.machine_id, HomeHealth.latest).where(HomeHealth.machine_id.in_(at_home_ids()))
    return {machine: (latest.get("updates") or {}).get("agent") or {} for machine, latest in session.execute(rows)}
