"""The tab Health and the page Assistance, without a browser."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from controller.core import Core
from controller.health.home_tables import HealthAlert
from controller.machines.lifecycle import State
from tests.acceptance.web import home
from tests.unit.web.conftest import Visitor


@pytest.fixture
def at_home(core: Core, ids: dict[str, int]) -> dict[str, int]:
    """Machines at home."""
    with core.database.write() as session:
        return home.build(session)


@pytest.mark.parametrize("span", ["", "days", "months", "years", "nonsense"])
def test_every_chart_is_whole_and_has_its_words(karim: Visitor, at_home: dict[str, int], span: str) -> None:
    answer = karim.get(f"/machines/{at_home['home_bad']}?tab=health&span={span}")
    assert answer.status_code == 200
    drawn = re.findall(r'<svg viewBox="0 0 360.*?</svg>', answer.text, re.DOTALL)
    assert len(drawn) >= 6
    ids = re.findall(r'\bid="([^"]+)"', answer.text)
    assert len(ids) == len(set(ids))
    for text in drawn:
        svg = ElementTree.fromstring(text)  # noqa: S314 - our own
        assert svg.get("role") == "img"
        title, desc = svg.find("title"), svg.find("desc")
        assert title is not None
        assert title.text
        assert desc is not None
        assert desc.text
        assert svg.findall(".//path") or svg.findall(".//circle")
        for path in svg.findall(".//path"):
            numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", path.get("d") or "")]
            assert numbers
            assert all(0 <= number <= 360 for number in numbers)
    assert answer.text.count('<table class="readings"') == len(drawn)
    assert " style=" not in answer.text


def test_alerts_and_verdicts_in_words(karim: Visitor, at_home: dict[str, int]) -> None:
    text = karim.get(f"/machines/{at_home['home_bad']}?tab=health").text
    assert home.SERIAL in text
    for kind in ("sectors", "disk", "heat", "units", "battery"):
        assert kind in {a.kind for a in alerts(karim, at_home["home_bad"])}, kind
    assert text.count('class="alert-card card') >= 5
    assert "{" not in re.sub(r"<[^>]*>", "", text.split('id="tab-health"')[1])
    assert "0.1.0+20260301.101500" in text  # the agent's update that went back, and why
    assert "systemd started it again 38 times" in text
    well = karim.get(f"/machines/{at_home['home_well']}?tab=health")
    assert 'id="updates"' in well.text
    assert 'class="alert-card card' not in well.text


def alerts(visitor: Visitor, machine_id: int) -> list[HealthAlert]:
    core: Core = visitor.client.app.state.core  # type: ignore[attr-defined]
    with core.database.read() as session:
        return list(session.execute(select(HealthAlert).where(HealthAlert.machine_id == machine_id)).scalars())


def test_a_machine_in_the_workshop_has_its_verdicts(karim: Visitor, ids: dict[str, int]) -> None:
    text = karim.get(f"/machines/{ids['at_work']}?tab=health").text
    assert "SN-WORK" in text
    empty = karim.get(f"/machines/{ids['stranger']}?tab=health")
    assert empty.status_code == 200


def test_assistance_lists_the_silent_first_and_finds_by_model(karim: Visitor, at_home: dict[str, int]) -> None:
    text = karim.get("/assistance").text
    rows = re.findall(r"R-00080\d", text.split('id="at-home"')[1])
    assert list(dict.fromkeys(rows)) == ["R-000803", "R-000801", "R-000802"]  # the silent first
    found = karim.get("/assistance?q=EliteBook").text
    assert "R-000802" in found
    assert "R-000801" not in found
    assert karim.get("/assistance?q=%00nothing%25here").status_code == 200


def test_dealing_with_an_alert(karim: Visitor, at_home: dict[str, int], core: Core) -> None:
    machine = at_home["home_bad"]
    one = next(a for a in alerts(karim, machine) if a.kind == "disk")
    answer = karim.post(f"/alerts/{one.id}", do="close", note=" ", back="machine")
    assert answer.status_code == 400
    answer = karim.post(f"/alerts/{one.id}", do="acknowledge", note="", back="assistance")
    assert answer.headers["location"].startswith("/assistance?said=")
    answer = karim.post(f"/alerts/{one.id}", do="close", note="<b>corbeille vidée</b>", back="machine")
    assert answer.headers["location"] == f"/machines/{machine}?tab=health&said=alert-closed"
    text = karim.get(answer.headers["location"]).text
    assert "&lt;b&gt;corbeille vidée&lt;/b&gt;" in text
    assert karim.post(f"/alerts/{one.id}", do="close", note="encore").status_code == 409
    assert karim.post("/alerts/99999", do="close", note="x").status_code == 404


def test_two_hundred_machines_come_in_pages(karim: Visitor, at_home: dict[str, int], core: Core) -> None:
    with core.database.write() as session:
        for number in range(120):
            home.at_home(session, f"R-001{number:03d}", "x" * 120, State.READY)
    first = karim.get("/assistance").text
    assert first.count("/machines/") < 200
    last = karim.get("/assistance?page=9999").text
    assert last.count("<tr>") >= 2
    assert "/assistance?q=&amp;page=2" in first
