"""The page of figures: everything measured is on it, and what wasn't says so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench import figures

RUN = {
    "firmware": "secure",
    "profile": "mini",
    "accelerator": "tcg",
    "disk_bytes": 1_656_750_080,
    "total_seconds": 280.0,
    "ours_seconds": 56.0,
    "stages": [
        {"name": "power-on to announcement", "seconds": 100.0, "ours": False},
        {"name": "inspect", "seconds": 9.0, "ours": True},
    ],
    "controller_cpu_seconds": 14.2,
    "controller_peak_pss_bytes": 210_000_000,
    "ansible_cpu_seconds": {"inspect": 2.5, "check": 3.0},
    "processes_held_share": {"erase": 0.0, "install": 0.0},
    "install_timings": {"write": 20.0},
}


def kept(body: dict[str, Any]) -> dict[str, Any]:
    """Measurements as they are kept."""
    computer = {"cpu": "Some CPU", "cores": 2, "memory_bytes": 24_000_000_000, "kernel": "6.12"}
    return {"command": "make x", "measured_on": "2026-01-01", "commit": "abc", "computer": computer, "figures": body}


def test_a_run_is_shown_stage_by_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "load", lambda name: kept(RUN) if name == "run-mini" else None)
    page = figures.page()
    assert "| power-on to announcement | 100.0 s | 36 % |  |" in page
    assert "| inspect | 9.0 s | 3 % | ours |" in page
    assert "**56 s**" in page
    assert "14.2 CPU s (of which Ansible's 5.5 s)" in page
    assert "`make x`, 2026-01-01, commit abc; 2 cores of Some CPU, 24 GB, Linux 6.12." in page
    assert page.count("Not measured yet.") == 10


def test_the_page_in_the_repository_is_the_one_of_its_measurements() -> None:
    """Who measures again must write the page again: `make figures`."""
    assert figures.PAGE.read_text() == figures.page()
