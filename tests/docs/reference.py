"""The tables of docs/ that say what the code says: ``python -m tests.docs.reference`` writes them again.

A table stands between ``<!-- reference: NAME -->`` and ``<!-- end -->``. A test fails when one is not up to date.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from controller.access.roles import RIGHTS, ROLE_NAMES, Right
from controller.app import create_app
from controller.machines.lifecycle import STATES, TIME_LIMITS, TRANSITIONS, State
from controller.settings import Settings
from controller.workflows.steps_list import RECONDITION
from tests.docs.routes import Door, doors

DOCS = Path(__file__).resolve().parents[2] / "docs"
BLOCK = re.compile(r"<!-- reference: (?P<name>[a-z-]+) -->\n.*?<!-- end -->", re.DOTALL)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def settings() -> str:
    """Every setting, its default, what it means."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = "–" if field.default in (None, "") else f"`{field.default}`"
        rows.append([f"`RECYCLERIE_{name.rstrip('_').upper()}`", default, field.description or ""])
    return table(["setting", "default", "meaning"], rows)


def states() -> str:
    """Every state of a machine."""
    rows = []
    for state, info in STATES.items():
        limit = f"{TIME_LIMITS[state] / 3600:.0f} h, then held" if state in TIME_LIMITS else "–"
        if state is State.INSPECTED:
            limit = "`RECYCLERIE_AUTHORISATION_WAIT_HOURS`, then held"
        rows.append([f"`{state.value}`", info.meaning, limit])
    return table(["state", "meaning", "time limit"], rows)


def transitions() -> str:
    """Every transition but those of holding and leaving, which are the same for many states."""
    ways = {State.HELD, State.PARTS, State.RECYCLED}
    rows = [
        [f"`{before.value}`", f"`{after.value}`", why]
        for (before, after), why in TRANSITIONS.items()
        if not {before, after} & ways
    ]
    return table(["from", "to", "when"], rows)


def ways_out() -> str:
    """From where a machine may be held, taken apart, recycled."""
    mark = {True: "yes", False: "–"}
    rows = [
        [f"`{state.value}`", *(mark[(state, to) in TRANSITIONS] for to in (State.HELD, State.PARTS, State.RECYCLED))]
        for state in State
    ]
    return table(["from", "`held` (and back)", "`parts`", "`recycled`"], rows)


def steps() -> str:
    """The steps of a run."""
    return table(["step", "what it does"], [[f"`{step.name}`", step.meaning] for step in RECONDITION])


def rights() -> str:
    """What each role may do."""
    rows = [[f"`{right.value}`", *("yes" if right in RIGHTS[role] else "–" for role in ROLE_NAMES)] for right in Right]
    return table(["right", *(role.value for role in ROLE_NAMES)], rows)


def api() -> str:
    """Every route of the API."""
    return _routes(lambda door: door.path.startswith("/api"))


def pages() -> str:
    """Every page and form of the dashboard."""
    return _routes(lambda door: not door.path.startswith("/api"))


def _routes(wanted: Callable[[Door], bool]) -> str:
    os.environ["RECYCLERIE_CONFIG"] = "/nonexistent"
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_dir=Path(folder)))
        found = [door for door in doors(app) if wanted(door)]
        app.state.core.database.close()
    rows = [
        [door.method, f"`{door.path}`", f"`{door.right.value}`" if door.right else "–", door.summary.split("\n\n")[0]]
        for door in found
    ]
    return table(
        ["", "path", "right", "what"], [[cell.replace("\n", " ").replace("``", "`") for cell in row] for row in rows]
    )


TABLES: dict[str, Callable[[], str]] = {
    "settings": settings,
    "states": states,
    "transitions": transitions,
    "ways-out": ways_out,
    "steps": steps,
    "rights": rights,
    "api": api,
    "pages": pages,
}


def refreshed(text: str) -> str:
    """A page with its tables as they should be."""
    return BLOCK.sub(lambda m: f"<!-- reference: {m['name']} -->\n{TABLES[m['name']]()}\n<!-- end -->", text)


def main() -> None:
    """Write every table again."""
    for page in sorted(DOCS.glob("*.md")):
        text = page.read_text()
        new = refreshed(text)
        if new != text:
            page.write_text(new)
            print(f"written: {page.relative_to(DOCS.parent)}")


if __name__ == "__main__":
    main()
