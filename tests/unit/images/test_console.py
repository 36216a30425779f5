"""The live system's screen: the most urgent thing first, in both languages, within 80 columns."""

from __future__ import annotations

import importlib.util
import os
import pty
import select
from pathlib import Path
from typing import Any

import pytest

PATH = Path(__file__).parents[3] / "images/files/live/usr/lib/recyclerie/console.py"
_spec = importlib.util.spec_from_file_location("live_console", PATH)
assert _spec is not None
assert _spec.loader is not None
console = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(console)

JOB = {"kind": "erase", "drive": "WDC WD5000 WX1", "phase": "write", "done": 50, "total": 200, "state": "running"}


def facts(**changed: Any) -> dict[str, Any]:
    return {
        "version": "20250101-abcdef12",
        "machine": "ACME Testbox",
        "serial": "SN1",
        "addresses": ["192.0.2.7 (enp1s0)"],
        "controller": "https://192.0.2.1:8443",
        "agent_active": True,
        "status": {"state": "linked", "tag": "R-000012", "message": ""},
        "jobs": [],
    } | changed


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"controller": ""}, ("site.json manque", "site.json is missing")),
        ({"addresses": []}, ("Pas d'adresse", "No network address")),
        ({"agent_active": False}, ("agent ne tourne pas", "not running")),
        ({"status": {}}, ("démarre", "starting")),
        ({"status": {"state": "quarantined"}}, ("accepter ce PC", "accept this PC")),
        ({"status": {"state": "unreachable"}}, ("ne répond pas", "does not answer")),
        ({}, ("suivi par le contrôleur", "R-000012")),
        ({"jobs": [JOB]}, ("Effacement", "25 %", "Ne pas éteindre", "Do not switch off")),
        ({"jobs": [JOB | {"state": "failed"}]}, ("ÉCHEC",)),
    ],
)
def test_states(changed: dict[str, Any], words: tuple[str, ...]) -> None:
    text = "\n".join(console.state_lines(facts(**changed)))
    for word in words:
        assert word in text


def test_nothing_is_wider_than_the_screen() -> None:
    for state in console.STATES:
        message = "The controller https://192.0.2.1:8443 can't be reached: " + "word " * 40
        shown = console.screen(facts(status={"state": state, "message": message}))
        assert max(len(line) for line in shown) <= 80


def test_a_finished_job_does_not_forbid_switching_off() -> None:
    text = "\n".join(console.state_lines(facts(jobs=[JOB | {"state": "succeeded"}])))
    assert "Do not switch off" not in text
    assert "done" in text


def test_half_written_files_are_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"state": "lin')
    assert console.read_json(tmp_path / "x.json") == {}
    assert console.read_json(tmp_path / "missing.json") == {}


@pytest.mark.parametrize(
    ("typed", "wanted"), [(b"t", True), (b"T", True), (b"tt", True), (b"", False), (b"x", False), (b"\033[17~t", False)]
)
def test_only_t_starts_the_tests(typed: bytes, wanted: bool) -> None:
    assert console.wants_tests(typed) is wanted


def test_the_screen_says_how_to_start_the_tests() -> None:
    assert any("T : tests avec les mains" in line for line in console.screen(facts()))
    assert not any("T : tests" in line for line in console.screen(facts(controller="")))


def test_keys_are_read_one_by_one_and_without_echo() -> None:
    master, slave = pty.openpty()
    keys = console.Keys(Path(os.ttyname(slave)))
    os.write(master, b"t")
    assert keys.wait(5) == b"t"
    assert keys.wait(0) == b""
    assert not select.select([master], [], [], 0)[0]  # nothing was echoed
    for end in (master, slave, keys.fd):
        os.close(end)


def test_a_pc_without_a_keyboard_only_waits(tmp_path: Path) -> None:
    assert console.Keys(tmp_path / "none").wait(0) == b""


def test_the_tests_on_the_screen_can_t_reach_a_drive() -> None:
    unit = (PATH.parents[1] / "systemd/system/recyclerie-hands-on.service").read_text()
    assert "DevicePolicy=closed" in unit
    allowed = {line.partition("=")[2].split()[0] for line in unit.splitlines() if line.startswith("DeviceAllow=")}
    assert allowed == {"char-tty", "char-input", "char-alsa", "char-video4linux"}
    assert "CapabilityBoundingSet=CAP_SYS_TTY_CONFIG\n" in unit
