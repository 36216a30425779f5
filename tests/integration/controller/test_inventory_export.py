"""Inventories out of a controller: over the API, by the command line, and to GLPI by themselves."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from controller import housekeeping
from controller.access.people import open_session
from controller.access.roles import Role
from controller.access.tables import User
from controller.core import Core
from controller.health.reports import store_report
from controller.inventory_export.machines import all_inspected, inspected_by_tag
from controller.inventory_export.pushing import LONGEST_WAIT, AutomaticPush, Sent, push
from controller.machines.announce import announce, current_boot
from controller.machines.lifecycle import State
from controller.machines.registry import get_machine
from controller.settings import Settings
from controller.web.deps import COOKIE
from tests.glpi import CLIENT, SECRET, Glpi, faults, glpi_server, needs_schema
from tests.integration.controller.conftest import make_settings
from tests.integration.controller.facts import announcement, chassis, inventory, nic
from tests.integration.controller.playing import bearer, core_of, person, serving

RECYCLERIE = [sys.executable, "-m", "controller.cli"]


def inspect(core: Core, number: int, message: str = "first", tag: str | None = "") -> int:
    """PC ``number`` was accepted and sent its inventory. Returns its id."""
    with core.database.write() as session:
        answer = announce(session, core.settings.site, announcement(number), "10.0.0.1", None)
        machine = get_machine(session, int(answer["machine_id"] or 0))
        machine.accepted_at, machine.accepted_by = machine.created_at, "user:1"
        machine.tag = f"R-{number:06d}" if tag == "" else tag
        boot = current_boot(session, machine.id)
        assert boot is not None
        body = inventory(number, chassis=chassis(number), network=[nic(number)], agent_version=message)
        store_report(session, machine, boot, "inventory", body, f"{number}-{message}")
        return machine.id


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with serving(settings) as found:
        _, token = person(core_of(found), Role.TECHNICIAN)
        found.headers.update(bearer(token))
        yield found


def test_over_the_api(client: TestClient) -> None:
    machine_id = inspect(core_of(client), 12)
    ours = client.get(f"/api/machines/{machine_id}/inventory")
    assert (ours.status_code, ours.headers["content-type"]) == (200, "application/json")
    assert ours.json()["machine"]["machine"] == "R-000012"
    assert ours.json()["chassis"]["system_serial"] == "5CG7190012"
    glpi = client.get(f"/api/machines/{machine_id}/inventory?format=glpi")
    assert glpi.headers["content-disposition"] == 'attachment; filename="R-000012.glpi.json"'
    assert glpi.json()["content"]["bios"]["ssn"] == "5CG7190012"
    table = client.get(f"/api/machines/{machine_id}/inventory?format=csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(table.text.strip().splitlines()) == 2
    assert client.get(f"/api/machines/{machine_id}/inventory?format=xml").status_code == 422
    assert client.get("/api/machines/99/inventory").status_code == 404


def test_by_the_buttons_of_the_page(settings: Settings) -> None:
    """A browser's session downloads all the forms that the hardware tab offers; nobody else's does."""
    with serving(settings) as browser:
        core = core_of(browser)
        machine_id = inspect(core, 12)
        user, _ = person(core, Role.TECHNICIAN)
        page = f"/machines/{machine_id}?tab=hardware"
        with core.database.write() as session:
            secret, _ = open_session(session, session.get_one(User, user.id))
        assert browser.get(f"/api/machines/{machine_id}/inventory?format=csv").status_code == 401
        browser.cookies.set(COOKIE, secret)
        shown = browser.get(page, headers={"accept": "text/html"})
        links = re.findall(r'href="(/api/machines/\d+/inventory\?format=\w+)" download', shown.text)
        assert [link.rpartition("=")[2] for link in links] == ["glpi", "json", "csv"]
        for link in links:
            answer = browser.get(link, headers={"accept": "text/html,*/*"})
            assert answer.status_code == 200, link
            assert answer.headers["content-disposition"].startswith("attachment; filename=")
            assert len(answer.content) > 50


def test_never_inspected(client: TestClient) -> None:
    said = client.post("/api/agent/announce", json=announcement(5)).json()
    answer = client.get(f"/api/machines/{said['machine_id']}/inventory")
    assert (answer.status_code, "no inventory yet" in answer.text) == (404, True)


def test_which_machines(core: Core) -> None:
    inspect(core, 2)
    inspect(core, 1)
    with core.database.read() as session:
        assert [found.about.machine for found in all_inspected(session)] == ["R-000001", "R-000002"]
        assert inspected_by_tag(session, "r-2").snapshot["chassis"]["system_serial"] == "5CG7190002"


@pytest.fixture
def glpi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Glpi]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with glpi_server(tmp_path / "glpi") as found:
        yield found


@pytest.fixture
def settings(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Settings:
    """With a GLPI server where the test has one."""
    monkeypatch.setenv("RECYCLERIE_CONFIG", "/nonexistent")
    more: dict[str, object] = {}
    if "glpi" in request.fixturenames:
        glpi: Glpi = request.getfixturevalue("glpi")
        more = {"glpi_url": glpi.url, "glpi_ca": glpi.ca, "glpi_client_id": CLIENT, "glpi_client_secret": SECRET}
        more |= {"glpi_push": True, "glpi_tag": "atelier"}
    return make_settings(tmp_path, database_url, **more)


@needs_schema
def test_by_hand(core: Core, glpi: Glpi) -> None:
    inspect(core, 1)
    with core.database.read() as session:
        found = all_inspected(session)
    assert push(core, found) == ["R-000001"]
    sent = glpi.machines["recyclerie-main-R-000001"]
    assert (sent["tag"], faults(sent)) == ("atelier", [])
    assert AutomaticPush(core).round() == 0  # it is there already


@needs_schema
def test_every_new_inventory_once(core: Core, glpi: Glpi) -> None:
    first = inspect(core, 1)
    home = inspect(core, 2)
    with core.database.write() as session:
        get_machine(session, home).state_name = State.DELIVERED.value
    automatic = AutomaticPush(core)
    assert [automatic.round() for _ in range(3)] == [1, 0, 0]
    assert set(glpi.machines) == {"recyclerie-main-R-000001"}  # a family's PC is nobody's business
    again(core, first, "first")  # the same facts
    assert automatic.round() == 0
    again(core, first, "second")
    assert AutomaticPush(core).round() == 1  # after a restart of the controller too
    assert glpi.machines["recyclerie-main-R-000001"]["content"]["versionprovider"]["version"] == "second"


def again(core: Core, machine_id: int, version: str) -> None:
    with core.database.write() as session:
        machine, boot = get_machine(session, machine_id), current_boot(session, machine_id)
        assert boot is not None
        body = inventory(1, chassis=chassis(1), network=[nic(1)], agent_version=version)
        assert store_report(session, machine, boot, "inventory", body, f"again-{version}")


@needs_schema
def test_a_server_that_is_down_is_left_alone_longer_and_longer(core: Core, glpi: Glpi) -> None:
    inspect(core, 1)
    now = [0.0]
    automatic = AutomaticPush(core, clock=lambda: now[0])
    waits = []
    for _ in range(9):
        glpi.answers.append((503, {}, {}))
        before = now[0]
        while glpi.answers:
            assert automatic.round() == 0
            now[0] += 60
        waits.append(now[0] - before)
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT
    now[0] += LONGEST_WAIT
    assert automatic.round() == 1


@needs_schema
def test_a_machine_that_is_refused_holds_up_no_other(core: Core, glpi: Glpi, caplog: pytest.LogCaptureFixture) -> None:
    first = inspect(core, 1)
    inspect(core, 2)
    glpi.answers.append((400, {"status": "error", "message": "blacklisted"}, {}))
    assert AutomaticPush(core).round() == 1
    assert "R-000001" in caplog.text
    assert "blacklisted" in caplog.text
    assert set(glpi.machines) == {"recyclerie-main-R-000002"}
    assert "blacklisted" in Sent.read(core.settings).row(first)["refused"]
    assert AutomaticPush(core).round() == 0
    (core.settings.data_dir / "glpi.json").write_text('{"machines": [1]}')  # spoilt: all is sent once more
    assert AutomaticPush(core).round() == 2


@needs_schema
@pytest.mark.one_database
def test_the_controller_sends_by_itself(core: Core, glpi: Glpi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside its other work, and it ends with it."""
    monkeypatch.setattr(housekeeping, "EVERY_SECONDS", 0.02)
    monkeypatch.setattr(housekeeping, "_keep_house", lambda *_: asyncio.sleep(60))
    inspect(core, 1)

    async def scenario() -> None:
        task = asyncio.create_task(housekeeping.housekeeping(core, None))  # type: ignore[arg-type]
        for _ in range(500):
            await asyncio.sleep(0.02)
            if glpi.machines:
                break
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scenario())
    assert set(glpi.machines) == {"recyclerie-main-R-000001"}


@pytest.mark.one_database
def test_by_the_command_line(core: Core, tmp_path: Path) -> None:
    inspect(core, 1)
    inspect(core, 2)
    variables = {k: v for k, v in os.environ.items() if not k.startswith("RECYCLERIE_")}
    variables |= {"RECYCLERIE_CONFIG": "/nonexistent", "RECYCLERIE_DATA_DIR": str(core.settings.data_dir)}
    variables |= {"RECYCLERIE_DATABASE_URL": core.settings.database_url}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*RECYCLERIE, "inventory", *arguments]
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)

    glpi = run("export", "R-000001", "--format", "glpi")
    assert json.loads(glpi.stdout)["deviceid"] == "recyclerie-main-R-000001", glpi.stderr
    table = run("export", "--all", "--format", "csv")
    assert len(table.stdout.strip().splitlines()) == 3
    wrote = run("export", "1", "2", "--format", "json", "--to", str(tmp_path / "out"))
    assert wrote.returncode == 0, wrote.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["R-000001.json", "R-000002.json"]
    back = run("convert", str(tmp_path / "out/R-000002.json"), "--format", "glpi")
    assert json.loads(back.stdout)["content"]["bios"]["ssn"] == "5CG7190002", back.stderr
    for wrong in (("export",), ("export", "R-000009"), ("export", "--all"), ("push", "R-000001"), ("convert", "/no")):
        ran = run(*wrong)
        assert (ran.returncode, "Traceback" in ran.stderr) == (1, False), (wrong, ran.stderr)
