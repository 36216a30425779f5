"""The validator on real block devices: drives that return old data, in one sector or all over, and drives that fail."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.jobs.validate_marks import canary_block
from agent.jobs.validate_places import plan_places
from agent.jobs.validate_read import Validator
from agent.jobs.validate_samples import read_samples
from tests.integration.agent.bad_drives import BadDrive, can_play_bad_drives
from tests.integration.agent.loops import LoopDisk, can_use_loops

pytestmark = pytest.mark.skipif(not can_use_loops(), reason="needs root and loop devices")

MIB = 2**20
TEN_MILLION_SECTORS = 10_000_000 * 512
OLD = b"a family's letter".ljust(512, b".")
SIZE = 256 * MIB + 512
KEY = "5a" * 32


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[LoopDisk]:
    with LoopDisk(tmp_path / "disk.raw", SIZE) as disk:
        yield disk


def validate(disk: LoopDisk, size: int = SIZE, **more: Any) -> dict[str, Any]:
    status = Path(disk.path).stat()
    number = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
    return Validator(disk.path, size, expected_number=number, **more).run()


def test_one_sector_of_ten_million(tmp_path: Path) -> None:
    """A drive that returns old data in one sector: read back in full it is always caught."""
    with LoopDisk(tmp_path / "large.raw", TEN_MILLION_SECTORS) as disk:
        assert validate(disk, TEN_MILLION_SECTORS)["nonzero"] == []
        at = 7_654_321 * 512
        disk.put(at, OLD)
        found = validate(disk, TEN_MILLION_SECTORS)
        assert found["nonzero"] == [{"offset": at}]
        assert (found["nonzero_reads"], found["errors"], found["completed"]) == (1, [], True)
        assert found["bytes_read"] == TEN_MILLION_SECTORS
        assert found["direct"]
        assert found["caches_dropped"]


def test_a_sampled_reading_sees_exactly_what_it_planned(disk: LoopDisk) -> None:
    """One old sector in each of 300 places: those that lie in the plan are found, as many as the share says."""
    step = SIZE // 300 // 512 * 512
    olds = [step // 2 // 512 * 512 + i * step for i in range(300)]
    with disk.file.open("r+b") as stream:
        for at in olds:
            stream.seek(at)
            stream.write(OLD)
    os.sync()
    for seed in "abc":
        planned = plan_places(SIZE, 0.1, 1000, seed)
        hit = [at for at in olds if any(start <= at < start + length for start, length in planned)]
        assert 10 <= len(hit) <= 60  # about a tenth of 300
        found = validate(disk, mode="sampled", seed=seed)
        assert found["nonzero"] == [{"offset": at} for at in hit[:20]]
        assert found["completed"]
        assert 0.1 * SIZE <= found["bytes_read"] == found["bytes_expected"]


@pytest.mark.parametrize("mode", ["full", "sampled"])
def test_the_last_sector_of_an_odd_size(disk: LoopDisk, mode: str) -> None:
    disk.put(SIZE - 1, b"\x01")
    assert validate(disk, mode=mode, seed="x")["nonzero"] == [{"offset": SIZE - 1}]


def test_a_drive_that_only_says_that_it_erased_itself(disk: LoopDisk) -> None:
    """Its content is what it was: every sample is unchanged, every canary still there."""
    fill(disk)
    before = read_samples(disk.path, SIZE, "before")
    assert len(before["places"]) >= 1024
    places = [0, 4096 * 333, SIZE - 4096]
    for at in places:
        disk.put(at, canary_block(bytes.fromhex(KEY), at))
    canaries = {"marker_key": KEY, "bytes_each": 4096, "places": places, "errors": [], "written": True}
    found = validate(disk, mode="sampled", seed="x", expect="changed", canaries=canaries, samples_before=before)
    assert found["canaries_found"] == places
    assert len(found["unchanged"]) == 20
    fill(disk)
    found = validate(disk, mode="sampled", seed="x", expect="changed", canaries=canaries, samples_before=before)
    assert (found["canaries_found"], found["unchanged"], found["errors"]) == ([], [], [])
    assert (found["canaries_checked"], found["samples_checked"]) == (3, len(before["places"]))
    assert found["completed"]


def test_a_hundredth_that_was_not_erased_is_caught_by_its_samples(disk: LoopDisk) -> None:
    """As documented: with 1024 samples a hundredth, scattered, escapes once in 30 000 times; in one piece, never."""
    fill(disk)
    before = read_samples(disk.path, SIZE, "before")
    part = SIZE // 100 // 512 * 512
    with disk.file.open("rb") as stream:
        stream.seek(77 * MIB)
        old = stream.read(part)
    fill(disk)
    disk.put(77 * MIB, old)
    found = validate(disk, mode="sampled", seed="x", expect="changed", samples_before=before)
    assert found["unchanged"]
    assert all(77 * MIB <= place["offset"] < 77 * MIB + part for place in found["unchanged"])


def fill(disk: LoopDisk) -> None:
    with disk.file.open("r+b") as stream:
        for _ in range(SIZE // MIB):
            stream.write(os.urandom(MIB))
        stream.write(os.urandom(SIZE % MIB))
        stream.flush()
        os.fsync(stream.fileno())


def test_what_the_page_cache_says_is_not_believed(disk: LoopDisk) -> None:
    """Old content in the page cache, or new content that never reached the drive, makes no difference."""
    with open(disk.path, "rb") as stream:  # noqa: PTH123 - a device
        stream.read(8 * MIB)
    disk.put(4 * MIB, OLD)  # behind the device's back: the cache still says zeros
    found = validate(disk)
    assert found["nonzero"] == [{"offset": 4 * MIB}]


def test_the_drive_is_opened_to_read_only(disk: LoopDisk) -> None:
    subprocess.run(["blockdev", "--setro", disk.path], check=True)
    try:
        assert validate(disk)["completed"]
    finally:
        subprocess.run(["blockdev", "--setrw", disk.path], check=True)


@pytest.mark.skipif(not can_play_bad_drives(), reason="needs nbdkit and nbdfuse")
@pytest.mark.parametrize("mode", ["full", "sampled"])
def test_a_drive_that_stops_answering(tmp_path: Path, mode: str) -> None:
    drive = BadDrive(tmp_path, 24 * MIB)
    with drive as loop:
        assert validate(loop, 24 * MIB, mode=mode, seed="x")["errors"] == []
        drive.flags["pread"].touch()
        found = validate(loop, 24 * MIB, mode=mode, seed="x")
    assert found["errors"][0] == {"offset": 0, "error": "EIO"}
    assert not found["completed"]
    assert not found["first_lba_read"]
    assert "given up" in found["stopped"]
