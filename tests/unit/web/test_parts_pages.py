"""The stock's pages, grades on the board, drives' verdicts: without a browser, with what nobody should type."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, select

from controller.core import Core
from controller.database import utcnow
from controller.grading.keep import RULES
from controller.grading.said import say
from controller.grading.tables import MachineGrade
from controller.grading.uses import GRADE_ICONS, GRADE_NAMES, GRADE_TONES, USE_ICONS, USE_NAMES, Grade, Use
from controller.hardware_tests.tables import HardwareTest
from controller.health.verdict import Level
from controller.machines.tables import Drive, Machine
from controller.parts.kinds import KIND_ICONS, KIND_NAMES, ORIGIN_NAMES, STATE_NAMES, Origin, PartKind, PartState
from controller.parts.tables import Part, PartMove
from controller.web.icons import icon_names
from controller.web.views.board import Filters, board
from controller.web.views.drives import VERDICTS, drives
from controller.web.views.parts import MOVE_NAMES
from controller.web.views.people import Actors
from tests.unit.web.conftest import Visitor

SSD = {"kind": "ssd", "count": "2", "size": "240", "interface": "SATA", "cost": "18,90 €", "place": "Boîte 3"}


def test_every_kind_and_grade_has_its_words_and_icon() -> None:
    assert set(KIND_NAMES) == set(KIND_ICONS) == set(PartKind)
    assert set(ORIGIN_NAMES) == set(Origin)
    assert set(STATE_NAMES) == set(PartState)
    assert set(GRADE_NAMES) == set(GRADE_TONES) == set(GRADE_ICONS) == set(Grade)
    assert set(USE_NAMES) == set(USE_ICONS) == set(Use)
    icons = {*KIND_ICONS.values(), *GRADE_ICONS.values(), *USE_ICONS.values(), *(i for _, i in MOVE_NAMES.values())}
    assert icons | {icon for _, icon, _ in VERDICTS.values()} <= set(icon_names())


def test_a_part_goes_its_way_without_script(karim: Visitor, core: Core, ids: dict[str, int]) -> None:
    assert karim.post("/parts", **SSD).headers["location"] == "/stock?said=part-added"
    page = karim.get("/stock").text
    assert "Boîte 3" in page
    with core.database.read() as session:
        part = session.execute(select(Part)).scalar_one()
        tag = session.get_one(Machine, ids["at_work"]).tag
        assert (part.count, part.cost_cents, part.size_bytes) == (2, 1890, 240 * 10**9)
    assert karim.post(f"/parts/{part.id}/take", machine=f" {str(tag).lower()} ").status_code == 303
    assert tag in karim.get(f"/parts/{part.id}").text
    with core.database.read() as session:
        move = session.execute(select(PartMove).where(PartMove.kind == "taken")).scalar_one()
    assert karim.post(f"/part-moves/{move.id}/put-back").status_code == 303
    assert karim.post(f"/part-moves/{move.id}/put-back").status_code == 409
    assert karim.post(f"/parts/{part.id}/count", count="9", reason="x").status_code == 403


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/parts", {}, 400),
        ("/parts", {**SSD, "kind": "spaceship"}, 400),
        ("/parts", {**SSD, "count": "deux"}, 400),
        ("/parts", {**SSD, "count": "1.5"}, 400),
        ("/parts", {**SSD, "count": "-1"}, 400),
        ("/parts", {**SSD, "count": "1e400"}, 400),
        ("/parts", {**SSD, "size": "nan"}, 400),
        ("/parts", {**SSD, "cost": "12.345.6"}, 400),
        ("/parts", {**SSD, "cost": "999999"}, 400),
        ("/parts", {**SSD, "origin": "machine", "machine": "R-999999"}, 404),
        ("/parts", {**SSD, "origin": "machine", "machine": "nothing"}, 400),
        ("/parts", {**SSD, "origin": "machine", "machine": ""}, 400),
        ("/parts/1/take", {"machine": "R-000007"}, 404),
        ("/parts/99/count", {"count": "1", "reason": "x"}, 404),
        ("/parts/99/discard", {"count": "1", "reason": "x"}, 404),
        ("/part-moves/99/put-back", {}, 404),
    ],
)
def test_what_cannot_be_is_refused_in_words(amelie: Visitor, path: str, data: dict[str, str], status: int) -> None:
    answer = amelie.post(path, **data)
    assert answer.status_code == status, answer.text[:500]
    assert 'class="notice tone-alert"' in answer.text


@pytest.mark.parametrize("query", ["?q=%00%25_", "?kind=nothing", "?gone=1&kind=memory", "?q=" + "x" * 80])
def test_any_search_is_answered(karim: Visitor, query: str) -> None:
    assert karim.get(f"/stock{query}").status_code == 200


def test_markup_in_a_label_stays_text(karim: Visitor) -> None:
    karim.post("/parts", kind="other", label="<script>alert(1)</script>", place="<b>")
    for path in ("/stock", "/parts/1"):
        page = karim.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


def grade(session: Any, machine_id: int, letter: str) -> None:
    session.merge(
        MachineGrade(
            machine_id=machine_id, grade=letter, use="office", tested=True, rules=RULES, assessed_at=utcnow(),
            sentence=say("it has no camera").as_dict(), lift={},
        )
    )  # fmt: skip


def test_grades_cost_the_board_one_query(karim: Visitor, core: Core, ids: dict[str, int]) -> None:
    def statements() -> int:
        found: list[str] = []

        @event.listens_for(core.database.engine, "before_cursor_execute")
        def count(_c: object, _cursor: object, statement: str, *_: object) -> None:
            found.append(statement)

        with core.database.read() as session:
            cards = board(session, Filters(), utcnow())
        event.remove(core.database.engine, "before_cursor_execute", count)
        shown = [c for column in cards.columns for c in column.cards] + list(cards.needs)
        assert {c.grade.letter for c in shown if c.grade} <= set("ABCD")
        return len(found)

    with core.database.write() as session:
        session.query(MachineGrade).delete()
    before = statements()
    with core.database.write() as session:
        for key in ("at_work", "waiting", "held", "ready"):
            grade(session, ids[key], "B")
    assert statements() == before
    page = karim.get("/").text
    assert page.count("badge grade small") == 4


def test_a_grade_is_said_with_its_reason(karim: Visitor, core: Core, ids: dict[str, int]) -> None:
    with core.database.write() as session:
        grade(session, ids["at_work"], "C")
        grade(session, ids["held"], "")
    page = karim.get(f"/machines/{ids['at_work']}").text
    assert '<span class="badge grade tone-waiting" title="' in page
    assert "badge grade" not in karim.get(f"/machines/{ids['held']}").text
    # What is kept may be of another version, or nothing at all.
    with core.database.write() as session:
        session.get_one(MachineGrade, ids["at_work"]).sentence = {"odd": 1}
    assert karim.get(f"/machines/{ids['at_work']}?tab=hardware").status_code == 200


def test_a_drives_verdict_stands_with_its_reasons(karim: Visitor, core: Core, ids: dict[str, int]) -> None:
    with core.database.write() as session:
        drive = session.execute(select(Drive).where(Drive.serial == "SN-HELD")).scalar_one()
        drive.facts = {**drive.facts, "smart": {"passed": True, "pending_sectors": 67, "power_on_hours": 100}}
    with core.database.read() as session:
        (line,) = drives(session, ids["held"], Actors(session))
        assert line.verdict.level is Level.WORN
    assert "67" in karim.get(f"/machines/{ids['held']}?tab=drives").text
    with core.database.write() as session:
        session.add(
            HardwareTest(
                machine_id=ids["held"], source="t", name="drive-self-test", subsystem="drive", target="SN-HELD",
                outcome="fail", reason="read failure at 4711", figures={}, automatic=True, started_at="",
                received_at=utcnow(),
            )
        )  # fmt: skip
    with core.database.read() as session:
        (line,) = drives(session, ids["held"], Actors(session))
        assert line.verdict.level is Level.FAILING
        assert "read failure at 4711" in line.verdict.texts[0]
    assert "read failure at 4711" in karim.get(f"/drives/{drive.id}").text
    for odd in ({"smart": 7}, {"smart": None}, {}):
        with core.database.write() as session:
            session.get_one(Drive, drive.id).facts = odd
        assert karim.get(f"/machines/{ids['held']}?tab=drives").status_code == 200
