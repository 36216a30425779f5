"""Drives that return errors, or that say yes and do nothing: never ``erased``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.integration.agent.bad_drives import BadDrive, can_play_bad_drives
from tests.integration.agent.loops import can_use_loops
from tests.integration.agent.played import PlayedPC

pytestmark = pytest.mark.skipif(
    not (can_use_loops() and can_play_bad_drives()), reason="needs root, loop devices, nbdkit, nbdfuse"
)

SIZE = 24 * 2**20


@pytest.fixture
def pc(tmp_path: Path) -> PlayedPC:
    return PlayedPC(tmp_path / "pc")


def erase(pc: PlayedPC, path: str, job_id: str = "r1-erase-d1") -> dict[str, Any]:
    return pc.run_job(pc.erase_job(pc.plug(path) | {"size_bytes": SIZE}, job_id))


def test_a_liar_is_not_erased(pc: PlayedPC, tmp_path: Path) -> None:
    drive = BadDrive(tmp_path, SIZE, liar=True)
    with drive.store.open("r+b") as store:
        store.seek(9 * 2**20 + 5)
        store.write(b"a family's letter")
    with drive as loop:
        result = erase(pc, loop.path)
    evidence = result["result"]["evidence"]
    assert evidence["writer"]["errors"] == []  # it said yes each time
    assert evidence["writer"]["completed"]
    assert (result["state"], result["result"]["outcome"]) == ("failed", "not_erased")
    assert evidence["validator"]["nonzero"] == [{"offset": 9 * 2**20 + 5}]
    assert "data was read back" in result["error"]


def test_a_drive_that_can_not_be_written_fails_fast(pc: PlayedPC, tmp_path: Path) -> None:
    drive = BadDrive(tmp_path, SIZE)
    with drive as loop:
        drive.flags["pwrite"].touch()
        began = time.monotonic()
        result = erase(pc, loop.path)
        assert time.monotonic() - began < 20
    writer = result["result"]["evidence"]["attempts"][0]["writer"]
    assert (result["state"], result["result"]["outcome"]) == ("failed", "not_erased")
    assert writer["bytes_written"] == 0
    assert not writer["completed"]
    assert [error["error"] for error in writer["errors"][:2]] == ["EIO", "EIO"]
    assert len(writer["errors"]) < 30
    assert result["result"]["evidence"]["validator"] is None
    assert "destroy it" in result["error"]


def test_a_drive_that_can_not_be_read_back_is_never_erased(pc: PlayedPC, tmp_path: Path) -> None:
    drive = BadDrive(tmp_path, SIZE)
    with drive as loop:
        drive.flags["pread"].touch()
        result = erase(pc, loop.path)
    assert result["state"] == "failed"
    assert result["result"]["outcome"] == "unknown"
    assert result["result"]["evidence"]["validator"]["errors"][0] == {"offset": 0, "error": "EIO"}
    assert "read errors" in result["error"]


def test_errors_that_go_away_stay_in_the_evidence(pc: PlayedPC, tmp_path: Path) -> None:
    """A drive that fails for a moment is not proven: the errors count even if the rest went well."""
    drive = BadDrive(tmp_path, SIZE)
    with drive as loop:
        folder = pc.erase_job(pc.plug(loop.path) | {"size_bytes": SIZE})
        drive.flags["pwrite"].touch()
        result = pc.run_job(folder)
        drive.flags["pwrite"].unlink()
        assert result["result"]["outcome"] == "not_erased"
        # A new job on the drive that recovered is a new judgement.
        again = erase(pc, loop.path, "r1-erase-d1-2")
        assert again["result"]["outcome"] == "erased"
