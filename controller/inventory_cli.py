"""``recyclerie inventory``: what machines are, for other programs: files, GLPI."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from controller.errors import RecyclerieError
from controller.i18n import N_, set_language
from controller.settings import get_settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from controller.inventory_export.machines import Inspected

app = typer.Typer(no_args_is_help=True, help="What machines are made of, for other programs.")

Tags = Annotated[list[str] | None, typer.Argument(help="Machines, by their tags (R-000123).")]
All = Annotated[bool, typer.Option("--all", help="Every machine that was accepted and inspected.")]


@app.command()
def export(
    tags: Tags = None,
    form: Annotated[Literal["glpi", "json", "csv"], typer.Option("--format", help="Which form.")] = "json",
    to: Annotated[Path | None, typer.Option("--to", help="Folder to write to: one file a machine, one CSV.")] = None,
    every: All = False,
) -> None:
    """Write what machines are: one to standard output, several to a folder; CSV has a line for each."""
    from controller.core import make_core
    from controller.inventory_export.forms import export as make
    from controller.inventory_export.table import table

    core = make_core(get_settings())
    set_language(core.settings.default_language)
    with core.database.read() as session:
        found = _chosen(session, tags or [], every)
    if form == "csv":
        _write(table((one.snapshot, one.about) for one in found), to / "inventory.csv" if to else None)
        return
    if to is None and len(found) != 1:
        raise RecyclerieError(
            N_("{n} machines can't be one file in this form."),
            N_("Give a folder with --to, or ask for --format csv."),
            n=len(found),
        )
    for one in found:
        file = make(one.snapshot, form, one.about, glpi_tag=core.settings.glpi_tag)
        _write(file.content, to / file.name if to else None)


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(help="A folder of dumps, a capture, or an inventory's JSON file.")],
    form: Annotated[Literal["glpi", "json", "csv"], typer.Option("--format", help="Which form.")] = "glpi",
    to: Annotated[Path | None, typer.Option("--to", help="File to write; standard output without it.")] = None,
) -> None:
    """A machine that this workshop never saw, out of the dumps of its tools. Needs no controller.

    What the dumps don't tell is named on standard error.
    """
    from controller.inventory_export.agent_reading import read_snapshot, unknown
    from controller.inventory_export.forms import export as make

    settings = get_settings()
    set_language(settings.default_language)
    snapshot = read_snapshot(source)
    _write(make(snapshot, form, glpi_tag=settings.glpi_tag).content, to)
    for line in unknown(snapshot):
        typer.echo(f"{source}: {line}", err=True)


@app.command()
def push(tags: Tags = None, every: All = False) -> None:
    """Send what machines are to the GLPI server of the settings, now. The same again changes nothing there."""
    from controller.core import make_core
    from controller.inventory_export.pushing import push as send

    core = make_core(get_settings())
    with core.database.read() as session:
        found = _chosen(session, tags or [], every)
    taken = send(core, found)
    typer.echo(f"{core.settings.glpi_url} took {len(taken)}: {', '.join(taken)}")


def _chosen(session: Session, tags: list[str], every: bool) -> list[Inspected]:
    from controller.inventory_export.machines import all_inspected, inspected_by_tag

    if every == bool(tags):
        raise RecyclerieError(N_("Which machines is not clear."), N_("Give their tags, or --all."))
    return all_inspected(session) if every else [inspected_by_tag(session, tag) for tag in tags]


def _write(content: bytes, path: Path | None) -> None:
    if path is None:
        typer.echo(content, nl=False)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    typer.echo(f"wrote {path}", err=True)
