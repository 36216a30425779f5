"""Who gets the picture of a family's screen, strangers, other pages, lost rights, broken links."""

from __future__ import annotations

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from controller.access.roles import RIGHTS, Right, Role
from controller.access.tables import WebSession
from tests.integration.assist.family import Family
from tests.integration.controller.assist_world import WHY, Served, closed
from tests.integration.controller.playing import bearer

pytestmark = pytest.mark.timeout(120)


@pytest.mark.one_database
@pytest.mark.parametrize("origin", [None, "https://elsewhere.example", "null", "https://127.0.0.1:1", "plain"])
def test_a_page_of_another_site_gets_nothing(served: Served, on: tuple[Family, str], origin: str | None) -> None:
    family, name = on
    if origin == "plain":
        origin = served.url  # this very address, but not by TLS
    with pytest.raises(InvalidStatus) as refused:
        served.view(name, served.cookie(served.user), origin=origin)
    assert refused.value.response.status_code == 403
    assert family.opened == 0


@pytest.mark.one_database
@pytest.mark.parametrize("cookie", ["", "wrong"])
def test_who_is_not_signed_in_gets_nothing(served: Served, on: tuple[Family, str], cookie: str) -> None:
    family, name = on
    with pytest.raises(InvalidStatus) as refused:
        served.view(name, cookie)
    assert refused.value.response.status_code == 403
    assert family.opened == 0


@pytest.mark.one_database
def test_a_token_of_a_program_opens_no_screen(served: Served, on: tuple[Family, str]) -> None:
    family, name = on
    headers = bearer(served.token) | {"Origin": served.origin}
    with (
        pytest.raises(InvalidStatus),
        connect(f"ws://127.0.0.1:{served.port}/assist/{name}/screen", additional_headers=headers, proxy=None),
    ):
        pass
    assert family.opened == 0


@pytest.mark.one_database
def test_another_person_sees_nothing_and_may_stop_it(served: Served, on: tuple[Family, str]) -> None:
    family, name = on
    assert closed(served.view(name, served.cookie(served.other))) == 4403
    assert family.opened == 0
    theirs = bearer(served.other_token)
    assert served.api.post(f"/api/assist/{name}/control", headers=theirs).status_code == 403
    assert served.api.get(f"/api/assist/{name}", headers=theirs).json()["mine"] is False
    assert served.api.post(f"/api/assist/{name}/stop", headers=theirs).status_code == 200
    assert family.hears("assist.stop") == {"session": name}


@pytest.mark.one_database
def test_without_the_right_nothing_works(
    served: Served, on: tuple[Family, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    family, name = on
    view = served.view(name, served.cookie(served.user))
    assert view.recv(20)
    monkeypatch.setitem(RIGHTS, Role.TECHNICIAN, RIGHTS[Role.TECHNICIAN] - {Right.ASSIST})
    assert closed(view, 30) == 4403  # the one that is open too
    assert closed(served.view(name, served.cookie(served.user))) == 4403
    for path in (f"/api/assist/{name}/control", f"/api/assist/{name}/stop", "/api/machines/1/assist"):
        answer = served.api.post(path, json={"why": WHY} if "machines" in path else None)
        assert answer.status_code == 403, path
    assert served.api.get("/api/assist").status_code == 403
    assert family.opened == 1


@pytest.mark.one_database
def test_signing_out_ends_the_picture(served: Served, on: tuple[Family, str]) -> None:
    _, name = on
    view = served.view(name, served.cookie(served.user))
    assert view.recv(20)
    with served.core.database.write() as session:
        session.query(WebSession).delete()
    assert closed(view, 30) == 4401


@pytest.mark.one_database
@pytest.mark.parametrize("name", ["0" * 32, "x", "%2e%2e", "A" * 39])
def test_no_such_session(served: Served, on: tuple[Family, str], name: str) -> None:
    assert closed(served.view(name, served.cookie(served.user))) == 4404


@pytest.mark.one_database
def test_a_session_that_is_over_shows_nothing(served: Served, on: tuple[Family, str]) -> None:
    family, name = on
    family.ends(name, "family", seconds=5)
    family.offers = True  # an agent that would still open the screen
    assert closed(served.view(name, served.cookie(served.user))) == 4410
    assert family.opened == 0


@pytest.mark.one_database
def test_a_second_page_waits_until_it_is_shown_there(served: Served, on: tuple[Family, str]) -> None:
    family, name = on
    cookie = served.cookie(served.user)
    first = served.view(name, cookie, query="page=a")
    assert first.recv(20)
    assert closed(served.view(name, cookie, query="page=b")) == 4409
    first.send(b"still mine")
    assert first.recv(10) == b"still mine"
    second = served.view(name, cookie, query="page=b&take=true")
    assert closed(first) == 4409
    assert second.recv(20) == b"RFB 003.008\n"
    assert family.opened == 2


@pytest.mark.one_database
def test_a_page_comes_back_after_its_network_broke(served: Served, on: tuple[Family, str]) -> None:
    """The old socket hangs: the same page needs to ask nobody for its own place."""
    _, name = on
    cookie = served.cookie(served.user)
    first = served.view(name, cookie)
    assert first.recv(20)
    again = served.view(name, cookie)
    assert again.recv(20) == b"RFB 003.008\n"
    assert closed(first) == 4409


@pytest.mark.one_database
def test_the_screen_is_started_anew_and_waited_for(served: Served, on: tuple[Family, str]) -> None:
    """Mouse and keyboard were given: x11vnc ends, and is there again a moment later."""
    family, name = on
    cookie = served.cookie(served.user)
    view = served.view(name, cookie)
    assert view.recv(20)
    family.offers = False
    family.cut()
    assert closed(view) == 4100
    view = served.view(name, cookie)
    with pytest.raises(TimeoutError):
        view.recv(0.7)
    family.offers = True
    assert view.recv(20) == b"RFB 003.008\n"


@pytest.mark.one_database
def test_the_link_breaks_and_comes_back(served: Served, on: tuple[Family, str]) -> None:
    family, name = on
    cookie = served.cookie(served.user)
    view = served.view(name, cookie)
    assert view.recv(20)
    family.unlink()
    assert closed(view) == 4100
    view = served.view(name, cookie)
    with pytest.raises(TimeoutError):
        view.recv(0.5)
    family.link()
    assert view.recv(20) == b"RFB 003.008\n"
    assert served.row(name).state == "accepted"
