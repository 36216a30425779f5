"""``recyclerie grade``: what machines are good for, from dumps or from this workshop's own inventories."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.errors import RecyclerieError
from controller.i18n import N_, set_language, translate
from controller.settings import get_settings

if TYPE_CHECKING:
    from controller.core import Core

Sources = Annotated[
    list[str], typer.Argument(help="Folders of dumps, captures, inventories' JSON files; or tags (R-000123).")
]


def grade(
    sources: Sources,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON line for each.")] = False,
    language: Annotated[str | None, typer.Option("--language", help="fr or en.")] = None,
) -> None:
    """Grade machines: A to D with the reason, what each is good for, and what would lift it.

    A source that can't be read is one line that says why.
    """
    settings = get_settings()
    set_language(language or settings.default_language)
    core: Core | None = None
    for source in sources:
        try:
            if Path(source).exists():
                found = _of_dumps(Path(source))
            else:
                if core is None:
                    from controller.core import make_core

                    core = make_core(settings)
                found = _of_tag(core, source)
        except RecyclerieError as error:
            found = {"grade": None, "use": None, "sentence": translate(error.message, **error.params), "error": True}
        _say({"source": source, **found}, as_json)


def _of_dumps(path: Path) -> dict[str, Any]:
    from controller.grading.assess import assess
    from controller.grading.facts import read_facts
    from controller.grading.told import told
    from controller.inventory_export.agent_reading import read_snapshot

    return told(assess(read_facts(read_snapshot(path))))


def _of_tag(core: Core, tag: str) -> dict[str, Any]:
    from controller.grading.assess import assess
    from controller.grading.reading import facts_of
    from controller.grading.told import told
    from controller.machines.registry import machine_by_tag
    from controller.machines.tags import read_tag
    from controller.parts.queries import offers

    with core.database.read() as session:
        machine = machine_by_tag(session, read_tag(tag))
        facts = facts_of(session, machine) if machine is not None else None
        if machine is None or facts is None:
            raise RecyclerieError(
                N_("There is no file, and no inspected machine, called {name}."),
                N_("Give a folder of dumps, or the tag of a machine that was inspected."),
                name=tag,
            )
        return told(assess(facts, offers(session, machine.site)))


def _say(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    typer.echo(f"{found['source']}: {found['grade'] or '-'}  {found['sentence']}")
    for lift in found.get("lifts", ()):
        typer.echo(f"    {lift['sentence']}")
