"""The forms that an export can have, by the names that the command line and the API know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from controller.inventory_export.about import NOBODY, About
from controller.inventory_export.glpi import glpi_inventory
from controller.inventory_export.own import dumped, own_inventory
from controller.inventory_export.table import table

Form = Literal["glpi", "json", "csv"]
FORMS: tuple[Form, ...] = get_args(Form)


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A file that was made of a snapshot."""

    content: bytes
    media_type: str
    name: str  # of the file: letters, figures and dashes


def export(snapshot: dict[str, Any], form: Form, about: About = NOBODY, *, glpi_tag: str = "") -> Exported:
    """One machine's snapshot in a form."""
    stem = about.machine or "inventory"
    if form == "csv":
        return Exported(content=table([(snapshot, about)]), media_type="text/csv; charset=utf-8", name=f"{stem}.csv")
    if form == "glpi":
        found = glpi_inventory(snapshot, machine=about.machine, site=about.site, tag=glpi_tag)
        return Exported(content=dumped(found), media_type="application/json", name=f"{stem}.glpi.json")
    return Exported(content=dumped(own_inventory(snapshot, about)), media_type="application/json", name=f"{stem}.json")
