"""Who gets in where: every route of the application, without a key, with a wrong one, and with each role's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from controller.access.people import set_password
from controller.access.roles import Right, Role, may
from controller.access.tables import ApiToken, User, WebSession
from controller.database import utcnow
from controller.settings import Settings
from controller.web.deps import COOKIE
from tests.docs.routes import Door, doors, others
from tests.integration.controller.conftest import make_settings
from tests.integration.controller.facts import announcement
from tests.integration.controller.playing import PASSWORD, app_of, bearer, core_of, make_app, person, serving

# The doors that stand open, and why.
OPEN = {
    ("GET", "/api/health"): "monitoring, before anybody signed in",
    ("POST", "/api/token"): "takes a login and password itself",
    ("POST", "/api/agent/announce"): "an unknown machine says that it is there, and is quarantined",
    ("GET", "/sign-in"): "the form",
    ("POST", "/sign-in"): "takes a login and password itself",
    ("POST", "/sign-out"): "ends the session that the cookie names",
    ("POST", "/language"): "sets a cookie of the asking browser",
    ("POST", "/theme"): "sets a cookie of the asking browser",
    ("GET", "/verify/keys.json"): "the workshop's public keys",
    ("GET", "/verify/{token}"): "who holds a certificate may check it; the token is unguessable",
    ("POST", "/verify/{token}"): "compares a file with the one that was issued, keeps nothing",
}
# Opened by a machine's token.
MACHINES_OWN = {
    ("GET", "/api/agent/images/{profile}/{file}"),
    ("GET", "/api/agent/throughput"),
    ("GET", "/api/agent/apt/{path:path}"),
}


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with serving(settings) as found:
        yield found


@pytest.fixture
def lite(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Any) -> Iterator[TestClient]:
    """On SQLite alone: for what has nothing to do with the database."""
    folder = tmp_path_factory.mktemp("doors")
    (folder / "recyclerie.sqlite").write_bytes(sqlite_template.read_bytes())
    with serving(make_settings(folder, f"sqlite:///{folder / 'recyclerie.sqlite'}")) as found:
        yield found


def ask(client: TestClient, door: Door, **headers: str) -> int:
    json: dict[str, Any] | None = {} if door.method != "GET" and door.path.startswith("/api") else None
    return int(client.request(door.method, door.address, json=json, headers=headers).status_code)


@pytest.mark.parametrize("key", [{}, {"Authorization": "Bearer rcy_wrong"}, {"Cookie": f"{COOKIE}=wrong"}])
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_no_door_is_open_but_those_that_are_meant(lite: TestClient, key: dict[str, str], accept: str) -> None:
    found = doors(app_of(lite))
    assert len(found) > 40
    for door in found:
        if (door.method, door.path) in OPEN:
            continue
        status = ask(lite, door, **key, Accept=accept)
        page = accept == "text/html" and not door.path.startswith(("/api", "/events", "/metrics"))
        assert status == (303 if page else 401), (door, status)


def test_the_list_of_open_doors_holds_nothing_that_is_gone(lite: TestClient) -> None:
    known = {(door.method, door.path) for door in doors(app_of(lite))}
    assert known >= OPEN.keys() | MACHINES_OWN


def test_nothing_else_is_mounted(lite: TestClient) -> None:
    """What is no ordinary route: static files, and the WebSockets, which have tests of their own."""
    assert others(app_of(lite)) == [
        ("APIWebSocketRoute", "/api/agent/link"),
        ("APIWebSocketRoute", "/assist/{session}/screen"),
        ("APIWebSocketRoute", "/machines/{machine_id}/terminal/socket"),
        ("Mount", "/static"),
    ]


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/docs", "/redoc", "/openapi.json"])
def test_nothing_is_found_there(lite: TestClient, path: str) -> None:
    assert lite.get(path).status_code in (401, 404)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_gets_where_it_may(lite: TestClient, role: Role) -> None:
    """403 exactly where the role lacks the right that the route asks for."""
    _, token = person(core_of(lite), role)
    seen = set()
    for door in doors(app_of(lite)):
        if door.right is None or door.path.startswith("/events"):  # events never end
            continue
        seen.add(door.right)
        status = ask(lite, door, **bearer(token))
        assert (status == 403) == (not may(role, door.right)), (door, status)
    assert seen >= {Right.VIEW, Right.INTAKE, Right.AUTHORISE, Right.PREAUTHORISE, Right.OPERATE, Right.LEDGER}


def test_every_closed_route_asks_for_a_right(lite: TestClient) -> None:
    """A route that only asks who one is must be one about oneself."""
    known = OPEN.keys() | MACHINES_OWN
    found = doors(app_of(lite))
    without = {door.path for door in found if door.right is None and (door.method, door.path) not in known}
    assert without <= {"/settings/password", "/me"}, without


def sign_in(client: TestClient, login: str) -> str:
    """A browser that signed in; its CSRF token."""
    answer = client.post("/sign-in", data={"login": login, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    assert COOKIE in client.cookies
    cookie = answer.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("secure", "httponly", "samesite=lax", "path=/"))
    with core_of(client).database.read() as session:
        return session.execute(select(WebSession.csrf).order_by(WebSession.created_at.desc()).limit(1)).scalar_one()


def test_csrf(client: TestClient) -> None:
    """A page of another site can make a browser post, but not with the session's token."""
    person(core_of(client), Role.TECHNICIAN, "tech")
    csrf = sign_in(client, "tech")
    body = {"donor_name": "Ville d'Exemple"}
    assert client.post("/api/lots", json=body).status_code == 403
    assert client.post("/api/lots", json=body, headers={"X-CSRF-Token": csrf + "x"}).status_code == 403
    assert client.post("/api/lots", json=body, headers={"X-CSRF-Token": csrf}).status_code == 201
    assert client.post("/lots", data=body).status_code == 403
    assert client.post("/lots", data={**body, "csrf": csrf}).status_code == 303
    assert client.get("/api/lots").status_code == 200  # looking needs none


def test_a_token_needs_no_csrf(client: TestClient) -> None:
    _, token = person(core_of(client), Role.TECHNICIAN)
    assert client.post("/api/lots", json={"donor_name": "x"}, headers=bearer(token)).status_code == 201


def test_a_token_by_login_and_password(client: TestClient) -> None:
    user, _ = person(core_of(client), Role.TECHNICIAN, "tech")
    body = {"login": " Tech ", "password": PASSWORD, "name": "script"}
    token = client.post("/api/token", json=body).json()["token"]
    assert client.get("/api/me", headers=bearer(token)).json()["login"] == "tech"
    with core_of(client).database.read() as session:
        rows = session.execute(select(ApiToken.secret_hash).where(ApiToken.user_id == user.id)).scalars().all()
    assert token not in rows
    for wrong in ({"password": PASSWORD + "x"}, {"login": "nobody"}, {"login": "te\\ch"}, {"login": "x" * 64}):
        assert client.post("/api/token", json={**body, **wrong}).status_code == 401


def test_who_was_deactivated_is_out_at_once(client: TestClient) -> None:
    core = core_of(client)
    user, token = person(core, Role.TECHNICIAN, "tech")
    sign_in(client, "tech")
    assert client.get("/api/me").status_code == 200
    with core.database.write() as session:
        session.get_one(User, user.id).active = False
    assert client.get("/api/me").status_code == 401
    client.cookies.clear()
    assert client.get("/api/me", headers=bearer(token)).status_code == 401
    assert client.post("/api/token", json={"login": "tech", "password": PASSWORD}).status_code == 401
    assert client.post("/sign-in", data={"login": "tech", "password": PASSWORD}).status_code == 401


def test_a_new_password_ends_sessions_and_tokens(client: TestClient) -> None:
    core = core_of(client)
    user, token = person(core, Role.TECHNICIAN, "tech")
    sign_in(client, "tech")
    with core.database.write() as session:
        set_password(session, session.get_one(User, user.id), "another password")
    assert client.get("/api/me").status_code == 401
    client.cookies.clear()
    assert client.get("/api/me", headers=bearer(token)).status_code == 401


def test_a_session_ends_when_it_is_not_used(client: TestClient) -> None:
    core = core_of(client)
    person(core, Role.TECHNICIAN, "tech")
    sign_in(client, "tech")
    with core.database.write() as session:
        row = session.execute(select(WebSession)).scalar_one()
        row.used_at = utcnow() - dt.timedelta(hours=core.settings.session_hours - 1)
    assert client.get("/api/me").status_code == 200  # which is a use
    with core.database.write() as session:
        row = session.execute(select(WebSession)).scalar_one()
        assert utcnow() - row.used_at < dt.timedelta(minutes=1)
        row.used_at = utcnow() - dt.timedelta(hours=core.settings.session_hours + 1)
    assert client.get("/api/me").status_code == 401


@pytest.fixture
def tight(tmp_path: Any, sqlite_template: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A controller that takes three of each a minute."""
    (tmp_path / "recyclerie.sqlite").write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{tmp_path / 'recyclerie.sqlite'}"
    with serving(make_settings(tmp_path, url, announce_per_minute=3, sign_in_per_minute=3)) as found:
        yield found


def test_too_many_sign_ins(tight: TestClient) -> None:
    wrong = {"login": "tech", "password": "wrong password"}
    assert [tight.post("/api/token", json=wrong).status_code for _ in range(5)] == [401, 401, 401, 429, 429]
    assert tight.post("/sign-in", data=wrong).status_code == 429  # the same counter
    answer = tight.post("/api/token", json=wrong)
    assert answer.json()["error"]
    assert answer.headers["retry-after"] == "60"


def test_too_many_announcements(tight: TestClient) -> None:
    answers = [tight.post("/api/agent/announce", json=announcement(n)).status_code for n in range(5)]
    assert answers == [200, 200, 200, 429, 429]


def test_images_are_for_machines_with_a_token(client: TestClient) -> None:
    """A person's token doesn't open a machine's door, nor a machine's a person's."""
    core = core_of(client)
    _, token = person(core, Role.ADMIN)
    folder = core.settings.image_dir / "os" / "mini"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text('{"version": "1", "size_bytes": 1}')
    (folder / "image.zst").write_bytes(b"0123456789")
    path = "/api/agent/images/mini/image.zst"
    assert client.get(path, headers=bearer(token)).status_code == 401
    first = client.post("/api/agent/announce", json=announcement()).json()
    assert client.post(f"/api/machines/{first['machine_id']}/accept", headers=bearer(token)).status_code == 200
    machines = client.post("/api/agent/announce", json=announcement()).json()["token"]
    assert client.get(path, headers=bearer(machines)).content == b"0123456789"
    part = client.get(path, headers={**bearer(machines), "Range": "bytes=4-"})
    assert (part.status_code, part.content) == (206, b"456789")  # a cut download goes on
    assert client.get("/api/machines", headers=bearer(machines)).status_code == 401
    for wrong in ("nothere/image.zst", "mini/passwd", "..%2f..%2fkeys/ca.key"):
        assert client.get(f"/api/agent/images/{wrong}", headers=bearer(machines)).status_code in (404, 422)


def test_security_headers(lite: TestClient) -> None:
    _, token = person(core_of(lite), Role.TECHNICIAN)
    for path in ("/api/me", "/", "/sign-in", "/static/icon.svg", "/nothing"):
        answer = lite.get(path, headers=bearer(token))
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"], path
        assert "server" not in answer.headers
    assert lite.get("/api/me", headers=bearer(token)).headers["cache-control"] == "no-store"


def test_errors_speak_the_callers_language(lite: TestClient) -> None:
    core = core_of(lite)
    user, token = person(core, Role.TECHNICIAN)
    english = lite.get("/api/machines/4711", headers=bearer(token)).json()
    assert english == {"error": "There is no machine 4711.", "hint": "Scan its label, or look for it on the board."}
    with core.database.write() as session:
        session.get_one(User, user.id).language = "fr"
    assert lite.get("/api/machines/4711", headers=bearer(token)).json() != english


def test_the_application_is_made_without_starting(settings: Settings) -> None:
    """Making it touches no engine and no network: the documentation of the API is made that way."""
    assert make_app(settings).openapi()["openapi"].startswith("3.")
