"""The agent's releases on the controller: who may fetch them, who is offered which, and what machines tell."""

from __future__ import annotations

import base64
import datetime as dt
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from controller.access.roles import Role
from controller.access.secrets import hash_secret, new_secret
from controller.agents.apt import offer
from controller.core import Core
from controller.database import utcnow
from controller.errors import NotFound
from controller.health.home_tables import HealthAlert
from controller.health.reports import store_report
from controller.ledger.tables import LedgerEntry
from controller.machines.announce import announce, current_boot
from controller.machines.registry import get_machine
from controller.machines.tables import ResidentToken
from controller.releases.cli import app as cli
from controller.releases.contents import AGENT
from controller.releases.reports import hear_update, newest_attempts, updates_of
from controller.releases.rollout import Release
from controller.releases.store import Store
from controller.releases.tables import AgentUpdate
from controller.settings import Settings
from tests.integration.controller.facts import announcement
from tests.integration.controller.playing import bearer, core_of, person, serving
from tests.integration.controller.test_home_health import at_home
from tests.unit.controller.health.samples import sample

needs_tools = pytest.mark.skipif(
    not (shutil.which("gpg") and shutil.which("dpkg-deb")), reason="gpg or dpkg-deb is not installed"
)
REPORT = {"update": "a" * 32, "from_version": "1", "to_version": "2", "code": "", "detail": "", "seconds": 12}


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with serving(settings) as found:
        yield found


def resident(core: Core) -> str:
    """Machine 1 at home; its token."""
    token = new_secret()
    with core.database.write() as session:
        at_home(session)
        session.add(ResidentToken(machine_id=1, token_hash=hash_secret(token), created_at=utcnow()))
    return token


def basic(token: str, login: str = "1") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{token}".encode()).decode()}


@needs_tools
def test_only_a_machines_own_token_opens_the_repository(client: TestClient) -> None:
    core = core_of(client)
    token = resident(core)
    release = Store(core.settings).ensure()
    index, pool = "/api/agent/apt/InRelease", f"/api/agent/apt/pool/{release.file}"
    _, persons = person(core, Role.ADMIN)
    for path in (index, pool):
        wrong: list[dict[str, str]] = [{}, bearer(persons), basic(persons), basic("x" * 43), basic("")]
        wrong.append({"Authorization": "Basic =="})
        assert [client.get(path, headers=headers).status_code for headers in wrong] == [401] * len(wrong)
        assert client.get(path, headers=basic(token)).status_code == 200
        assert client.get(path, headers=bearer(token)).status_code == 200  # the install job
    assert client.get("/api/agent/apt/./Packages", headers=basic(token)).status_code == 200
    for path in (
        "releases.json",
        "pool/../releases.json",
        "..%2f..%2fkeys/apt_ed25519.key",
        "pool/x_1_all.deb",
        "pool/",
    ):
        assert client.get(f"/api/agent/apt/{path}", headers=basic(token)).status_code == 404, path
    with core.database.write() as session:
        for row in session.execute(select(ResidentToken)).scalars():
            row.revoked_at = utcnow()
    assert client.get(index, headers=basic(token)).status_code == 401


@needs_tools
def test_a_trial_stops_by_itself_when_one_machine_goes_back(client: TestClient, tmp_path: Path) -> None:
    core = core_of(client)
    token = resident(core)
    store = Store(core.settings)
    first = store.ensure()
    shutil.copytree(AGENT, tmp_path / "agent", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "agent/NEWS").write_text("new")
    second = Store(core.settings, agent=tmp_path / "agent").ensure()

    def seen() -> str:
        text: str = client.get("/api/agent/apt/Packages", headers=basic(token)).text
        return text.split("Version: ")[1].split("\n")[0]

    store.set_stage(second.version, "trial", "", 100)
    assert seen() == second.version
    with core.database.write() as session:
        hear_update(session, get_machine(session, 1), "update.done", REPORT | {"to_version": second.version})
        assert offer(session, store, store.releases(), 2) == store.releases()[0]
        told = REPORT | {"update": "b" * 32, "to_version": second.version, "code": "not-linked"}
        hear_update(session, get_machine(session, 1), "update.rolled-back", told)
        assert offer(session, store, store.releases(), 2) == store.releases()[1]
    assert seen() == second.version  # it has it: an index without it would offer it no way back
    store.set_stage(second.version, "everybody", "command")
    with core.database.read() as session:
        after = offer(session, store, store.releases(), 2)
        assert after is not None
        assert after.version == second.version != first.version


def test_the_command_says_it_in_the_ledger_too(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page and command are one way: `steer`."""
    store = Store(core.settings)
    store.folder.mkdir(parents=True)
    release = Release(version="1+2", digest="d", sha256="s", made_at=utcnow(), stage="trial", percent=10)
    store._write([release])
    monkeypatch.setattr("controller.releases.cli.get_settings", lambda: core.settings)
    for words in (["trial", "1+2", "--percent", "40"], ["stop", "1+2"], ["everybody", "1+2"]):
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == 0, done.output
    assert isinstance(CliRunner().invoke(cli, ["stop", "9.9"]).exception, NotFound)
    with core.database.read() as session:
        rows = session.execute(select(LedgerEntry).where(LedgerEntry.kind == "agent.release").order_by(LedgerEntry.seq))
        found = [json.loads(row.content) for row in rows.scalars()]
    assert [one["body"] for one in found] == [
        {"stage": "trial", "percent": 40},
        {"stage": "stopped"},
        {"stage": "everybody"},
    ]
    assert {(one["subject"], one["actor"]) for one in found} == {("release:1+2", "command")}
    assert store.releases()[0] == replace(release, stage="everybody", percent=40, by="command")


def test_of_each_machine_the_newest_attempt_counts(core: Core) -> None:
    with core.database.write() as session:
        one = at_home(session)
        announce(session, "main", announcement(9), "10.0.0.9", None)
        other = get_machine(session, 2)
        hear_update(session, one, "update.rolled-back", REPORT | {"code": "broken"})
        hear_update(session, other, "update.done", REPORT)
        hear_update(session, other, "update.rolled-back", REPORT | {"update": "c" * 32, "to_version": "3"})
        hear_update(session, one, "update.done", REPORT | {"update": "b" * 32})
        assert [(row.machine_id, row.outcome) for row in newest_attempts(session, "2")] == [(1, "done"), (2, "done")]
        assert [(row.machine_id, row.outcome) for row in newest_attempts(session, "3")] == [(2, "rolled-back")]


def told(session: Session) -> list[dict[str, object]]:
    entries = session.execute(select(LedgerEntry).where(LedgerEntry.kind.startswith("agent."))).scalars()
    return [{"kind": entry.kind, **json.loads(entry.content)["body"]} for entry in entries]


def test_a_report_is_kept_once_and_is_in_the_ledger(core: Core) -> None:
    with core.database.write() as session:
        machine = at_home(session)
        assert hear_update(session, machine, "update.done", REPORT)
        assert not hear_update(session, machine, "update.done", REPORT)
        bad = {"update": "b" * 32, "from_version": "2", "to_version": "3" * 500, "code": "broken", "seconds": -5}
        assert hear_update(session, machine, "update.rolled-back", bad | {"detail": "/home/famille/secret"})
    with core.database.read() as session:
        assert [(row.outcome, row.seconds) for row in updates_of(session, 1)] == [("rolled-back", 0), ("done", 12)]
        entries = told(session)
        assert [entry["kind"] for entry in entries] == ["agent.updated", "agent.rolledback"]
        assert entries[0] == {"kind": "agent.updated", "update": 1, "from": "1", "to": "2"}
        assert "secret" not in str(entries)


def test_two_machines_may_call_their_updates_the_same(core: Core) -> None:
    with core.database.write() as session:
        one = at_home(session)
        announce(session, "main", announcement(9), "10.0.0.9", None)
        other = get_machine(session, 2)
        assert hear_update(session, one, "update.done", REPORT)
        assert hear_update(session, other, "update.done", REPORT)
        assert session.query(AgentUpdate).count() == 2


def test_missing_security_updates_open_an_alert_and_a_run_closes_it(core: Core) -> None:
    now = utcnow().replace(microsecond=0)
    with core.database.write() as session:
        machine = at_home(session)
        boot = current_boot(session, 1)
        assert boot is not None
        long_ago = (now - dt.timedelta(days=900)).isoformat()

        def say(days: float, **updates: object) -> list[str]:
            at = now + dt.timedelta(days=days)
            known = {"unattended": True, "last_success_at": long_ago, "pending_security": 4} | updates
            body = sample(at=at, updates=known, uptime_seconds=7200)
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr("controller.health.home.utcnow", lambda: at)
                store_report(session, machine, boot, "health", body, f"d{days}")
            session.flush()
            alerts = session.execute(select(HealthAlert).where(HealthAlert.kind == "updates")).scalars()
            return [alert.state for alert in alerts]

        assert say(0) == []  # the image's own age is no fault of the family
        assert say(13) == []
        assert say(15) == ["open"]
        done = (now + dt.timedelta(days=15.5)).isoformat()
        assert say(16, last_success_at=done, pending_security=0) == ["closed"]
