"""Settings, clock, files, tools, answers, status: small things that everything stands on."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent import clock
from agent.cli import main
from agent.config import load_config, parse_config
from agent.errors import AgentError
from agent.files import read_int, read_json, read_text, write_json, write_text
from agent.identity import boot_secret, ssh_host_keys
from agent.jobs.folder import JobFolder, job_folders, valid_job_id
from agent.jobs.watcher import LOG_CHUNK_BYTES, whole_lines
from agent.link.announce import AnnounceError, parse_answer
from agent.link.tls import client_context
from agent.monitor import drive_event
from agent.status import status_text
from agent.tools import MISSING, TIMED_OUT, run

URL = {"controller_url": "https://192.0.2.1:8443"}


def test_settings_of_each_mode() -> None:
    live, resident = parse_config(URL), parse_config(URL | {"mode": "resident"})
    assert (live.mode, live.state_dir, live.token_file) == (
        "live",
        Path("/run/recyclerie"),
        Path("/run/recyclerie/token"),
    )
    assert resident.token_file == Path("/etc/recyclerie/token")
    assert resident.state_dir == Path("/var/lib/recyclerie-agent")
    assert parse_config(URL | {"rig": {"drives": {}}}).rig == {"drives": {}}
    assert parse_config(URL | {"unknown": 1}).rig is None


@pytest.mark.parametrize(
    "raw",
    [
        None, [], {}, {"controller_url": "http://192.0.2.1"}, {"controller_url": "https://"}, URL | {"mode": "other"},
        URL | {"health_seconds": 0}, URL | {"health_seconds": "60"}, URL | {"heartbeat_seconds": True},
    ],
)  # fmt: skip
def test_wrong_settings_are_named(raw: Any) -> None:
    with pytest.raises(AgentError):
        parse_config(raw)


def test_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "agent.json"
    with pytest.raises(AgentError, match="can't be read"):
        load_config(path)
    path.write_text("{")
    with pytest.raises(AgentError, match="not JSON"):
        load_config(path)
    path.write_text(json.dumps(URL))
    monkeypatch.setenv("RECYCLERIE_AGENT_CONFIG", str(path))
    assert load_config().source == path


def test_clock_error_is_signed() -> None:
    assert clock.clock_error_seconds("2026-01-01T00:01:00Z", clock.parse_time("2026-01-01T00:00:00Z").timestamp()) == 60
    assert clock.parse_time(clock.now_text()).timestamp() == pytest.approx(time.time(), abs=5)


@pytest.mark.parametrize(("off", "steps"), [(-30, 0), (30, 0), (3600, 1), (-86400 * 3650, 1)])
def test_the_clock_is_set_only_when_it_is_wrong(off: float, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[float] = []
    monkeypatch.setattr(time, "clock_settime", lambda _which, value: done.append(value))
    monkeypatch.setattr(clock, "SYNCHRONISED_FLAG", Path("/nonexistent"))
    server = datetime.fromtimestamp(time.time() + off, UTC).isoformat()
    said = clock.set_clock_from(server)
    assert len(done) == steps
    assert bool(said) == bool(steps)


def test_a_clock_that_can_not_be_set_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(which: int, value: float) -> None:
        raise PermissionError(1, "no")

    monkeypatch.setattr(time, "clock_settime", refuse)
    monkeypatch.setattr(clock, "SYNCHRONISED_FLAG", Path("/nonexistent"))
    assert "could not be set" in clock.set_clock_from("2001-01-01T00:00:00Z")
    assert "could not be set" in clock.set_clock_from("yesterday")


def test_a_synchronised_clock_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "SYNCHRONISED_FLAG", tmp_path)
    assert clock.set_clock_from("2001-01-01T00:00:00Z") == ""


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "a/secret"
    old = os.umask(0)
    try:
        write_text(path, "one", mode=0o600)
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o600
    write_json(path, {"é": 1}, mode=0o600, durable=True)
    assert read_json(path) == {"é": 1}
    assert [p.name for p in path.parent.iterdir()] == ["secret"]
    assert (read_text(tmp_path / "none"), read_json(tmp_path / "none"), read_int(tmp_path / "none")) == ("", None, None)
    (tmp_path / "n").write_bytes(b" 42\0\n")
    assert read_int(tmp_path / "n") == 42


def test_tools() -> None:
    assert run(["no-such-tool-here"]).status == MISSING
    assert run(["sleep", "5"], seconds=0.1).status == TIMED_OUT
    ran = run([sys.executable, "-c", "import sys; print(input()); sys.exit(3)"], text_in="hello\n")
    assert (ran.status, ran.out, ran.ok) == (3, "hello\n", False)
    assert "exit status 3" in ran.explain()


def test_boot_secret_lives_as_long_as_the_boot(tmp_path: Path) -> None:
    first = boot_secret(tmp_path, "boot-1")
    assert len(first) == 64
    assert boot_secret(tmp_path, "boot-1") == first
    assert boot_secret(tmp_path, "boot-2") != first
    assert (tmp_path / "boot.json").stat().st_mode & 0o777 == 0o600


def test_host_keys_without_comments(tmp_path: Path) -> None:
    (tmp_path / "ssh_host_ed25519_key.pub").write_text("ssh-ed25519 AAAA root@recyclerie-live\n")
    (tmp_path / "ssh_host_ed25519_key").write_text("secret")
    (tmp_path / "ssh_host_rsa_key.pub").write_text("\n")
    assert ssh_host_keys(tmp_path) == ["ssh-ed25519 AAAA"]


def test_answers() -> None:
    answer = parse_answer(b'{"status": "quarantined", "retry_seconds": 0}')
    assert (answer["retry_seconds"], answer["message"]) == (10.0, "")
    for wrong in (b"", b"[]", b"{}", b'{"status": "maybe"}', b'{"status": "accepted", "retry_seconds": "soon"}'):
        with pytest.raises(AnnounceError, match="can't be understood"):
            parse_answer(wrong)


def test_a_missing_authority_is_named(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match=r"ca\.crt"):
        client_context(tmp_path / "ca.crt")
    (tmp_path / "ca.crt").write_text("no certificate")
    with pytest.raises(AgentError, match="can't be used"):
        client_context(tmp_path / "ca.crt")


def test_drive_events() -> None:
    assert drive_event("add", "sdb", {"ID_SERIAL_SHORT": "USB01"}) == {
        "action": "add",
        "path": "/dev/sdb",
        "serial": "USB01",
    }
    assert drive_event("remove", "nvme0n1", {})["serial"] == ""  # type: ignore[index]
    for action, name in (("change", "sdb"), ("add", "loop3"), ("add", "sr0"), ("add", "dm-1")):
        assert drive_event(action, name, {}) is None


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "-x", "a b", "a\n", "x" * 200])
def test_job_ids_that_could_be_anything_else(name: str) -> None:
    assert not valid_job_id(name)


def test_job_folder(tmp_path: Path) -> None:
    folder = JobFolder(tmp_path / "r1-erase-d1")
    folder.path.mkdir()
    with pytest.raises(AgentError, match="no readable spec"):
        folder.spec()
    (folder.path / "spec.json").write_text('{"job_id": "other"}')
    with pytest.raises(AgentError, match="is of job 'other'"):
        folder.spec()
    assert folder.unit == "recyclerie-job-r1-erase-d1.service"
    assert folder.write_result({"state": "failed"})
    assert not folder.write_result({"state": "succeeded"})  # the first one counts
    assert folder.result() == {"state": "failed"}
    (tmp_path / "not a job").mkdir()
    assert [found.job_id for found in job_folders(tmp_path)] == ["r1-erase-d1"]
    assert job_folders(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("data", "end", "sent"),
    [
        (b"one\ntwo\nthr", False, b"one\ntwo\n"), (b"thr", False, b""), (b"thr", True, b"thr"), (b"", True, b""),
        (b"x" * LOG_CHUNK_BYTES, False, b"x" * LOG_CHUNK_BYTES),
    ],
)  # fmt: skip
def test_logs_are_sent_in_whole_lines(data: bytes, end: bool, sent: bytes) -> None:
    assert whole_lines(data, to_the_end=end) == sent


def test_status_in_both_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = parse_config(URL | {"state_dir": str(tmp_path), "jobs_dir": str(tmp_path / "jobs")})
    write_json(tmp_path / "status.json", {"state": "quarantined", "tag": "R-000001", "message": ""})
    job = tmp_path / "jobs/r1-erase-d1"
    write_json(job / "spec.json", {})
    write_json(job / "progress.json", {"kind": "erase", "phase": "write", "done": 25, "total": 100, "eta_seconds": 600})
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    french = status_text(config)
    assert "technicien" in french
    assert "Effacement : write 25 %, reste 10 min" in french
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    assert "technician must accept" in status_text(config)
    assert status_text(None)
    write_json(job / "result.json", {"kind": "erase", "state": "failed", "error": "Take it out."})
    assert "failed. Take it out." in status_text(config)


def test_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["version"]) == 0
    assert capsys.readouterr().out.strip()
    assert main(["--config", str(tmp_path / "none"), "run"]) == 1
    assert "can't be read" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([])
