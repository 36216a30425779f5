"""Jobs that are about no drive: only those that write to none, and never on another machine."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.recyclerie.jobs import check_spec

from tests.unit.playbooks.test_target import CHASSIS, WD

LIBRARY = Path(__file__).resolve().parents[3] / "playbooks" / "library"


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, on a machine with one drive on which no job began."""
    spec = importlib.util.spec_from_file_location("verify_target", LIBRARY / "recyclerie_verify_target.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    monkeypatch.setattr(found, "read_inventory", lambda _: {"chassis": CHASSIS, "drives": [WD]})
    monkeypatch.setattr(found, "job_state", lambda _: "")
    return found


def problems(module: ModuleType, kinds: list[str], drives: list[dict[str, Any]], **changes: Any) -> list[str]:
    parameters: dict[str, Any] = {
        "chassis": [CHASSIS] * len(drives),
        "drives": drives,
        "job_ids": [f"j{n}" for n in range(len(drives))],
        "kinds": kinds,
        "plans": [{}] * len(drives),
        "every_drive": False,
        "jobs_dir": "/nonexistent",
        "agent": "/nonexistent",
    }
    found: list[str] = module.find_problems(parameters | changes)
    return found


def test_the_tests_of_this_machine_may_start(module: ModuleType) -> None:
    assert problems(module, ["test"], [{}]) == []


def test_not_on_another_machine(module: ModuleType) -> None:
    (problem,) = problems(module, ["test"], [{}], chassis=[CHASSIS | {"system_serial": "OTHER"}])
    assert "another machine" in problem


@pytest.mark.parametrize("kinds", [["erase"], ["install"], ["recheck"], [""], []])
def test_whatever_writes_names_its_drive(module: ModuleType, kinds: list[str]) -> None:
    (problem,) = problems(module, kinds, [{}])
    assert "names none" in problem


def test_a_drive_beside_it_is_still_compared(module: ModuleType) -> None:
    assert problems(module, ["test", "erase"], [{}, WD]) == []
    (problem,) = problems(module, ["test", "erase"], [{}, WD | {"serial": "NEW", "wwn": ""}])
    assert "S/N NEW" in problem


def test_kinds_that_don_t_belong_to_the_jobs(module: ModuleType) -> None:
    assert len(problems(module, ["test", "test"], [{}])) == 1


def test_it_is_a_job_that_may_be_started() -> None:
    assert check_spec({"job_id": "r1-test-all-1", "kind": "test"}) == "r1-test-all-1"
