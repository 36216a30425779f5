"""Drives and screens that come and go: told at once, shown within two seconds."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent import service
from agent.config import Config, parse_config
from agent.hotplug import LONGEST_WAIT, QUIET_SECONDS, quick_look, quiet, with_changes
from agent.monitor import DeviceMonitor, Event, event_of, listen
from agent.protocol import DRIVE_EVENT, INVENTORY
from agent.service import Agent


class FakeUdev:
    """Stands for pyudev's Monitor: a pipe that is readable while events wait."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe2(os.O_NONBLOCK)
        self._waiting: list[Any] = []

    def fileno(self) -> int:
        return self._read

    def poll(self, timeout: float | None = None) -> Any:
        assert timeout == 0
        if not self._waiting:
            return None
        os.read(self._read, 1)
        return self._waiting.pop(0)

    def say(self, subsystem: str, action: str, name: str, **properties: str) -> None:
        self._waiting.append(SimpleNamespace(subsystem=subsystem, action=action, sys_name=name, properties=properties))
        os.write(self._write, b"!")


@pytest.mark.parametrize(
    ("said", "event"),
    [
        (("block", "add", "sdb", {"ID_SERIAL_SHORT": "S"}),
         Event("drive", {"action": "add", "path": "/dev/sdb", "serial": "S"})),
        (("block", "change", "sdb", {}), None),
        (("block", "add", "loop1", {}), None),
        (("drm", "change", "card0", {"HOTPLUG": "1"}), Event("screen", {"action": "change", "path": "card0"})),
        (("drm", "change", "card0", {}), None),
        (("drm", "add", "card1", {}), Event("screen", {"action": "add", "path": "card1"})),
    ],
)  # fmt: skip
def test_events(said: tuple[str, str, str, dict[str, str]], event: Event | None) -> None:
    assert event_of(*said) == event


DRIVE = {"path": "/dev/sda", "serial": "A", "size_bytes": 512, "smart": {"passed": True}, "erase": {"media": "hdd"}}
STICK = {"path": "/dev/sdb", "serial": "B", "size_bytes": 1024, "smart": {"passed": None}}


def test_what_was_there_keeps_its_answers() -> None:
    last = {"drives": [DRIVE], "screens": [], "cpu": {"model": "X"}}
    look = {"drives": [{**DRIVE, "smart": {"passed": None}, "erase": None}, STICK], "screens": []}
    found = with_changes(last, look)
    assert found is not None
    assert found["drives"] == [DRIVE, STICK]
    assert (found["cpu"], found["quick"]) == ({"model": "X"}, True)
    assert with_changes(found, look) is None
    gone = with_changes(found, {"drives": [STICK], "screens": []})
    assert gone is not None
    assert gone["drives"] == [STICK]


def test_a_look_that_failed_changes_nothing() -> None:
    last = {"drives": [DRIVE], "screens": [{"connector": "eDP-1"}]}
    assert with_changes(last, {"drives": None, "screens": None}) is None
    assert with_changes(last, {}) is None


def test_the_quick_look_of_a_tree(tmp_path: Path) -> None:
    assert quick_look(None, tmp_path)["screens"] == []


def config(tmp_path: Path) -> Config:
    raw = {"controller_url": "https://192.0.2.1:8443", "state_dir": str(tmp_path)}
    return parse_config(raw | {"jobs_dir": str(tmp_path / "jobs")})


def kept(agent: Agent, kind: str) -> list[dict[str, Any]]:
    return [body for said, body in agent.said if said == kind]  # type: ignore[attr-defined]


def test_a_drive_and_a_screen_show_within_two_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: Iterator[dict[str, Any]] = iter(
        [
            {"drives": [DRIVE, STICK], "screens": []},
            {"drives": [DRIVE, STICK], "screens": [{"connector": "HDMI-A-1"}]},
            {"drives": [DRIVE], "screens": [{"connector": "HDMI-A-1"}]},
        ]
    )
    whole: list[str] = []

    async def collect(what: str, _: Config, *options: str) -> dict[str, Any]:
        if options == ("--quick",):
            return next(looks)
        whole.append(what)
        return {"drives": [DRIVE], "screens": []}

    monkeypatch.setattr(service, "collect_report", collect)

    async def play() -> None:
        udev = FakeUdev()
        agent = Agent(config(tmp_path))
        agent.said = []  # type: ignore[attr-defined]
        monkeypatch.setattr(agent.outbox, "keep", lambda kind, body: agent.said.append((kind, body)))  # type: ignore[attr-defined]
        agent._last_inventory = {"drives": [DRIVE], "screens": []}
        monkeypatch.setattr(agent, "report", lambda *_, **__: None)
        tasks = [
            asyncio.create_task(agent.watch_devices(DeviceMonitor(udev))),
            asyncio.create_task(agent.tell_changes()),
        ]

        async def told(inventories: int) -> None:
            async with asyncio.timeout(60):
                while len(kept(agent, INVENTORY)) < inventories:
                    await asyncio.sleep(0.01)

        udev.say("block", "add", "sdb", ID_SERIAL_SHORT="B")
        udev.say("block", "add", "sdb1")
        await told(1)
        assert kept(agent, DRIVE_EVENT)[0]["path"] == "/dev/sdb"
        assert kept(agent, INVENTORY)[0]["drives"] == [DRIVE, STICK]
        udev.say("drm", "change", "card0", HOTPLUG="1")
        await told(2)
        assert kept(agent, INVENTORY)[1]["screens"] == [{"connector": "HDMI-A-1"}]
        udev.say("block", "remove", "sdb")
        await told(3)
        assert kept(agent, INVENTORY)[2]["drives"] == [DRIVE]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(play())


def test_a_device_that_stutters_does_not_put_the_look_off_for_ever() -> None:
    async def play() -> None:
        changed = asyncio.Event()

        async def stutter() -> None:
            while True:
                changed.set()
                await asyncio.sleep(0.05)

        noise = asyncio.create_task(stutter())
        async with asyncio.timeout(60):
            await quiet(changed)
        noise.cancel()

    asyncio.run(play())


def test_what_is_plugged_in_is_looked_at_within_two_seconds() -> None:
    assert LONGEST_WAIT + QUIET_SECONDS < 2


def test_the_real_listener_listens() -> None:
    pytest.importorskip("pyudev")
    try:
        listener = listen()
    except OSError as problem:
        pytest.skip(f"no netlink here: {problem}")
    assert listener.fileno() >= 0
    event = listener.poll(timeout=0)  # other tests have drives come and go meanwhile
    assert event is None or event.action


def test_a_real_kernel_event_reaches_the_monitor() -> None:
    """A harmless event of a real device (/dev/null "changed"), through the kernel's netlink and pyudev."""
    pyudev = pytest.importorskip("pyudev")
    switch = Path("/sys/class/mem/null/uevent")
    if not os.access(switch, os.W_OK):
        pytest.skip("only root may ask the kernel for an event")
    monitor = pyudev.Monitor.from_netlink(pyudev.Context(), source="kernel")
    monitor.filter_by("mem")
    monitor.start()
    try:
        switch.write_text("change\n")
    except OSError as problem:
        pytest.skip(f"the kernel makes no events here: {problem}")
    device = monitor.poll(timeout=60)
    assert device is not None
    assert (device.subsystem, device.action, device.sys_name) == ("mem", "change", "null")
    assert event_of(str(device.subsystem), str(device.action), device.sys_name, device.properties) is None
