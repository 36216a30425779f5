"""A Debian root file system in a folder, by mmdebstrap, remembered by a hash of what went into it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from images.command import Report, need_root, need_tools, run_lines
from images.errors import ImageError
from images.progress import Progress
from images.resources import locked, need_space, remove_tree, work_folder
from images.sources import SUITE, Source, road_settings

RECIPE_VERSION = 1
"""Raised when this module changes what a rootfs holds, so that cached ones are built anew."""

_UNUSED_DAYS = 90
_OLD_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a root file system is made of."""

    name: str  # folder in the cache: live, os-famille…
    packages: tuple[str, ...]
    sources: tuple[Source, ...]
    debconf: str = ""  # answers to the packages' questions, in debconf-set-selections form
    excluded: tuple[str, ...] = ()  # dpkg path patterns that are not unpacked (documentation, translations)
    included: tuple[str, ...] = ()  # exceptions to ``excluded``
    space_bytes: int = 2_000_000_000  # needed in the cache while building

    def key(self) -> str:
        """Hash of everything that decides the content, but the day's state of the archive."""
        said = {
            "recipe": RECIPE_VERSION,
            "packages": sorted(self.packages),
            # A change of mirror changes nothing in the packages: only suites and components count.
            "sources": sorted({f"{source.suite} {' '.join(source.components)}" for source in self.sources}),
            "debconf": self.debconf,
            "excluded": self.excluded,
            "included": self.included,
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Rootfs:
    """A root file system in the cache."""

    folder: Path
    key: str  # hash of the recipe
    built_at: str  # ISO 8601, UTC
    packages: dict[str, str]  # name → version of every installed package
    fresh: bool  # built by this call


def rootfs(recipe: Recipe, cache_dir: Path, report: Report, *, renew: bool = False) -> Rootfs:
    """The root file system of a recipe: from the cache when its inputs are the same, else built.

    ``renew`` builds it anew anyway (newer packages). Raises ``ImageError``. One build of a name at a time.
    """
    home = cache_dir / "rootfs"
    goal, note = home / recipe.name, home / f"{recipe.name}.json"
    with locked(home, recipe.name, report):
        kept = _kept(note, goal)
        if kept is not None and kept["key"] == recipe.key() and not renew:
            report(f"{recipe.name}: root file system of {kept['built_at']} is in the cache{_age(kept)}", None)
            return Rootfs(
                folder=goal, key=kept["key"], built_at=kept["built_at"], packages=kept["packages"], fresh=False
            )
        need_root()
        need_tools({"mmdebstrap": "mmdebstrap", "dpkg": "dpkg", "apt-get": "apt"})
        need_space(home, recipe.space_bytes, f"The root file system {recipe.name}")
        with work_folder(home, recipe.name) as work:
            built = _build(recipe, work, cache_dir / "debs", report)
            prune_debs(cache_dir / "debs", built.packages)
            note.unlink(missing_ok=True)
            if goal.exists():
                remove_tree(goal)
            built.folder.rename(goal)
        note.write_text(
            json.dumps({"key": built.key, "built_at": built.built_at, "packages": built.packages}, indent=1),
            encoding="utf-8",
        )
        return Rootfs(folder=goal, key=built.key, built_at=built.built_at, packages=built.packages, fresh=True)


def _kept(note: Path, goal: Path) -> dict[str, Any] | None:
    try:
        kept = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(kept, dict) and {"key", "built_at", "packages"} <= set(kept)
    return kept if whole and goal.is_dir() else None


def _build(recipe: Recipe, work: Path, debs: Path, report: Report) -> Rootfs:
    root = work / "root"
    debs.mkdir(parents=True, exist_ok=True)
    listing, settings = work / "sources.list", work / "apt.conf"
    listing.write_text("".join(f"{source.line()}\n" for source in recipe.sources), encoding="utf-8")
    settings.touch(mode=0o600)
    settings.write_text(road_settings(), encoding="utf-8")
    log = debs.parent / "rootfs" / f"{recipe.name}.log"
    report(f"{recipe.name}: building the root file system ({len(recipe.packages)} packages asked for)", 0.0)
    try:
        run_lines(
            mmdebstrap_command(recipe, root, listing, settings, debs, work),
            Progress(recipe.name, report).line,
            log=log,
            hint="check the network and that apt-get update works on this machine",
        )
    except BaseException:
        _keep_debs(root, debs)  # what was downloaded needn't be downloaded again
        raise
    return Rootfs(folder=root, key=recipe.key(), built_at=_now(), packages=installed_packages(root), fresh=True)


def mmdebstrap_command(recipe: Recipe, root: Path, listing: Path, settings: Path, debs: Path, work: Path) -> list[str]:
    """The command that builds ``recipe`` in ``root``; packages are linked from and to the cache ``debs``."""
    command = [
        "mmdebstrap",
        "--variant=minbase",
        "--mode=root",
        "--verbose",
        "--format=directory",
        "--dpkgopt=force-unsafe-io",
        f"--aptopt={settings}",
        "--skip=essential/unlink",
        f"--include={','.join(recipe.packages)}",
        # Links, not copies: hundreds of packages in no time. A cache on another disk gets copies.
        f'--setup-hook=mkdir -p "$1"/var/cache/apt/archives/partial; '
        f'cp -ln "{debs}"/*.deb "$1"/var/cache/apt/archives/ 2>/dev/null || '
        f'cp -n "{debs}"/*.deb "$1"/var/cache/apt/archives/ 2>/dev/null || true',
        f'--customize-hook=cp -ln "$1"/var/cache/apt/archives/*.deb "{debs}"/ 2>/dev/null || '
        f'cp -n "$1"/var/cache/apt/archives/*.deb "{debs}"/ 2>/dev/null || true',
        # The mirror's proxy and passwords are this machine's; unsafe writes are for the build only.
        '--customize-hook=rm -f "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/etc/dpkg/dpkg.cfg.d/99mmdebstrap',
    ]
    command += [f"--dpkgopt=path-exclude={pattern}" for pattern in recipe.excluded]
    command += [f"--dpkgopt=path-include={pattern}" for pattern in recipe.included]
    if recipe.debconf:
        answers = work / "debconf"
        answers.write_text(recipe.debconf, encoding="utf-8")
        command.append(f'--essential-hook=chroot "$1" debconf-set-selections < "{answers}"')
    return [*command, SUITE, str(root), str(listing)]


def _keep_debs(root: Path, debs: Path) -> None:
    for deb in (root / "var/cache/apt/archives").glob("*.deb"):
        if not (debs / deb.name).exists():
            shutil.copy2(deb, debs / deb.name)


def prune_debs(debs: Path, used: dict[str, str], *, now: float | None = None) -> None:
    """Forget packages that no build has used for a season, so that the cache doesn't grow for ever."""
    moment = time.time() if now is None else now
    prefixes = {f"{name}_{version.replace(':', '%3a')}_" for name, version in used.items()}
    for deb in debs.glob("*.deb"):
        if f"{deb.name.rsplit('_', 1)[0]}_" in prefixes:
            os.utime(deb, (moment, moment))
        elif moment - deb.stat().st_mtime > _UNUSED_DAYS * 86400:
            deb.unlink(missing_ok=True)


def _age(kept: dict[str, Any]) -> str:
    """A reminder when the packages of a cached root file system are old."""
    built = datetime.strptime(str(kept["built_at"]), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    days = (datetime.now(UTC) - built).days
    return f", {days} days old: --renew takes newer packages" if days > _OLD_DAYS else ""


def installed_packages(root: Path) -> dict[str, str]:
    """Name → version of every package installed in ``root``."""
    done = subprocess.run(
        ["dpkg-query", f"--admindir={root / 'var/lib/dpkg'}", "-W", "-f=${Package} ${Version}\n"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ImageError(
            f"The package list of {root} can't be read: {done.stderr.strip()}",
            hint="build it anew with --renew",
        )
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def digest(parts: Sequence[bytes]) -> str:
    """SHA-256 over parts that can't run into each other."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()
