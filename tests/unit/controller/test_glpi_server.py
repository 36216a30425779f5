"""Inventories to a GLPI server: a stand-in over HTTPS that validates what it gets, and what goes wrong with servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.errors import RecyclerieError
from controller.inventory_export.glpi import agent_id, glpi_inventory
from controller.inventory_export.glpi_server import GlpiRefused, GlpiServer, GlpiUnavailable
from controller.settings import Settings
from tests.glpi import CLIENT, SECRET, Glpi, glpi_server, needs_schema
from tests.unit.controller.snapshots import whole

pytestmark = needs_schema
INVENTORY = glpi_inventory(whole(), machine="R-000012", site="aix")


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file, and no proxy, of the computer that runs the tests."""
    monkeypatch.setenv("RECYCLERIE_CONFIG", "/nonexistent")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Glpi]:
    """One server for all tests of this file."""
    with glpi_server(tmp_path_factory.mktemp("glpi")) as found:
        yield found


@pytest.fixture
def glpi(running: Glpi) -> Glpi:
    """The server, as new."""
    running.machines.clear()
    running.requests.clear()
    running.answers.clear()
    running.oauth, running.tokens = True, 0
    return running


def settings(glpi: Glpi, **changes: Any) -> Settings:
    values: dict[str, Any] = {"glpi_url": glpi.url, "glpi_ca": glpi.ca, "glpi_client_id": CLIENT}
    return Settings(**{**values, "glpi_client_secret": SECRET, **changes})


def test_taken(glpi: Glpi) -> None:
    with GlpiServer(settings(glpi)) as server:
        server.send(INVENTORY, "R-000012")
        server.send(INVENTORY, "R-000012")
    assert glpi.machines == {"recyclerie-aix-R-000012": INVENTORY}
    assert [path.rsplit("/", 1)[1] for path, _ in glpi.requests] == ["token", "inventory.php", "inventory.php"]
    assert {headers.get("glpi-agent-id") for _, headers in glpi.requests[1:]} == {agent_id(INVENTORY)}


def test_without_oauth_and_with_an_app_token(glpi: Glpi) -> None:
    glpi.oauth = False
    with GlpiServer(settings(glpi, glpi_client_id="", glpi_client_secret=None, glpi_app_token="app")) as server:
        server.send(INVENTORY, "R-000012")
    ((_, headers),) = glpi.requests
    assert headers["app-token"] == "app"
    assert "authorization" not in headers


def test_a_token_that_has_ended_is_fetched_again(glpi: Glpi) -> None:
    with GlpiServer(settings(glpi)) as server:
        server.send(INVENTORY, "R-000012")
        glpi.tokens += 1  # what the server gave out counts no more
        server.send(INVENTORY, "R-000012")
    assert glpi.tokens == 3


@pytest.mark.parametrize(
    ("url", "token_url"),
    [
        ("https://a.example/", "https://a.example/api.php/token"),
        ("https://a.example", "https://a.example/api.php/token"),
        ("https://a.example/front/inventory.php", "https://a.example/api.php/token"),
        ("https://a.example/glpi/front/inventory.php", "https://a.example/glpi/api.php/token"),
        ("https://a.example/glpi/Inventory", "https://a.example/glpi/api.php/token"),
        ("https://a.example/marketplace/glpiinventory/", "https://a.example/api.php/token"),
    ],
)
def test_where_the_token_is(url: str, token_url: str) -> None:
    with GlpiServer(Settings(glpi_url=url)) as server:
        assert server.token_url == token_url


def test_an_invalid_inventory_is_refused_over_there(glpi: Glpi) -> None:
    """The stand-in does look: this is what we would hear if ours weren't valid."""
    with GlpiServer(settings(glpi)) as server:
        with pytest.raises(GlpiRefused, match="does not validate"):
            server.send({**INVENTORY, "content": {}}, "R-000012")
    assert glpi.machines == {}


@pytest.mark.parametrize(
    ("status", "said", "headers", "error", "words"),
    [
        (
            200,
            {"status": "error", "message": "Agent is refused"},
            {},
            GlpiRefused,
            "R-000012: status 200, Agent is ref",
        ),
        (200, {}, {}, GlpiRefused, "status 200"),
        (400, {"status": "error", "message": "no"}, {}, GlpiRefused, "status 400, no"),
        (500, {}, {}, GlpiUnavailable, "status 500"),
        (403, {"message": "Inventory is disabled"}, {}, GlpiUnavailable, "Inventory is disabled"),
        (404, {}, {}, GlpiUnavailable, "RECYCLERIE_GLPI_URL"),
        (302, {}, {"Location": "https://elsewhere.example/"}, GlpiUnavailable, "moved to https://elsewhere.example/"),
    ],
)
def test_what_servers_say(
    glpi: Glpi, status: int, said: dict[str, object], headers: dict[str, str], error: type[Exception], words: str
) -> None:
    glpi.answers.append((status, said, headers))
    with GlpiServer(settings(glpi)) as server, pytest.raises(error, match=words):
        server.send(INVENTORY, "R-000012")


def test_a_wrong_secret_is_never_repeated(glpi: Glpi, caplog: pytest.LogCaptureFixture) -> None:
    wrong = "the wrong secret"
    with GlpiServer(settings(glpi, glpi_client_secret=wrong)) as server:
        with pytest.raises(GlpiUnavailable, match="Client authentication failed for recyclerie …") as raised:
            server.send(INVENTORY, "R-000012")
    assert wrong not in str(raised.value) + caplog.text + repr(settings(glpi, glpi_client_secret=wrong))
    assert glpi.machines == {}


def test_only_a_server_that_is_trusted_gets_anything(glpi: Glpi) -> None:
    with GlpiServer(settings(glpi, glpi_ca=None)) as server:
        with pytest.raises(GlpiUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
            server.send(INVENTORY, "R-000012")
    assert glpi.requests == []


def test_nobody_there(glpi: Glpi) -> None:
    with GlpiServer(settings(glpi, glpi_url="https://127.0.0.1:9/glpi/front/inventory.php")) as server:
        with pytest.raises(GlpiUnavailable, match="takes no inventory"):
            server.send(INVENTORY, "R-000012")


def test_settings_that_can_not_work(glpi: Glpi, tmp_path: Path) -> None:
    with pytest.raises(RecyclerieError, match="No GLPI server is set"):
        GlpiServer(Settings())
    (tmp_path / "ca.crt").write_text("nothing")
    with pytest.raises(RecyclerieError, match="can't be read"):
        GlpiServer(settings(glpi, glpi_ca=tmp_path / "ca.crt"))
    for wrong in (
        {"glpi_url": "http://glpi.example.org"},  # what a machine is travels encrypted, and so do secrets
        {"glpi_url": "https://name:word@glpi.example.org"},
        {"glpi_client_id": "x", "glpi_client_secret": None},
        {"glpi_url": "", "glpi_push": True},
    ):
        with pytest.raises(ValueError):
            settings(glpi, **wrong)
