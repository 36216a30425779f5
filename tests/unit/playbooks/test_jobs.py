"""Which jobs are started, and which are left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.recyclerie import jobs

SPEC = {"job_id": "run1-erase-d4", "kind": "erase", "chassis": {"product": "P"}, "drive": {"serial": "S"}}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Folders whose unit was started; no unit is known to systemd otherwise."""
    folders: list[Path] = []
    monkeypatch.setattr(jobs, "systemd_run", lambda folder, _: folders.append(folder))
    monkeypatch.setattr(jobs, "_unit_is_loaded", lambda job_id: any(folder.name == job_id for folder in folders))
    return folders


def test_a_new_job_is_written_for_root_only_and_started(tmp_path: Path, started: list[Path]) -> None:
    assert jobs.start_job(tmp_path, SPEC, "agent") == jobs.STARTED
    folder = tmp_path / "run1-erase-d4"
    assert started == [folder]
    assert json.loads((folder / "spec.json").read_text()) == SPEC
    assert (folder.stat().st_mode & 0o777, (folder / "spec.json").stat().st_mode & 0o777) == (0o700, 0o600)
    assert jobs.start_job(tmp_path, SPEC, "agent") == jobs.RUNNING
    assert started == [folder], "once"


@pytest.mark.parametrize(
    ("files", "state"),
    [
        ({"result.json": "{}"}, jobs.FINISHED),
        ({"progress.json": "{}"}, jobs.LOST),
        ({"log": "began"}, jobs.LOST),
        ({"log": ""}, jobs.STARTED),
        ({}, jobs.STARTED),
        ({"spec.json": "{ torn"}, jobs.STARTED),
    ],
)
def test_what_an_earlier_play_left(tmp_path: Path, started: list[Path], files: dict[str, str], state: str) -> None:
    folder = tmp_path / "run1-erase-d4"
    folder.mkdir()
    for name, text in ({"spec.json": json.dumps(SPEC)} | files).items():
        (folder / name).write_text(text)
    assert jobs.start_job(tmp_path, SPEC, "agent") == state
    assert bool(started) == (state == jobs.STARTED)


def test_the_same_id_for_another_drive_is_refused(tmp_path: Path, started: list[Path]) -> None:
    jobs.start_job(tmp_path, SPEC, "agent")
    with pytest.raises(jobs.JobProblem, match="another drive"):
        jobs.start_job(tmp_path, SPEC | {"drive": {"serial": "T"}}, "agent")


def test_a_renewed_secret_is_the_same_job(tmp_path: Path, started: list[Path]) -> None:
    jobs.start_job(tmp_path, SPEC | {"resident": {"token": "one"}}, "agent")
    assert jobs.start_job(tmp_path, SPEC | {"resident": {"token": "two"}}, "agent") == jobs.RUNNING


def test_a_recheck_is_a_job_of_its_own(tmp_path: Path, started: list[Path]) -> None:
    spec = SPEC | {"job_id": "run1-recheck-d4-1", "kind": "recheck", "expect": "zeros", "validation": {"mode": "full"}}
    assert jobs.start_job(tmp_path, spec, "agent") == jobs.STARTED
    with pytest.raises(jobs.JobProblem, match="another drive"):
        jobs.start_job(tmp_path, spec | {"expect": "changed"}, "agent")


@pytest.mark.parametrize(
    "spec", [{}, {"job_id": "../x"}, {"job_id": 4}, {"job_id": "a b"}, {"job_id": "x", "kind": "?"}]
)
def test_a_useless_spec_is_refused_without_quoting_it(tmp_path: Path, spec: dict[str, Any]) -> None:
    with pytest.raises(jobs.JobProblem) as caught:
        jobs.start_job(tmp_path, spec | {"secret": "s3cr3t"}, "agent")
    assert "s3cr3t" not in str(caught.value)
    assert not list(tmp_path.iterdir())
