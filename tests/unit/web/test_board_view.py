"""The board with ugly data: two hundred machines, long names, and a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import event

from controller.core import Core
from controller.database import utcnow
from controller.machines.lifecycle import State
from controller.machines.registry import new_machine
from controller.machines.tables import Machine
from controller.web.views.board import GROUP_OF, ON_BOARD, SLIPS_SHOWN, Filters, board, cards_of
from controller.web.views.words import Words
from tests.acceptance.web import scene


def crowd(core: Core, count: int) -> None:
    """``count`` machines at work or on the shelf."""
    states = (State.PLUGGED, State.ERASING, State.INSTALLING, State.READY)
    with core.database.write() as session:
        for n in range(count):
            machine = new_machine(session, "main", states[n % 4])
            machine.tag = f"R-{n + 1:06d}"
            machine.manufacturer, machine.product = "Hewlett-Packard Company", scene.LONG_MODEL
            machine.accepted_at = utcnow()
            if n % 4 == 1:
                step = scene.run_at(session, machine, "erase", "running")
                step.done, step.total, step.unit, step.eta_seconds = 1, 4, "bytes", 700


@pytest.mark.parametrize("count", [8, 200])
def test_the_number_of_queries_does_not_grow(core: Core, count: int) -> None:
    crowd(core, count)
    statements: list[str] = []

    @event.listens_for(core.database.engine, "before_cursor_execute")
    def count_them(_c: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    with core.database.read() as session:
        found = board(session, Filters(), utcnow())
    event.remove(core.database.engine, "before_cursor_execute", count_them)
    assert sum(c.count for c in found.columns) == count
    assert len(statements) <= 20  # nine of them for what the ready machines lack
    assert found.dense == (count == 200)
    ready = next(c for c in found.columns if c.group.key == "ready")
    assert len(ready.cards) == min(count // 4, SLIPS_SHOWN)
    assert ready.more == max(0, count // 4 - SLIPS_SHOWN)


def test_every_state_on_the_board_has_its_column() -> None:
    assert {State(name) for name in ON_BOARD} == set(GROUP_OF)


def test_a_machine_at_work_that_says_nothing_is_noticed(core: Core, ids: dict[str, int]) -> None:
    with core.database.write() as session:
        machine = session.get_one(Machine, ids["at_work"])
        machine.last_heard_at = utcnow() - dt.timedelta(seconds=200)
    with core.database.read() as session:
        (card,) = cards_of(session, [ids["at_work"]], utcnow())
    assert card.silent_since is not None


def test_a_restarting_machine_may_be_silent(core: Core) -> None:
    with core.database.write() as session:
        machine = new_machine(session, "main", State.INSTALLING)
        machine.accepted_at = utcnow()
        machine.last_heard_at = utcnow() - dt.timedelta(seconds=200)
        scene.run_at(session, machine, "restart", "running")
        number = machine.id
    with core.database.read() as session:
        (card,) = cards_of(session, [number], utcnow())
    assert card.silent_since is None


def test_filters_narrow_by_lot_bench_and_words(core: Core, ids: dict[str, int]) -> None:
    with core.database.write() as session:
        session.get_one(Machine, ids["ready"]).bench = "Établi 3"
    with core.database.read() as session:

        def shown(**filters: Any) -> set[int]:
            found = board(session, Filters(**filters), utcnow())
            return {c.id for c in found.needs} | {c.id for column in found.columns for c in column.cards}

        assert shown(bench="Établi 3") == {ids["ready"]}
        assert shown(q="held01") == {ids["held"]}
        assert shown(q="dell latitude") > {ids["held"], ids["ready"]}
        assert ids["at_work"] not in shown(q="dell")
        assert shown(lot=ids["lot2"]) >= {ids["held"], ids["ready"]}
        assert board(session, Filters(q="x"), utcnow()).strangers == ()


def test_the_reason_of_a_hold_is_in_the_readers_language(core: Core, ids: dict[str, int]) -> None:
    from controller.machines.moves import hold

    with core.database.write() as session:
        hold(
            session,
            session.get_one(Machine, ids["at_work"]),
            "The inspection failed: {detail}",
            "controller",
            detail="x",
        )
    with core.database.read() as session:
        (card,) = cards_of(session, [ids["at_work"]], utcnow())
    assert card.need is not None
    assert isinstance(card.need.why, Words)
    assert str(card.need.why) == "L’inspection a échoué\u00a0: x"
