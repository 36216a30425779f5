"""What an update waits for."""

from __future__ import annotations

import pytest

from agent.tools import Ran
from agent.update import busy as module
from agent.update.busy import busy


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Units at work, and what runs in the agent's group: name → user."""
    now: dict[str, object] = {"units": [], "group": {"python3": 0}}

    def run(argv: list[str], **_: object) -> Ran:
        units = now["units"]
        assert isinstance(units, list)
        return Ran(argv[0], 0, "".join(f"{unit} loaded active running x\n" for unit in units), "")

    def group() -> dict[str, int]:
        found = now["group"]
        assert isinstance(found, dict)
        return found

    monkeypatch.setattr(module, "run", run)
    monkeypatch.setattr(module, "_processes", lambda: list(range(len(group()))))
    monkeypatch.setattr(module, "read_text", lambda path: list(group())[int(path.parent.name)])
    monkeypatch.setattr(module, "_uid", lambda pid: list(group().values())[pid])
    return now


@pytest.mark.parametrize(
    ("units", "group", "waits", "waits_when_asked"),
    [
        ([], {"python3": 0}, False, False),
        (["recyclerie-job-r1-install-d1.service"], {"python3": 0}, True, True),
        (["recyclerie-maintain-update.service"], {"python3": 0}, True, True),
        (["recyclerie-maintain-agent.service"], {"python3": 0}, False, False),  # that is this very program
        ([], {"python3": 0, "sshd-session": 0}, True, False),  # whoever asks for it works on the machine
        ([], {"python3": 0, "x11vnc": 1000}, True, True),  # never under a family's eyes
        ([], {"python3": 0, "question": 1000}, True, True),
        ([], {"python3": 0, "gone": None}, False, False),
    ],
)
def test_busy(
    units: list[str],
    group: dict[str, int | None],
    waits: bool,
    waits_when_asked: bool,
    machine: dict[str, object],
) -> None:
    machine |= {"units": units, "group": group}
    assert bool(busy(streams=True)) == waits
    assert bool(busy(streams=False)) == waits_when_asked
