"""Every page answers, to those who may see it only, and nothing changes without the form's token."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from controller.core import Core
from controller.ledger.kinds import Kind
from controller.machines.tables import Lot, Machine
from controller.web.page import SAID
from controller.web.views.history import KIND_NAMES
from tests.unit.web.conftest import Visitor

PUBLIC = {"/verify/{token}", "/verify/keys.json"}  # a donor who holds a certificate signs in nowhere
OPEN = {"/sign-in", "/sign-out", "/language", "/theme"} | PUBLIC


def routes(app: FastAPI) -> list[APIRoute]:
    """The routes of the dashboard."""
    found: list[APIRoute] = []
    stack: list[Any] = list(app.routes)
    while stack:
        route = stack.pop()
        if isinstance(route, APIRoute):
            found.append(route)
        else:
            inner = getattr(route, "original_router", None) or getattr(route, "router", None)
            stack.extend(getattr(inner, "routes", []))
    return found


def fill(path: str) -> str:
    """An address for a route's path."""
    return re.sub(r"\{(\w+)\}", lambda m: "R-000001" if m.group(1) == "tag" else "1", path)


def test_nobody_sees_or_changes_anything_before_signing_in(app: FastAPI, nobody: Visitor) -> None:
    seen = 0
    for route in routes(app):
        if route.path in OPEN:
            continue
        assert route.methods
        for method in route.methods:
            answer = nobody.client.request(method, fill(route.path))
            location = answer.headers.get("location", "")
            refused = answer.status_code == 401 or (answer.status_code == 303 and location.startswith("/sign-in"))
            assert refused, (method, route.path, answer.status_code)
            seen += 1
    assert seen > 30


def test_no_form_works_without_the_sessions_token(app: FastAPI, karim: Visitor) -> None:
    seen = 0
    for route in routes(app):
        if "POST" not in (route.methods or ()) or route.path in {"/sign-in"} | PUBLIC:
            continue
        answer = karim.client.post(fill(route.path), data={"csrf": "wrong"})
        assert answer.status_code == 403, route.path
        seen += 1
    assert seen > 15


def test_every_page_is_shown_in_both_languages(amelie: Visitor, ids: dict[str, int], core: Core) -> None:
    machine, lot = ids["at_work"], ids["lot"]
    for language, word in (("fr", "Atelier"), ("en", "Workshop")):
        amelie.post("/language", language=language)
        for path in (
            "/",
            "/?wall=1",
            *(f"/machines/{machine}?tab={tab}" for tab in ("run", "hardware", "drives", "history", "nonsense")),
            *(f"/machines/{ids[key]}" for key in ("waiting", "refused", "untied", "held", "ready", "stranger")),
            f"/machines/{ids['waiting']}/authorise",
            f"/machines/{ids['refused']}/authorise",
            f"/lots/{lot}/authorise",
            "/lots",
            "/lots/new",
            f"/lots/{lot}",
            "/assistance",
            f"/machines/{machine}?tab=health&span=years",
            f"/machines/{machine}?tab=assist",
            "/maintenance",
            f"/machines/{machine}/terminal",
            f"/machines/{ids['ready']}/terminal",
            "/ledger",
            "/ledger?q=SN-WORK&kind=erase.started&before=999",
            f"/ledger?subject=machine:{machine}",
            "/ledger/verify",
            "/settings",
            "/settings/tests",
            "/settings/updates",
            f"/machines/{machine}/look",
            "/search",
            "/stock",
            "/stock?q=ssd&kind=memory&gone=1",
            "/search?q=dell",
            "/search?state=ready",
            "/steps/1/log",
        ):
            answer = amelie.get(path)
            assert answer.status_code == 200, (path, answer.text[-2000:])
            assert f'<html lang="{language}"' in answer.text, path
            assert word in answer.text, path
            assert " style=" not in answer.text, path
            assert not re.search(r"<script(?![^>]*src=)", answer.text), path
            assert not re.search(r"\bon\w+=\"", answer.text), path


@pytest.mark.parametrize("path", ["/nowhere", "/machines/99999", "/lots/99999", "/m/R-999999", "/steps/99999/log"])
def test_what_does_not_exist_says_so(karim: Visitor, path: str) -> None:
    answer = karim.get(path)
    assert answer.status_code == 404
    assert "Cela n’a pas pu être fait" in answer.text


def test_an_error_is_a_notice_for_a_page_with_script(karim: Visitor, ids: dict[str, int]) -> None:
    answer = karim.post(f"/machines/{ids['held']}/hold", reason=" ", headers={"HX-Request": "true"})
    assert answer.status_code == 400
    assert answer.headers["hx-retarget"] == "#notice"
    assert "Il manque la raison" in answer.text
    assert "<html" not in answer.text


def test_a_technician_may_not_do_a_coordinators_or_administrators_work(
    karim: Visitor, core: Core, ids: dict[str, int]
) -> None:
    assert karim.post(f"/lots/{ids['lot']}/preauthorise").status_code == 403
    assert karim.post("/settings/users", login="eve", name="Eve", role="admin").status_code == 403
    with core.database.read() as session:
        assert session.get_one(Lot, ids["lot"]).preauthorised_at is None


def test_bad_input_is_refused_with_words(karim: Visitor, ids: dict[str, int]) -> None:
    lot = ids["lot"]
    for path, data in (
        (f"/lots/{lot}/labels", {"count": "many"}),
        (f"/lots/{lot}/labels", {"count": "0"}),
        (f"/lots/{lot}/labels", {"count": "501"}),
        ("/lots", {"donor_name": "X", "received_on": "demain"}),
        ("/lots", {"donor_name": " "}),
        ("/lots", {"donor_name": "X", "expected_count": "-1"}),
        (f"/machines/{ids['untied']}/tie", {"lot": "", "tag": ""}),
        (f"/machines/{ids['untied']}/tie", {"lot": str(lot), "tag": "not a tag"}),
        (f"/machines/{ids['held']}/recycle", {"reference": "", "weight": "7"}),
        (f"/lots/{lot}/authorise", {}),
    ):
        answer = karim.post(path, **data)
        assert 400 <= answer.status_code < 500, (path, data, answer.status_code)
        assert 'class="notice tone-alert"' in answer.text, (path, data)


def test_an_empty_controller_says_what_to_do_first(app: FastAPI, core: Core) -> None:
    from controller.access.people import create_user
    from controller.access.roles import Role

    stranger = Visitor(app, core, None)
    assert "Personne ne peut encore se connecter" in stranger.get("/sign-in").text
    with core.database.write() as session:
        create_user(session, site="main", login="a1", display_name="A", role=Role.ADMIN, password="twelve-letters")
    visitor = Visitor(app, core, "a1")
    assert "Pas encore de machine" in visitor.get("/").text
    assert "Créer le premier lot" in visitor.get("/lots").text
    assert "Aucune inscription trouvée" in visitor.get("/ledger").text


def test_a_place_is_noted(karim: Visitor, core: Core, ids: dict[str, int]) -> None:
    assert karim.post(f"/machines/{ids['held']}/bench", bench=" Étagère B ").status_code == 303
    with core.database.read() as session:
        assert session.get_one(Machine, ids["held"]).bench == "Étagère B"


def test_everything_that_is_said_once_has_words() -> None:
    assert all(SAID.values())


def test_every_kind_of_ledger_entry_has_a_name() -> None:
    assert set(KIND_NAMES) == set(Kind)


def test_a_password_is_changed_knowing_the_old_one(karim: Visitor, core: Core, app: FastAPI) -> None:
    from tests.acceptance.web.scene import PASSWORDS

    assert karim.post("/settings/password", old="wrong", new="le-soleil-brille-fort").status_code == 400
    answer = karim.post("/settings/password", old=PASSWORDS["karim"], new="le-soleil-brille-fort")
    assert answer.status_code == 303
    assert karim.get("/").status_code == 303  # signed out everywhere
    again = Visitor(app, core, None).client.post(
        "/sign-in", data={"login": "karim", "password": "le-soleil-brille-fort", "back": "https://elsewhere.example"}
    )
    assert again.headers["location"] == "/"
    cookie = again.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "Secure" in cookie


def test_another_site_cant_sign_a_person_in(nobody: Visitor) -> None:
    from tests.acceptance.web.scene import PASSWORDS

    answer = nobody.client.post(
        "/sign-in",
        data={"login": "karim", "password": PASSWORDS["karim"]},
        headers={"sec-fetch-site": "cross-site"},
    )
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
