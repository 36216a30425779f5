"""What maintenance rests on: the keys it comes with, work that outlives its play, settings."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible.module_utils.recyclerie import long_work, seal, system_settings

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl recyclerie-maintenance"


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "recyclerie" / "maintenance_keys"
    monkeypatch.setattr(seal, "MAINTENANCE_KEYS", path)
    return path


def test_the_key_goes_in_restricted_and_out_again(keys: Path) -> None:
    seal.let_maintenance_in([KEY])
    assert keys.read_text() == f"restrict,pty {KEY}\n"
    assert keys.stat().st_mode & 0o777 == 0o600
    seal.let_maintenance_in([])
    assert not keys.exists()


@pytest.mark.parametrize(
    "line",
    [
        "",
        "ssh-rsa AAAAB3Nza",
        f"{KEY}\nssh-ed25519 {'A' * 68}",
        f'command="sh" {KEY}',
        f"{KEY} and more",
        "# a comment",
    ],
)
def test_what_is_no_key_is_refused_and_nothing_is_written(keys: Path, line: str) -> None:
    with pytest.raises(seal.SealProblem, match="no ed25519 public key"):
        seal.let_maintenance_in([line])
    assert not keys.exists()


class Systemd:
    """systemd-run and systemctl: a unit runs for as many questions as the test says."""

    def __init__(self, runs: int = 0, status: int | None = 0, log: str = "") -> None:
        self.runs, self.status, self.log = runs, status, log
        self.started: list[list[str]] = []

    def __call__(self, argv: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        if argv[0] == "systemd-run":
            self.started.append(argv)
            self.runs = 2
        elif self.runs:
            self.runs -= 1
            if not self.runs:
                self._end()
            return subprocess.CompletedProcess(argv, 0, "active\n", "")
        return subprocess.CompletedProcess(argv, 0 if argv[0] == "systemd-run" else 3, "inactive\n", "")

    def _end(self) -> None:
        folder = long_work.FOLDER / "update"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "log").write_text(self.log)
        if self.status is not None:
            (folder / "status").write_text(f"{self.status}\n")


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Systemd:
    played = Systemd()
    monkeypatch.setattr(long_work, "FOLDER", tmp_path)
    monkeypatch.setattr(long_work, "POLL_SECONDS", 0)
    monkeypatch.setattr(long_work.subprocess, "run", played)
    return played


def test_work_is_started_as_a_unit_and_its_end_is_read(systemd: Systemd) -> None:
    systemd.status, systemd.log = 100, "one\nE: two\n"
    ended = long_work.run_long("update", ["apt-get", "update"], 60)
    assert (ended.status, ended.joined, ended.last_line) == (100, False, "E: two")
    (argv,) = systemd.started
    assert "--unit=recyclerie-maintain-update.service" in argv
    assert "apt-get update >" in argv[-1]


def test_work_that_runs_already_is_joined(systemd: Systemd) -> None:
    systemd.runs = 3
    ended = long_work.run_long("update", ["apt-get", "update"], 60)
    assert (ended.status, ended.joined, systemd.started) == (0, True, [])


def test_an_old_end_is_never_taken_for_this_one(systemd: Systemd, tmp_path: Path) -> None:
    (tmp_path / "update").mkdir()
    (tmp_path / "update" / "status").write_text("0\n")
    systemd.status = None  # killed before it could say how it ended
    with pytest.raises(long_work.LongWorkProblem, match="ended before its time"):
        long_work.run_long("update", ["apt-get", "update"], 60)


@pytest.mark.parametrize("name", ["", "../x", "a b", "A", "x;y"])
def test_names_of_units(name: str) -> None:
    with pytest.raises(long_work.LongWorkProblem):
        long_work.unit_name(name)


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    zones = tmp_path / "zoneinfo" / "Europe"
    zones.mkdir(parents=True)
    (zones / "Paris").write_text("TZif")
    (tmp_path / "etc").mkdir()
    for name, value in {"ZONES": "zoneinfo", "LOCALTIME": "etc/localtime", "KEYBOARD": "etc/keyboard"}.items():
        monkeypatch.setattr(system_settings, name, tmp_path / value)
    # /etc/timezone is beside localtime on the machine
    monkeypatch.setattr(system_settings, "TIMEZONE", tmp_path / "etc/timezone")
    return tmp_path


def test_the_time_zone_is_set_once(system: Path) -> None:
    assert system_settings.set_timezone("Europe/Paris")
    assert not system_settings.set_timezone("Europe/Paris")
    assert (system / "etc/timezone").read_text() == "Europe/Paris\n"
    for wrong in ("Europe/Nowhere", "../../etc/passwd", "", "/etc/passwd"):
        with pytest.raises(system_settings.SettingProblem, match="no time zone"):
            system_settings.set_timezone(wrong)


def test_the_keyboard_keeps_its_other_lines(system: Path) -> None:
    file = system / "etc/keyboard"
    file.write_text('XKBMODEL="pc105"\nXKBLAYOUT="de"\nXKBOPTIONS="compose:menu"\n')
    assert system_settings.set_keyboard("fr(oss)")
    assert file.read_text() == 'XKBMODEL="pc105"\nXKBLAYOUT="fr"\nXKBOPTIONS="compose:menu"\nXKBVARIANT="oss"\n'
    assert not system_settings.set_keyboard("fr(oss)")
    assert system_settings.set_keyboard("fr")
    with pytest.raises(system_settings.SettingProblem):
        system_settings.set_keyboard('fr"; rm')


def test_work_that_has_a_name_of_its_own_is_told_again_but_never_done_twice(systemd: Systemd, tmp_path: Path) -> None:
    systemd.log = "one\n(Reading database ... 45%\ntwo\n"
    first = long_work.run_long("update", ["apt-get", "update"], 60, once="action-7")
    again = long_work.run_long("update", ["apt-get", "update"], 60, once="action-7")
    assert (first.status, first.joined, first.lines) == (0, False, ("one", "two"))
    assert (again.status, again.joined, again.lines) == (0, True, ())  # told once
    assert len(systemd.started) == 1
    long_work.run_long("update", ["apt-get", "update"], 60, once="action-8")
    assert len(systemd.started) == 2
    long_work.run_long("update", ["apt-get", "update"], 60)  # by hand: whoever asks means it
    assert len(systemd.started) == 3


def test_whoever_has_no_patience_hears_that_it_still_runs(systemd: Systemd, tmp_path: Path) -> None:
    systemd.runs = 9
    (tmp_path / "update").mkdir()
    (tmp_path / "update" / "log").write_text("one\nhalf a li")
    waiting = long_work.run_long("update", ["apt-get", "update"], 60, once="action-7", patience=0)
    assert (waiting.status, waiting.lines) == (None, ("one",))
    (tmp_path / "update" / "log").write_text("one\nhalf a line\n")
    again = long_work.run_long("update", ["apt-get"], 60, once="action-7", patience=0)
    assert again.lines == ("half a line",)
    other = long_work.run_long("update", ["apt-get"], 60, once="action-7", patience=0, reader="another play")
    assert other.lines == ("one", "half a line")  # what was told to a play that was killed is not lost
