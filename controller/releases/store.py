"""``DATA_DIR/apt``: the packages, the signed indexes, and ``releases.json`` that says which there are."""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from controller.database import utcnow
from controller.errors import NotFound
from controller.i18n import N_
from controller.releases.contents import AGENT, KEYRING, Entry, base_version, contents, digest
from controller.releases.package import build_package, package_name
from controller.releases.repository import write_view
from controller.releases.rollout import Release, Rules, Stage
from controller.releases.signing import ensure_archive_key
from controller.settings import Settings

KEPT = 5  # releases; a machine that was off for long still finds the one that it has
logger = logging.getLogger(__name__)


class Store:
    """The releases of one controller. Several processes may use it at once."""

    def __init__(self, settings: Settings, agent: Path = AGENT) -> None:
        """Nothing is made yet."""
        self.folder = settings.data_dir / "apt"
        self.keys_dir = settings.keys_dir
        self.agent = agent
        self.rules = Rules(
            percent=settings.agent_update_percent, hold=dt.timedelta(hours=settings.agent_update_hold_hours)
        )

    # -- reading -------------------------------------------------------------------------------------
    def releases(self) -> list[Release]:
        """Those that are kept, the newest first."""
        try:
            rows = json.loads((self.folder / "releases.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        return [Release(**row | {"made_at": dt.datetime.fromisoformat(row["made_at"])}) for row in rows]

    def newest(self) -> Release | None:
        """The newest release that nobody stopped."""
        return next((release for release in self.releases() if release.stage != "stopped"), None)

    def package(self, release: Release) -> Path:
        """Its .deb."""
        return self.folder / "pool" / release.file

    def view(self, release: Release) -> Path:
        """The folder of the signed index that ends with it."""
        return self.folder / "views" / release.version

    # -- changing ------------------------------------------------------------------------------------
    def ensure(self) -> Release:
        """The release of the agent's sources as they are now, made if it isn't there yet.

        Raises:
            Conflict: dpkg-deb or gpg is missing or failed.
        """
        with self._lock():
            self.keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            held = contents(self.agent) | {KEYRING: Entry(ensure_archive_key(self.keys_dir).encode())}
            found = digest(held)
            known = self.releases()
            if known and known[0].digest == found and self.package(known[0]).exists():
                return known[0]
            at = utcnow().replace(microsecond=0)
            if known:  # a clock that was put back makes no older version of newer code
                at = max(at, known[0].made_at + dt.timedelta(seconds=1))
            release = Release(
                version=f"{base_version(self.agent)}+{at:%Y%m%d.%H%M%S}",
                digest=found,
                sha256="",
                made_at=at,
                stage="trial" if known else "everybody",
                percent=self.rules.percent,
            )
            deb = self.folder / "pool" / package_name(release.version)
            build_package(held, release.version, int(at.timestamp()), deb)
            return self._add(replace(release, sha256=hashlib.sha256(deb.read_bytes()).hexdigest()), known)

    def _add(self, release: Release, known: list[Release]) -> Release:
        kept = [release, *known][:KEPT]
        # What a machine goes back to is the release before: both are in the index.
        write_view(self.view(release), self.keys_dir, [self.package(one) for one in kept], utcnow())
        self._write(kept)
        for old in known[KEPT - 1 :]:
            self.package(old).unlink(missing_ok=True)
            shutil.rmtree(self.view(old), ignore_errors=True)
        logger.info("agent %s is ready for machines at home: %s", release.version, release.stage)
        return release

    def set_stage(self, version: str, stage: Stage, by: str, percent: int | None = None) -> Release:
        """What a person says about a release.

        Raises:
            NotFound: there is no such release.
        """
        with self._lock():
            known = self.releases()
            for number, release in enumerate(known):
                if release.version == version:
                    share = release.percent if percent is None else percent
                    known[number] = replace(release, stage=stage, by=by, percent=share)
                    self._write(known)
                    return known[number]
        raise NotFound(
            N_("There is no release {version} of the agent."), N_("See recyclerie agent-package list."), version=version
        )

    def _write(self, releases: list[Release]) -> None:
        rows = [asdict(release) | {"made_at": release.made_at.isoformat()} for release in releases]
        new = self.folder / ".releases.json.new"
        new.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
        new.replace(self.folder / "releases.json")

    @contextmanager
    def _lock(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
