"""Machines at home over the API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from controller.access.roles import Role
from controller.database import utcnow
from controller.health.reports import store_report
from controller.machines.registry import get_machine
from controller.machines.tables import Boot
from controller.settings import Settings
from tests.integration.controller.playing import bearer, core_of, person, serving
from tests.integration.controller.test_home_health import at_home
from tests.unit.controller.health.samples import SERIAL, disk, drive, sample


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """A controller with one machine at home whose disk got worse."""
    with serving(settings) as found:
        core = core_of(found)
        _, token = person(core, Role.TECHNICIAN)
        found.headers.update(bearer(token))
        with core.database.write() as session:
            at_home(session)
            boot = session.execute(select(Boot).where(Boot.mode == "resident")).scalars().one()
            now = utcnow()
            say(session, boot, sample(at=now - dt.timedelta(hours=1)), "h1")
            say(session, boot, sample(at=now, drives=[drive(pending_sectors=3)], disks=[disk(92)]), "h2")
        yield found


def say(session: Any, boot: Boot, body: dict[str, Any], name: str) -> None:
    store_report(session, get_machine(session, 1), boot, "health", body, name)


def test_series_verdicts_and_what_it_was_like(client: TestClient) -> None:
    health = client.get("/api/machines/1/health").json()
    assert health["at_home"] is True
    assert [point["high"] for point in health["series"][f"pending:{SERIAL}"]["points"]] == [0, 3]
    assert health["series"]["disk:/"]["unit"] == "%"
    [found] = health["drives"]
    assert found["verdict"] == "worn"
    assert found["reasons"]
    assert (found["counters"]["pending"], found["baseline"]["counters"]["pending"]) == (3, 0)
    one = client.get("/api/machines/1/health", params={"series": "heat", "days": 0.01}).json()
    assert list(one["series"]) == ["heat"]
    assert client.get("/api/machines/99/health").status_code == 404
    assert client.get("/api/machines/1/health", params={"days": 0}).status_code == 422


def test_an_alert_from_open_to_closed(client: TestClient) -> None:
    opened = client.get("/api/alerts").json()
    assert {alert["kind"] for alert in opened} == {"sectors", "disk"}
    assert all("{" not in alert["text"] for alert in opened)
    alert = client.get("/api/alerts", params={"kind": "disk", "machine": 1}).json()[0]["id"]
    assert client.post(f"/api/alerts/{alert}/acknowledge").json()["state"] == "acknowledged"
    assert client.post(f"/api/alerts/{alert}/close", json={"note": "  "}).status_code == 400
    done = client.post(f"/api/alerts/{alert}/close", json={"note": "made room"}).json()
    assert (done["state"], done["note"], done["handled_by"][:5]) == ("closed", "made room", "user:")
    assert client.post(f"/api/alerts/{alert}/close", json={"note": "again"}).status_code == 409
    assert client.post("/api/alerts/4711/close", json={"note": "x"}).status_code == 404
    assert [a["id"] for a in client.get("/api/alerts", params={"state": "closed"}).json()] == [alert]
    assert len(client.get("/api/alerts", params={"state": "all"}).json()) == 2


def test_only_people_may(client: TestClient) -> None:
    client.headers.pop("authorization")
    for method, path in (("GET", "/api/alerts"), ("GET", "/api/machines/1/health"), ("POST", "/api/alerts/1/close")):
        assert client.request(method, path, json={"note": "x"}).status_code == 401, path


def test_samples_over_the_link_are_judged_by_the_workshops_limits(settings: Settings) -> None:
    """The link hands its settings on: here a disk may be full to 95 %."""
    from controller.health.limits import limits_of

    limits = limits_of(settings.model_copy(update={"alert_disk_percent": 95.0, "alert_silent_days": 2.0}))
    assert limits.disk_percent == 95
    assert limits.silent == dt.timedelta(days=2)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/machines/1/health", {"series": "\x00"}),
        ("/api/machines/1/health", {"series": "x" * 500}),
        ("/api/machines/1/health", {"days": "nan"}),
        ("/api/machines/1/health", {"days": "inf"}),
        ("/api/machines/1/health", {"days": 36500}),
        ("/api/machines/2147483647/health", {}),
        ("/api/alerts", {"kind": "\x00"}),
        ("/api/alerts", {"machine": 2**31 - 1, "state": "all"}),
        ("/api/alerts", {"state": "gone"}),
    ],
)
def test_odd_questions_are_answered(client: TestClient, path: str, query: dict[str, Any]) -> None:
    assert client.get(path, params=query).status_code in (200, 400, 404, 422)
    assert client.post("/api/alerts/1/close", json={"note": "\x00"}).status_code == 422
    assert client.post("/api/alerts/1/close", json={"note": "🙂" * 250}).status_code in (200, 400, 409)
