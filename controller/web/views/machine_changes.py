"""What changed in a machine between two inspections, as a page says it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.i18n import N_
from controller.machines.changes.keeping import changes_of
from controller.machines.tables import Boot, Machine
from controller.web.formats import memory, size
from controller.web.views.words import Words

ICONS = {
    "memory": "memory-stick",
    "drive": "hard-drive",
    "battery": "battery",
    "firmware": "cpu",
    "processor": "cpu",
    "board": "pc-case",
    "card": "wrench",
    "screen": "monitor",
    "security": "fingerprint-pattern",
}
BOOTS = {"live": N_("in the workshop"), "resident": N_("by the installed system")}


@dataclass(frozen=True)
class Line(Words):
    """One change, its sizes written in the language of the page."""

    base: int = 1000  # of sizes: memory is counted in powers of two

    def __str__(self) -> str:
        """The sentence."""
        written = memory if self.base == 1024 else size
        params = {
            key: written(value) if key.endswith("size") and isinstance(value, int) else value
            for key, value in self.params.items()
        }
        return str(Words(id=self.id, params=params))


@dataclass(frozen=True)
class ChangeList(Words):
    """Several changes in one line."""

    id: str = ""
    lines: tuple[Line, ...] = ()

    def __str__(self) -> str:
        """The sentences, one behind the other."""
        return "; ".join(str(line) for line in self.lines)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.lines)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One change on the page."""

    icon: str
    line: Line


@dataclass(frozen=True, kw_only=True)
class Found:
    """All that one inventory showed to be another."""

    at: dt.datetime
    since: dt.datetime
    boot: str  # message id: which system looked
    lines: tuple[Shown, ...]


def change_words(change: Mapping[str, Any]) -> Line:
    """A change as it was stored, in words."""
    base = 1024 if change["part"] == "memory" else 1000
    return Line(id=str(change["message"]), params=dict(change["params"]), base=base)


def changes_tab(session: Session, machine: Machine) -> dict[str, Any]:
    """What the tab's template needs."""
    rows = changes_of(session, machine.id)
    boots = {row.boot_id for row in rows if row.boot_id}
    modes = {boot: mode for boot, mode in session.execute(select(Boot.id, Boot.mode).where(Boot.id.in_(boots)))}  # noqa: C416
    return {
        "part_changes": tuple(
            Found(
                at=row.at,
                since=row.since,
                boot=BOOTS.get(modes.get(row.boot_id or 0, ""), ""),
                lines=tuple(
                    Shown(icon=ICONS.get(str(change["part"]), "wrench"), line=change_words(change))
                    for change in row.changes
                ),
            )
            for row in rows
        )
    }
