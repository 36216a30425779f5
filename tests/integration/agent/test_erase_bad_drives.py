"""Drives that return errors, or that say yes and do nothing: never ``erased``."""

from __future__ import annotations

import json
import subprocess
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
        result = erase(pc, loop.path)
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


def test_a_slow_drive_is_erased_all_the_same(pc: PlayedPC, tmp_path: Path) -> None:
    """64 Mbit/s and a seek before each request: slow is not stalled."""
    pc.rig = {"hang_seconds": 4.0}
    with BadDrive(tmp_path, SIZE, slow=["rate=64M", "rdelay=20ms", "wdelay=20ms"]) as loop:
        result = erase(pc, loop.path)
    assert (result["state"], result["result"]["outcome"]) == ("succeeded", "erased")


def test_a_drive_that_hangs_in_a_write_is_caught(pc: PlayedPC, tmp_path: Path) -> None:
    pc.rig = {"hang_seconds": 2.0}
    with BadDrive(tmp_path, SIZE, slow=["wdelay=9"]) as loop:
        result = erase(pc, loop.path)
    attempt = result["result"]["evidence"]["attempts"][0]
    assert (attempt["outcome"], attempt["writer"]["completed"]) == ("stalled", False)
    assert (result["state"], result["result"]["outcome"]) == ("failed", "unknown")
    assert "has not moved a byte" in result["error"]


def test_a_drive_that_hangs_in_a_read_is_caught(pc: PlayedPC, tmp_path: Path) -> None:
    pc.rig = {"hang_seconds": 2.0}
    with BadDrive(tmp_path, SIZE, slow=["rdelay=5"]) as loop:
        result = erase(pc, loop.path)
    assert result["result"]["outcome"] == "unknown"
    assert not result["result"]["evidence"]["validator"]["completed"]


def test_a_killed_eraser_claims_nothing_and_the_next_one_says_so(pc: PlayedPC, tmp_path: Path) -> None:
    """SIGKILL in the middle of the write; the workflow's next job starts over and proves everything itself."""
    with BadDrive(tmp_path, SIZE, slow=["rate=40M"]) as loop:
        key = pc.plug(loop.path) | {"size_bytes": SIZE}
        folder = pc.erase_job(key, "r1-erase-d1-1")
        process = subprocess.Popen(pc.command("job", str(folder)), env=pc.environment())
        progress = folder / "progress.json"
        until = time.monotonic() + 30
        while not progress.exists() or json.loads(progress.read_text())["phase"] != "write":
            assert time.monotonic() < until
            time.sleep(0.02)
        time.sleep(0.5)
        process.kill()
        process.wait()
        assert not (folder / "result.json").exists()
        result = erase(pc, loop.path, "r1-erase-d1-2")
        evidence = result["result"]["evidence"]
        assert (evidence["resumed_from"], result["result"]["outcome"]) == ("r1-erase-d1-1", "erased")
        assert "was cut off (write, " in evidence["interruptions"][0]["what"]
        assert evidence["writer"]["bytes_written"] == evidence["validator"]["bytes_read"] == SIZE
        # Should the very same job be started again, it says that too.
        result = pc.run_job(folder)
        assert "this job (r1-erase-d1-1) was begun before" in result["result"]["evidence"]["interruptions"][0]["what"]
        assert result["result"]["outcome"] == "erased"
