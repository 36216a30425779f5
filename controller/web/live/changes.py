"""What a batch of changes means for the pages: which topics moved, which cards look different. Blocking."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from jinja2 import Environment
from sqlalchemy import select
from sqlalchemy.orm import Session

from controller.core import Core
from controller.database import utcnow
from controller.i18n import set_language
from controller.machines.tables import Machine
from controller.maintenance.tables import MaintenanceAction
from controller.web.views.board import Card, cards_of
from controller.workflows.tables import Run, RunStep

# More cards than this at once: reading the board again costs less than that many messages.
MANY = 40
WHOLE = frozenset({"assistance"})  # topics that are one page, whatever changed on it


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What to tell whom."""

    topics: frozenset[str]  # machine:<id>, lot:<id>, assistance
    board_changed: bool  # a card came, went or moved: the board must be read again
    cards: dict[str, dict[int, str]]  # language → card's machine id → HTML
    logs: dict[str, tuple[str, ...]]  # machine:<id> → what of it has a log that grew: a step, m<maintenance>


@dataclass
class Placements:
    """Where each card was last seen on the board, and which machine runs, steps and maintenance belong to."""

    cards: dict[int, str] = field(default_factory=dict)
    runs: dict[int, int] = field(default_factory=dict)
    steps: dict[int, int] = field(default_factory=dict)
    maintenance: dict[int, int] = field(default_factory=dict)


def gather(
    core: Core, environment: Environment, known: Placements, topics: Iterable[str], languages: Iterable[str]
) -> Changes:
    """Read what changed, once for every page."""
    ids = _by_kind(topics)
    with core.database.read() as session:
        _learn(session, known, ids.get("run", set()), ids.get("log", set()))
        machines = set(ids.get("machine", set()))
        machines |= {known.runs[i] for i in ids.get("run", set()) if i in known.runs}
        _learn_maintenance(session, known, ids.get("maintenance", set()))
        logs: dict[str, list[str]] = {}
        for step in ids.get("log", set()) & known.steps.keys():
            logs.setdefault(f"machine:{known.steps[step]}", []).append(str(step))
        for action in ids.get("maintenance", set()) & known.maintenance.keys():
            logs.setdefault(f"machine:{known.maintenance[action]}", []).append(f"m{action}")
        cards = cards_of(session, sorted(machines), utcnow()) if machines else []
        of_machines = select(Machine.lot_id).where(Machine.id.in_(machines), Machine.lot_id.is_not(None))
        lots = ids.get("lot", set()) | {i for i in session.execute(of_machines).scalars() if i is not None}
    moved = _moved(known, machines, cards) or bool(ids.get("lot"))
    rendered: dict[str, dict[int, str]] = {}
    if not moved and len(cards) <= MANY:
        rendered = {language: _render(environment, language, cards) for language in languages}
    return Changes(
        topics=frozenset({f"machine:{i}" for i in machines} | {f"lot:{i}" for i in lots} | (WHOLE & set(topics))),
        board_changed=moved or len(cards) > MANY,
        cards=rendered,
        logs={topic: tuple(steps) for topic, steps in logs.items()},
    )


def _by_kind(topics: Iterable[str]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for topic in topics:
        kind, _, number = topic.partition(":")
        if number.isdigit():
            found.setdefault(kind, set()).add(int(number))
    return found


def _learn(session: Session, known: Placements, runs: set[int], steps: set[int]) -> None:
    """Runs and steps never change machine: each is looked up once."""
    new_runs = runs - known.runs.keys()
    if new_runs:
        rows = session.execute(select(Run.id, Run.machine_id).where(Run.id.in_(new_runs)))
        known.runs.update({row.id: row.machine_id for row in rows})
    new_steps = steps - known.steps.keys()
    if new_steps:
        query = select(RunStep.id, Run.machine_id).join(Run, Run.id == RunStep.run_id).where(RunStep.id.in_(new_steps))
        known.steps.update({row.id: row.machine_id for row in session.execute(query)})


def _learn_maintenance(session: Session, known: Placements, actions: set[int]) -> None:
    new = actions - known.maintenance.keys()
    if new:
        rows = session.execute(
            select(MaintenanceAction.id, MaintenanceAction.machine_id).where(MaintenanceAction.id.in_(new))
        )
        known.maintenance.update({row.id: row.machine_id for row in rows})


def _moved(known: Placements, machines: set[int], cards: list[Card]) -> bool:
    """Whether a card came, went or changed its place; remembers the places."""
    places = {card.id: card.placement for card in cards}
    moved = False
    for machine_id in machines:
        before, after = known.cards.get(machine_id), places.get(machine_id)
        if before != after or after is None:
            moved = True
        if after is None:
            known.cards.pop(machine_id, None)
        else:
            known.cards[machine_id] = after
    return moved


def _render(environment: Environment, language: str, cards: list[Card]) -> dict[int, str]:
    set_language(language)
    macros = environment.get_template("components/cards.html").module
    return {card.id: str(macros.placed(card)).strip() for card in cards}  # type: ignore[attr-defined]
