"""The demo's progress lines."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.lab import reporting
from tests.lab.reporting import Lines


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """Seconds."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The reporting's own time."""
    clock = Clock()
    monkeypatch.setattr(reporting, "time", clock)
    return clock


def test_a_second_pc_starts_each_step_anew(clock: Any) -> None:
    """The second PC's step of the same name counts from its own beginning."""
    out = io.StringIO()
    lines = Lines(out)
    lines.wait("inspect")
    clock.now += 20
    lines.done("inspect")
    clock.now += 300
    lines.wait("inspect")
    clock.now += 7
    lines.done("inspect")
    said = out.getvalue().splitlines()
    assert said[1].split()[:3] == ["✔", "inspect", "20"]
    assert said[2].endswith("(0 s)")
    assert said[3].split()[:3] == ["✔", "inspect", "7"]
