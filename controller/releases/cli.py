"""``recyclerie agent-package``: the releases of the agent, and who gets them."""

from __future__ import annotations

import logging
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from controller.database import utcnow
from controller.releases.reports import outcomes
from controller.releases.rollout import Outcomes, Stage, stage_of
from controller.releases.steering import steer
from controller.releases.store import Store
from controller.settings import get_settings

app = typer.Typer(no_args_is_help=True, help="Releases of the agent for machines at home.")
out = Console()
Version = Annotated[str, typer.Argument(help="a version that `list` shows")]


@app.command()
def build() -> None:
    """Make a release of the agent's sources as they are, if there is none yet; `serve` does it by itself."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    store = Store(get_settings())
    release = store.ensure()
    out.print(f"{release.version} ({release.stage}): {store.package(release)}", soft_wrap=True)


@app.command(name="list")
def list_releases() -> None:
    """Which releases there are, who gets them, and what machines told."""
    from controller.core import make_core
    from controller.migrate import upgrade

    core = make_core(get_settings())
    upgrade(core.database)
    store = Store(core.settings)
    with core.database.read() as session:
        told = outcomes(session)
    table = Table("version", "made", "for", "updated", "rolled back")
    for release in store.releases():
        heard = told.get(release.version, Outcomes())
        stage = stage_of(release, heard, store.rules, utcnow())
        who = f"{release.percent} % of the machines" if stage == "trial" else stage
        who += f" ({release.by})" if release.by else ""
        table.add_row(
            release.version, f"{release.made_at:%Y-%m-%d %H:%M}", who, str(heard.done), str(heard.rolled_back)
        )
    out.print(table)


@app.command()
def everybody(version: Version) -> None:
    """Give a release to all machines now."""
    _say(version, "everybody")


@app.command()
def trial(version: Version, percent: Annotated[int, typer.Option(min=0, max=100)] = 10) -> None:
    """Give a release to a share of the machines, until somebody says otherwise."""
    _say(version, "trial", percent)


@app.command()
def stop(version: Version) -> None:
    """Give a release to no further machine. Those that have it keep it."""
    _say(version, "stopped")


def _say(version: str, stage: Stage, percent: int | None = None) -> None:
    from controller.core import make_core
    from controller.migrate import upgrade

    core = make_core(get_settings())
    upgrade(core.database)
    store, site = Store(core.settings), core.settings.site
    with core.database.write() as session:
        release = steer(session, store, version, stage, actor="command", site=site, percent=percent)
    share = f", {release.percent} % of the machines" if release.stage == "trial" else ""
    out.print(f"{release.version}: {release.stage}{share}")
