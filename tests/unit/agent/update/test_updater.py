"""The updater's small parts: what it remembers, what it writes for apt, what it reports."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agent.config import load_config
from agent.link.outbox import Outbox
from agent.link.proxy import Proxy
from agent.link.spool import Spool
from agent.update import apt as apt_module
from agent.update.apt import Apt
from agent.update.journal import Journal, Memory, leave_report
from agent.update.outgoing import send_reports
from agent.update.places import KEYRING, Patience, Places, patience_of
from agent.update.proof import check_self, is_linked

AGENT = Path(apt_module.__file__).resolve().parent.parent


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(state=tmp_path / "state/update", cache=tmp_path / "cache", run=tmp_path / "run")


def test_what_is_under_way_survives(places: Places) -> None:
    journal = Journal(places)
    assert journal.read() is None
    begun = journal.begin("1", "2", 100.0)
    assert Journal(places).read() == begun
    back = journal.phase(begun, "back", "not-linked", "said nothing")
    again = journal.phase(back, "back", "install-failed", "another reason")
    assert (again.code, again.detail) == ("not-linked", "said nothing")  # the first reason is the reason
    places.code.mkdir()
    places.new.touch()
    journal.end()
    assert journal.read() is None
    assert not places.code.exists()
    assert not places.new.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"phase": "prove"}', '{"update": 1, "from_version": "1"}'])
def test_a_rotten_journal_is_none(places: Places, text: str) -> None:
    places.state.mkdir(parents=True)
    places.journal.write_text(text)
    assert Journal(places).read() is None


def test_a_version_that_failed_is_remembered(places: Places) -> None:
    memory = Memory(places)
    assert not memory.refuses("2")
    memory.refuse("2", "broken")
    assert Memory(places).refuses("2")
    for number in range(60):
        memory.refuse(f"3.{number}", "broken")
    assert len(json.loads(places.memory.read_text())["refused"]) == 50
    assert Memory(places).refuses("3.59")


def test_reports_go_into_the_spool_once(places: Places) -> None:
    outbox = Outbox(Spool(places.state.parent / "spool"))
    journal = Journal(places)
    under_way = journal.phase(journal.begin("1", "2", 100.0), "back", "not-started", "dies")
    leave_report(places, under_way, 161.4)
    (places.outgoing / "rotten.json").write_text("{")
    send_reports(places.state.parent, outbox)
    send_reports(places.state.parent, outbox)
    assert len(outbox.spool) == 1
    assert list(places.outgoing.iterdir()) == []
    (message,) = [json.loads(path.read_text()) for path in (places.state.parent / "spool").iterdir() if path.is_file()]
    assert message["type"] == "update.rolled-back"
    body = message["body"]
    assert (body["from_version"], body["to_version"], body["code"], body["seconds"]) == ("1", "2", "not-started", 61)


def machine(tmp_path: Path, **more: object) -> Path:
    (tmp_path / "ca.crt").write_text("-----BEGIN CERTIFICATE-----\n")
    (tmp_path / "token").write_text("s3cret\n")
    settings = {
        "mode": "resident",
        "controller_url": "https://192.0.2.1:8443",
        "ca_file": str(tmp_path / "ca.crt"),
        "token_file": str(tmp_path / "token"),
        "state_dir": str(tmp_path / "state"),
    }
    path = tmp_path / "agent.json"
    path.write_text(json.dumps(settings | more))
    return path


def test_apt_sees_our_repository_and_nothing_of_the_system(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APT_CONFIG", "")
    monkeypatch.setenv("DEBIAN_FRONTEND", "")
    (tmp_path / "state").mkdir()
    (tmp_path / "state/status.json").write_text('{"machine_id": 7}')
    config = load_config(machine(tmp_path))
    proxy = Proxy("proxy.example", 3128, "a b", "p@ss")
    Apt(config, places, Patience(), proxy).write_settings()
    login = places.run / "auth.conf"
    assert login.read_text() == "machine https://192.0.2.1:8443/api/agent/apt/ login 7 password s3cret\n"
    assert [path.name for path in places.run.iterdir() if "s3cret" in path.read_text()] == ["auth.conf"]
    assert {path.stat().st_mode & 0o777 for path in (login, places.run / "apt.conf")} == {0o600}
    sources = (places.run / "agent.sources").read_text()
    assert f"Signed-By: {KEYRING}" in sources
    assert "Trusted" not in sources
    # As apt itself understands it: nothing of /etc/apt is read.
    names = ["Dir::Etc::sourcelist", "Dir::Etc::parts", "Dir::Etc::main", "Acquire::https::Proxy", "Dir::State::lists"]
    out = subprocess.run(["apt-config", "dump", *names], capture_output=True, text=True, check=True).stdout
    assert f'Dir::Etc::sourcelist "{places.run}/agent.sources";' in out
    assert 'Dir::Etc::parts "/dev/null";' in out
    assert 'Acquire::https::Proxy "http://a%20b:p%40ss@proxy.example:3128";' in out


def test_patience_is_a_setting(tmp_path: Path) -> None:
    config = load_config(machine(tmp_path, update={"prove": 5, "unknown": 1, "settle": "soon"}))
    assert patience_of(config) == Patience(prove=5)
    assert patience_of(load_config(machine(tmp_path))) == Patience()


@pytest.mark.parametrize(
    ("status", "linked"),
    [
        ({"state": "linked", "agent_version": "2", "pid": 7}, True),
        ({"state": "linked", "agent_version": "1", "pid": 7}, False),  # the old one's last word
        ({"state": "linked", "agent_version": "2", "pid": 8}, False),  # of a process that is no more
        ({"state": "accepted", "agent_version": "2", "pid": 7}, False),
        ({"state": "linked"}, False),
        (None, False),
    ],
)
def test_only_the_new_process_of_the_new_version_counts(
    status: dict[str, object] | None, linked: bool, tmp_path: Path
) -> None:
    path = tmp_path / "status.json"
    if status is not None:
        path.write_text(json.dumps(status))
    assert is_linked(path, "2", 7) is linked


def test_the_self_test_loads_everything(tmp_path: Path) -> None:
    check_self()
    # A file that nothing loads at the start, cut off in the middle.
    copy = tmp_path / "copy"
    shutil.copytree(AGENT, copy / "agent", ignore=shutil.ignore_patterns("__pycache__"))

    def test_itself() -> int:
        argv = [sys.executable, "-c", "from agent.update.proof import check_self; check_self()"]
        return subprocess.run(
            argv, cwd=copy, env={"PYTHONPATH": str(copy)}, capture_output=True, check=False
        ).returncode

    assert test_itself() == 0
    (copy / "agent/jobs/erase.py").write_text("def erase(\n")
    assert test_itself() == 1
