"""A run cut into stages: every second is counted once, and on the right side."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench.stages import stages


def clock(seconds: int) -> str:
    return f"2026-01-01T00:{seconds // 60:02d}:{seconds % 60:02d}+00:00"


def view() -> dict[str, Any]:
    spans = {
        "inspect": (101, 105),
        "test": (105, 109),
        "authorise": (110, 112),
        "erase": (112, 145),
        "install": (145, 185),
        "restart": (185, 260),
        "check": (260, 275),
        "seal": (275, 279),
    }
    steps: list[dict[str, Any]] = [
        {"name": name, "started_at": clock(start), "ended_at": clock(end), "result": None}
        for name, (start, end) in spans.items()
    ]
    steps[4]["result"] = {"timings": {"check": 1.0, "write": 20.0, "verify": 8.0, "grow": 3.0, "personalise": 2.0}}
    evidence = {
        "writer": {"started_at": clock(115), "ended_at": clock(127)},
        "validator": {"started_at": clock(127), "ended_at": clock(141)},
    }
    return {
        "run": {"steps": steps},
        "erasures": [{"evidence": evidence}],
        "boot": {"announced_at": "2026-01-01T00:04:15Z"},
    }


def test_every_second_is_counted_once() -> None:
    found = stages(view(), power_on_to_announced=100, total=280)
    assert sum(stage.seconds for stage in found) == pytest.approx(280)


def test_booting_erasing_and_unpacking_are_the_machines() -> None:
    found = stages(view(), power_on_to_announced=100, total=280)
    not_ours = {stage.name.split(":")[0].split(" ")[0]: stage.seconds for stage in found if not stage.ours}
    assert not_ours == {"power-on": 100, "test": 4, "erase": 26, "install": 28, "restart": 70}
    assert sum(stage.seconds for stage in found if stage.ours) == pytest.approx(280 - 228)
