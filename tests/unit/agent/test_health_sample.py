"""A health sample at home: no disk is woken, nothing of the family's leaves, and it is small."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.collectors import drives as drives_module
from agent.collectors import health
from agent.collectors.smart import parse_smart, read_smart_gently
from agent.config import Config
from agent.protocol import REPORT_NOW
from agent.service import DRIVES_SECONDS, Agent
from agent.tools import Ran
from tests.unit.agent.recordings import HARDWARE, needs_recordings, text

SAMPLES = Path(__file__).parent / "samples"
# What smartctl 7.4 (Debian 13, r5530) printed for a SATA disk that answers CHECK POWER MODE with 00h, standby: it
# sends nothing else to it. The disk was played below smartctl's SG_IO; kernel's name and times were changed.
STANDBY = (SAMPLES / "smartctl-7.4-standby.json").read_text()
NOT_OPENED = (SAMPLES / "smartctl-7.4-not-opened.json").read_text()


def test_a_sleeping_disk_says_so_and_nothing_false() -> None:
    smart = parse_smart(STANDBY, exit_status=2)
    assert smart["asleep"] is True
    assert smart["error"] == ""
    assert smart["exit_status"] == 2
    facts = {name: value for name, value in smart.items() if name not in ("asleep", "tool", "exit_status")}
    assert not any(facts.values())


def test_the_same_exit_status_for_a_drive_that_is_gone_is_no_sleep() -> None:
    smart = parse_smart(NOT_OPENED, exit_status=2)
    assert smart["asleep"] is False
    assert "No such device" in smart["error"]


@pytest.mark.parametrize(
    ("said", "asleep"),
    [
        ("Device is in STANDBY mode, exit(2)", True),  # 7.2, 7.3 and 7.4 on ATA
        ("Device is in STANDBY (OS) mode, exit(2)", True),  # 7.4 and later, where the kernel put it to sleep
        ("Device is in STANDBY BY COMMAND mode, exit(2)", True),  # 7.4 on SCSI
        ("Device is in SLEEP mode, exit(2)", True),
        ("Device is in IDLE_A mode, exit(2)", False),  # only with -n idle, which is not asked for
        ("Read SMART Data failed: Input/output error", False),
        ("/dev/sda: Unknown USB bridge [0x152d:0x0578]", False),
    ],
)
def test_what_smartctl_says_of_a_disk_that_rests(said: str, asleep: bool) -> None:
    report = json.loads(STANDBY)
    report["smartctl"]["messages"] = [{"string": said, "severity": "information"}]
    assert parse_smart(json.dumps(report))["asleep"] is asleep


@pytest.mark.parametrize(("rotational", "standby"), [(True, True), (None, True), (False, False)])
def test_only_flash_is_asked_whatever_it_says(rotational: bool | None, standby: bool) -> None:
    asked: list[Sequence[str]] = []

    def run(arguments: Sequence[str], *, seconds: float = 0, text_in: str | None = None) -> Ran:
        asked.append(arguments)
        return Ran("smartctl", 2, STANDBY, "")

    read_smart_gently("/dev/sda", rotational=rotational, run=run)
    [arguments] = asked
    assert ("standby" in arguments) is standby
    assert not standby or arguments[arguments.index("-n") + 1] == "standby"


LSBLK = {
    "blockdevices": [
        {
            "name": "sda", "kname": "sda", "path": "/dev/sda", "type": "disk", "size": 10**12, "rota": True,
            "tran": "sata", "model": "WDC WD10EZEX", "serial": "WD-1", "children": [
                {"name": "sda1", "path": "/dev/sda1", "fstype": "ext4", "label": "Photos de Jeanne", "size": 10**9}
            ],
        }
    ]
}  # fmt: skip


@pytest.fixture
def family(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """A family's PC: what every tool says there, and what was asked."""
    asked: list[list[str]] = []

    def run(arguments: Sequence[str], **_: Any) -> Ran:
        asked.append(list(arguments))
        if arguments[0] == "lsblk":
            return Ran("lsblk", 0, json.dumps(LSBLK), "")
        if arguments[0] == "smartctl":
            return Ran("smartctl", 2, STANDBY, "")
        units = (
            "cups.service loaded failed\nmedia-jeanne-HOLIDAYS.mount loaded failed\nuser@1000.service loaded failed\n"
        )
        return Ran("systemctl", 0, units + "openvpn@jeanne-home.service loaded failed", "")

    monkeypatch.setattr(drives_module, "run", run)
    monkeypatch.setattr(health, "run", run)
    parts = [
        ("/dev/sda1", "/", "ext4"),
        ("/dev/sda1", "/home", "ext4"),
        ("/dev/sdb1", "/media/jeanne/HOLIDAYS", "vfat"),
        ("/dev/sda3", "/home/jeanne/Private", "ext4"),
    ]
    listed = [SimpleNamespace(device=d, mountpoint=m, fstype=f) for d, m, f in parts]
    monkeypatch.setattr("psutil.disk_partitions", lambda **_: listed)
    monkeypatch.setattr("psutil.disk_usage", lambda _: SimpleNamespace(total=100, free=40))
    return asked


def config(tmp_path: Path, mode: Any) -> Config:
    return Config(
        mode=mode,
        controller_url="https://192.0.2.1:8443",
        ca_file=tmp_path / "ca.crt",
        token_file=tmp_path / "token",
        state_dir=tmp_path,
        jobs_dir=tmp_path / "jobs",
    )


def test_at_home_the_disk_sleeps_on_and_nobody_is_named(family: list[list[str]], tmp_path: Path) -> None:
    sample = health.health_sample(config(tmp_path, "resident"), tmp_path)
    assert [drive["smart"]["asleep"] for drive in sample["drives"]] == [True]
    assert [a for a in family if a[0] == "smartctl"] == [
        ["smartctl", "-n", "standby", "-j", "-H", "-i", "-A", "-l", "selftest", "/dev/sda"]
    ]
    whole = json.dumps(sample).lower()
    for private in ("jeanne", "holidays", "photos", "private", "user@1000"):
        assert private not in whole, private
    assert sample["disks"] == [{"mount": "/", "total_bytes": 100, "free_bytes": 40}]
    assert sample["failed_units"] == ["cups.service", "openvpn@.service", "user@.service"]


def test_in_the_workshop_drives_are_asked_as_ever(
    family: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def ask(path: str) -> dict[str, Any]:
        asked.append(path)
        return {}

    monkeypatch.setattr(drives_module, "read_smart", ask)
    monkeypatch.setattr(drives_module, "read_smart_gently", lambda *_, **__: pytest.fail("asked gently"))
    health.health_sample(config(tmp_path, "live"), tmp_path)
    assert asked == ["/dev/sda"]


def test_without_drives_no_drive_is_asked_anything(family: list[list[str]], tmp_path: Path) -> None:
    sample = health.health_sample(config(tmp_path, "resident"), tmp_path, drives=False)
    assert sample["drives"] == []
    assert {a[0] for a in family} == {"systemctl"}


def test_the_inventory_at_home_names_nobody_either(family: list[list[str]], tmp_path: Path) -> None:
    found = drives_module.without_names(drives_module.collect_drives(tmp_path, [], gently=True))
    assert found[0]["partitions"][0]["label"] == ""
    assert found[0]["smart"]["asleep"] is True


@needs_recordings
def test_a_sample_is_small(family: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest table of all recordings: a sample with it stays under 5 kB, without drives under 1 kB."""
    longest = max((HARDWARE / "smartctl-json/peracotta").glob("*.json"), key=lambda path: path.stat().st_size)
    smart = parse_smart(text(longest))
    monkeypatch.setattr(drives_module, "read_smart_gently", lambda *_, **__: smart)
    resident = config(tmp_path, "resident")
    assert smart["attributes"]
    assert len(json.dumps(health.health_sample(resident, tmp_path))) < 5000
    assert len(json.dumps(health.health_sample(resident, tmp_path, drives=False))) < 1500


def test_drives_are_asked_once_an_hour_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("agent.service.time.monotonic", lambda: now[0])
    agent = Agent(config(tmp_path, "resident"))
    asked = []
    for _ in range(9):
        asked.append(agent._options("health") == ())
        now[0] += 900
    assert asked == [True, False, False, False, True, False, False, False, True]
    assert agent._options("inventory") == ()
    now[0] += DRIVES_SECONDS
    assert Agent(config(tmp_path, "live"))._options("health") == ()


async def _asked(agent: Agent) -> None:
    reported: list[str] = []
    agent.report = lambda what, **_: reported.append(what)  # type: ignore[method-assign]
    await agent._on_message(REPORT_NOW, {"what": "health"})
    assert reported == ["health"]


def test_a_technician_who_asks_gets_the_drives_too(tmp_path: Path) -> None:
    import asyncio

    agent = Agent(config(tmp_path, "resident"))
    assert agent._options("health") == ()
    assert agent._options("health") != ()
    asyncio.run(_asked(agent))
    assert agent._options("health") == ()
    live = Agent(config(tmp_path / "live", "live"))
    assert [live._options("health") for _ in range(3)] == [(), (), ()]
