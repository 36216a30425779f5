"""The validator on plain files: what it must find, and what it must never call read."""

from __future__ import annotations

import ast
import errno
import hashlib
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from agent.jobs import validate_device, validate_marks, validate_places, validate_read, validate_samples
from agent.jobs.validate_marks import canary_block
from agent.jobs.validate_read import READ_BYTES, Validator
from agent.jobs.validate_samples import read_samples

MIB = 2**20
SIZE = 9 * MIB + 512
KEY = "00ff" * 16
OWN = (validate_read, validate_places, validate_marks, validate_device, validate_samples)


@pytest.fixture
def zeros(tmp_path: Path) -> Path:
    path = tmp_path / "drive"
    path.write_bytes(bytes(SIZE))
    return path


@pytest.fixture
def random(tmp_path: Path) -> Path:
    path = tmp_path / "drive"
    path.write_bytes(os.urandom(SIZE))
    return path


def put(path: Path, at: int, content: bytes) -> None:
    with path.open("r+b") as stream:
        stream.seek(at)
        stream.write(content)


def validate(path: Path, size: int = SIZE, **more: Any) -> dict[str, Any]:
    return Validator(str(path), size, **({"expected_number": "0:0"} | more)).run()


def sampled(path: Path, **more: Any) -> dict[str, Any]:
    options: dict[str, Any] = {"mode": "sampled", "share": 0.1, "slices": 50, "seed": "s"}
    return validate(path, **(options | more))


def canaries(*places: int) -> dict[str, Any]:
    return {"marker_key": KEY, "bytes_each": 4096, "places": list(places), "errors": [], "written": True}


@pytest.mark.parametrize("module", OWN, ids=lambda m: m.__name__)
def test_it_shares_no_code_with_anything(module: Any) -> None:
    """Only the standard library and one another: nothing of ours, so nothing of an eraser's."""
    tree = ast.parse(Path(module.__file__).read_text())
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    own = [name for name in names if name.startswith("agent")]
    assert not [name for name in own if not name.startswith("agent.jobs.validate_")]
    assert {name.split(".")[0] for name in names} - {"agent"} <= set(sys.stdlib_module_names)


def test_zeros_to_the_last_byte(zeros: Path) -> None:
    found = validate(zeros)
    assert (found["completed"], found["stopped"]) == (True, "")
    assert (found["bytes_read"], found["bytes_expected"], found["nonzero"], found["errors"]) == (SIZE, SIZE, [], [])
    assert (found["mode"], found["expect"], found["share"], found["places"]) == ("full", "zeros", 1.0, 1)
    assert found["first_lba_read"]
    assert found["last_lba_read"]
    assert found["caches_dropped"]
    assert found["started_at"]
    assert found["ended_at"]


@pytest.mark.parametrize("at", [0, 1, 511, 4 * MIB - 1, 4 * MIB, 8 * MIB, SIZE - 1])
def test_one_byte_is_found_wherever_it_is(zeros: Path, at: int) -> None:
    put(zeros, at, b"\x01")
    found = validate(zeros)
    assert found["nonzero"] == [{"offset": at}]
    assert found["nonzero_reads"] == 1


def test_findings_are_bounded_but_counted(random: Path) -> None:
    put(random, 0, b"\x5a" * SIZE)
    found = validate(random)
    assert len(found["nonzero"]) == 20
    assert found["nonzero"][:2] == [{"offset": 0}, {"offset": 512}]
    assert found["nonzero_reads"] == 3
    assert found["bytes_read"] == SIZE


def test_another_size_or_device_is_not_validated(zeros: Path) -> None:
    found = validate(zeros, SIZE - 512)
    assert not found["completed"]
    assert "another device" in found["stopped"]
    assert "another device" in validate(zeros, expected_number="8:0")["stopped"]
    assert "can't be opened" in validate(Path(str(zeros) + "gone"))["stopped"]


def test_a_read_that_transfers_nothing_is_not_zeros(zeros: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "preadv", lambda _fd, buffers, _offset: len(buffers[0]))
    assert validate(zeros)["nonzero_reads"] == 3


def test_short_reads_are_continued(zeros: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.preadv
    monkeypatch.setattr(os, "preadv", lambda fd, buffers, at: real(fd, [buffers[0][:65000]], at))
    put(zeros, 70000, b"x")
    found = validate(zeros)
    assert (found["bytes_read"], found["nonzero"], found["errors"]) == (SIZE, [{"offset": 70000}], [])


def failing_at(monkeypatch: pytest.MonkeyPatch, *bad: int, number: int = errno.EIO) -> None:
    real = os.preadv

    def failing(fd: int, buffers: list[memoryview], offset: int) -> int:
        if any(offset <= place < offset + len(buffers[0]) for place in bad):
            raise OSError(number, "bad sector")
        return real(fd, buffers, offset)

    monkeypatch.setattr(os, "preadv", failing)


def test_bad_sectors_are_told_and_the_rest_is_read(zeros: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing_at(monkeypatch, 5 * MIB + 5000, SIZE - 1)
    put(zeros, 5 * MIB, b"x")
    found = validate(zeros)
    assert found["errors"] == [{"offset": 5 * MIB + 4096, "error": "EIO"}, {"offset": 9 * MIB, "error": "EIO"}]
    assert found["nonzero"] == [{"offset": 5 * MIB}]
    assert found["completed"]
    assert found["bytes_read"] == SIZE - 4096 - 512
    assert (found["first_lba_read"], found["last_lba_read"]) == (True, False)


def test_a_dead_drive_is_given_up_soon(zeros: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing_at(monkeypatch, *range(0, SIZE, 512))
    found = validate(zeros)
    assert (found["completed"], found["bytes_read"], len(found["errors"])) == (False, 0, 24)
    assert "given up after 24" in found["stopped"]
    assert not found["first_lba_read"]


def test_a_slow_death_is_given_up_by_time(zeros: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]

    def failing(fd: int, buffers: list[memoryview], offset: int) -> int:
        clock[0] += 30.0
        raise OSError(errno.EIO, "slow")

    monkeypatch.setattr(os, "preadv", failing)
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    found = validate(zeros)
    assert "failing reads" in found["stopped"]
    assert clock[0] <= 180


def test_a_drive_that_vanishes_ends_it(zeros: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing_at(monkeypatch, 6 * MIB, number=errno.ENODEV)
    found = validate(zeros)
    assert found["stopped"] == "the drive is gone"
    assert len(found["errors"]) == 1


def test_stopping(zeros: Path) -> None:
    cases: tuple[dict[str, Any], ...] = ({}, {"mode": "sampled", "seed": "s"})
    for more in cases:
        found = validate(zeros, stopping=lambda: True, **more)
        assert (found["completed"], found["stopped"]) == (False, "stopped from outside")


def test_progress_goes_to_what_was_planned(zeros: Path) -> None:
    cases: tuple[dict[str, Any], ...] = ({}, {"mode": "sampled", "seed": "s", "slices": 10})
    for more in cases:
        said: list[int] = []
        found = validate(zeros, advance=said.append, **more)
        assert said == sorted(said)
        assert said[-1] == found["bytes_expected"] == found["bytes_read"]


# -- sampled ---------------------------------------------------------------------------------------------------------


def test_a_sampled_reading_reads_its_places(zeros: Path) -> None:
    found = sampled(zeros)
    assert (found["completed"], found["errors"], found["nonzero"]) == (True, [], [])
    assert 0.1 * SIZE <= found["bytes_read"] == found["bytes_expected"] < 0.2 * SIZE
    assert found["first_lba_read"]
    assert found["last_lba_read"]
    assert (found["mode"], found["share"], found["slices"], found["seed"]) == ("sampled", 0.1, 50, "s")
    assert found["places"] > 50


@pytest.mark.parametrize("at", [0, SIZE - 1])
def test_the_first_and_the_last_sector_are_always_read(zeros: Path, at: int) -> None:
    put(zeros, at, b"\x01")
    for seed in "abc":
        assert sampled(zeros, seed=seed)["nonzero"] == [{"offset": at}]


def test_old_data_in_one_sector_is_found_with_the_share_s_probability(tmp_path: Path) -> None:
    """64 MiB, one sector of old data, 400 seeds: found as often as the share of the drive that is read."""
    size = 64 * MIB
    path = tmp_path / "large"
    with path.open("wb") as stream:
        stream.truncate(size)
    put(path, 23 * MIB + 1024, b"a letter")
    found = [sampled_hit(size, str(seed), 23 * MIB + 1024) for seed in range(400)]
    assert 0.06 < sum(found) / len(found) < 0.16
    # And where the plan says that it is read, the validator does see it.
    hit, missed = found.index(True), found.index(False)
    assert validate(path, size, mode="sampled", slices=1000, seed=str(hit))["nonzero"] == [{"offset": 23 * MIB + 1024}]
    assert validate(path, size, mode="sampled", slices=1000, seed=str(missed))["nonzero"] == []


def sampled_hit(size: int, seed: str, at: int) -> bool:
    return any(start <= at < start + length for start, length in validate_places.plan_places(size, 0.1, 1000, seed))


def test_a_slice_that_was_not_erased_is_always_found(zeros: Path) -> None:
    put(zeros, 4 * MIB, os.urandom(SIZE // 50))
    for seed in "abcdef":
        assert sampled(zeros, seed=seed)["nonzero_reads"] > 0


# -- canaries and samples --------------------------------------------------------------------------------------------


def test_the_rule_of_canaries() -> None:
    block = canary_block(bytes.fromhex(KEY), 8192)
    assert len(block) == 4096
    assert block[:32] == hashlib.sha256(bytes.fromhex(KEY) + b"|8192|0").digest()
    assert block[-32:] == hashlib.sha256(bytes.fromhex(KEY) + b"|8192|127").digest()


@pytest.mark.parametrize("mode", ["full", "sampled"])
def test_canaries_that_are_gone(random: Path, mode: str) -> None:
    found = sampled(random, mode=mode, expect="changed", canaries=canaries(0, 8192, SIZE - 4096))
    assert (found["canaries_found"], found["canaries_checked"], found["canaries_expected"]) == ([], 3, 3)
    assert (found["completed"], found["nonzero"], found["nonzero_reads"]) == (True, [], 0)


@pytest.mark.parametrize("mode", ["full", "sampled"])
@pytest.mark.parametrize("part", [slice(0, 4096), slice(3584, 4096), slice(512, 1024)])
def test_a_canary_is_found_whole_or_in_one_sector(random: Path, mode: str, part: slice) -> None:
    put(random, 4 * MIB - 1024 + part.start, canary_block(bytes.fromhex(KEY), 4 * MIB - 1024)[part])
    found = sampled(random, mode=mode, expect="changed", canaries=canaries(0, 4 * MIB - 1024, SIZE - 4096))
    assert (found["canaries_found"], found["canaries_checked"]) == ([4 * MIB - 1024], 3)


def test_canaries_are_looked_for_among_zeros_too(zeros: Path) -> None:
    put(zeros, 8192, canary_block(bytes.fromhex(KEY), 8192))
    found = validate(zeros, canaries=canaries(0, 8192))
    assert found["canaries_found"] == [8192]
    assert found["nonzero"]


def test_a_canary_that_can_not_be_read_is_not_checked(random: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing_at(monkeypatch, 8192 + 600)
    found = sampled(random, expect="changed", seed="t", canaries=canaries(0, 8192))
    assert found["canaries_checked"] == 1
    assert {"offset": 8192, "error": "EIO"} in found["errors"]


def test_samples_that_changed(random: Path) -> None:
    before = read_samples(str(random), SIZE, "seed", 40)
    put(random, 0, os.urandom(SIZE))
    found = sampled(random, expect="changed", samples_before=before)
    assert (found["unchanged"], found["completed"]) == ([], True)
    assert found["samples_checked"] == found["samples_expected"] == len(before["places"]) >= 40


def test_samples_that_did_not_change_are_found(random: Path) -> None:
    before = read_samples(str(random), SIZE, "seed", 40)
    kept = before["places"][17]["offset"]
    old = random.read_bytes()[kept : kept + 4096]
    put(random, 0, os.urandom(SIZE))
    put(random, kept, old)
    assert sampled(random, expect="changed", samples_before=before)["unchanged"] == [{"offset": kept}]


def test_a_drive_that_did_nothing_at_all(random: Path) -> None:
    before = read_samples(str(random), SIZE, "seed", 40)
    found = sampled(random, expect="changed", samples_before=before)
    assert len(found["unchanged"]) == 20  # bounded
    assert found["completed"]


def test_uniform_blocks_say_nothing(zeros: Path) -> None:
    put(zeros, 0, b"\xff" * MIB)
    before = read_samples(str(zeros), SIZE, "seed", 40)
    assert all(place["uniform"] for place in before["places"])
    found = sampled(zeros, expect="changed", samples_before=before)
    assert (found["unchanged"], found["samples_checked"], found["samples_expected"]) == ([], 0, 0)


def test_samples_hold_hashes_and_errors_never_content(random: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = random.read_bytes()
    failing_at(monkeypatch, 0)
    before = read_samples(str(random), SIZE, "seed", 40)
    assert before["errors"] == [{"offset": 0, "error": "EIO"}]
    for place in before["places"]:
        at = place["offset"]
        assert place["sha256"] == hashlib.sha256(content[at : at + 4096]).hexdigest()
        assert set(place) == {"offset", "sha256", "uniform"}
    assert read_samples(str(random) + "gone", SIZE, "seed")["errors"] == [{"offset": 0, "error": "ENOENT"}]


def test_samples_of_a_dead_drive_end_soon(random: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing_at(monkeypatch, *range(0, SIZE, 512))
    assert len(read_samples(str(random), SIZE, "seed")["errors"]) == 24


@pytest.mark.parametrize(
    "more",
    [
        {"mode": "quick"},
        {"expect": "ones"},
        {"mode": "sampled"},
        {"mode": "sampled", "seed": "s", "share": 0.0},
        {"canaries": {"places": [0]}},
        {"canaries": {"marker_key": "", "places": [0]}},
        {"canaries": {"marker_key": "zz", "places": [0]}},
        {"canaries": canaries(100)},
        {"canaries": canaries(SIZE)},
        {"canaries": canaries(0) | {"bytes_each": 512}},
        {"samples_before": {"places": [{"offset": 0}]}},
        {"samples_before": {"places": [{"offset": "0", "sha256": "", "uniform": False}]}},
    ],
)
def test_orders_that_can_not_be_carried_out(zeros: Path, more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        validate(zeros, **more)


def test_the_buffers_are_two_and_small() -> None:
    """Memory stays a few MiB whatever the drive's size."""
    assert READ_BYTES == 4 * MIB
