"""The recheck job on real block devices: what a second reading lets pass, and what it catches."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.jobs.validate_marks import canary_block
from agent.jobs.validate_samples import read_samples
from tests.integration.agent.loops import LoopDisk, can_use_loops
from tests.integration.agent.played import PlayedPC, chassis

pytestmark = pytest.mark.skipif(not can_use_loops(), reason="needs root and loop devices")

MIB = 2**20
SIZE = 48 * MIB + 512 * 3
FULL = {"mode": "full", "share": 1.0, "slices": 1}
SAMPLED = {"mode": "sampled", "share": 0.1, "slices": 200}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[LoopDisk]:
    with LoopDisk(tmp_path / "disk.raw", SIZE) as disk:
        yield disk


@pytest.fixture
def pc(tmp_path: Path) -> PlayedPC:
    return PlayedPC(tmp_path / "pc")


def recheck(pc: PlayedPC, disk: LoopDisk, **more: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "kind": "recheck",
        "drive": pc.plug(disk.path) | {"size_bytes": disk.size},
        "asked_by": "user:2",
        "expect": "zeros",
        "validation": FULL,
        "canaries": None,
        "samples_before": None,
    }
    return pc.run_job(pc.job(f"r1-recheck-d1-{len(list(pc.jobs_dir.glob('*'))) + 1}", **(spec | more)))


@pytest.mark.parametrize("validation", [FULL, SAMPLED])
def test_an_erased_drive_passes(pc: PlayedPC, disk: LoopDisk, validation: dict[str, Any]) -> None:
    result = recheck(pc, disk, validation=validation)
    assert (result["state"], result["error"], result["kind"]) == ("succeeded", "", "recheck")
    found = result["result"]["validator"]
    assert (found["completed"], found["mode"], found["nonzero"]) == (True, validation["mode"], [])
    assert found["bytes_read"] == found["bytes_expected"] >= validation["share"] * SIZE
    assert found["first_lba_read"]
    assert found["last_lba_read"]


def test_nothing_is_written(pc: PlayedPC, disk: LoopDisk) -> None:
    disk.put(3 * MIB, b"content")
    before = hashlib.sha256(disk.file.read_bytes()).hexdigest()
    recheck(pc, disk)
    assert hashlib.sha256(disk.file.read_bytes()).hexdigest() == before


def test_a_drive_that_was_altered_is_caught(pc: PlayedPC, disk: LoopDisk) -> None:
    disk.put(7 * MIB + 3, b"put back")
    result = recheck(pc, disk)
    assert result["state"] == "failed"
    assert f"data at byte {7 * MIB + 3}" in result["error"]
    assert result["result"]["validator"]["nonzero"] == [{"offset": 7 * MIB + 3}]


def test_each_recheck_reads_other_places(pc: PlayedPC, disk: LoopDisk) -> None:
    seeds = {recheck(pc, disk, validation=SAMPLED)["result"]["validator"]["seed"] for _ in range(2)}
    assert len(seeds) == 2
    assert all(len(seed) == 32 for seed in seeds)


def test_what_a_firmware_erase_promised(pc: PlayedPC, disk: LoopDisk) -> None:
    with disk.file.open("r+b") as stream:
        stream.write(os.urandom(SIZE))
    before = read_samples(disk.path, SIZE, "before", 100)
    key, places = "5a" * 32, [0, 4096 * 100, SIZE - 4096]
    canaries = {"marker_key": key, "bytes_each": 4096, "places": places, "errors": [], "written": True}
    with disk.file.open("r+b") as stream:
        stream.write(os.urandom(SIZE))
    order = {"expect": "changed", "validation": SAMPLED, "canaries": canaries, "samples_before": before}
    assert recheck(pc, disk, **order)["state"] == "succeeded"
    disk.put(4096 * 100, canary_block(bytes.fromhex(key), 4096 * 100))
    result = recheck(pc, disk, **order)
    assert "a marker of before the erase" in result["error"]
    assert result["result"]["validator"]["canaries_found"] == [4096 * 100]


@pytest.mark.parametrize("change", [{"serial": "S2OTHER"}, {"wwn": "0x5000c500ffffffff"}, {"size_bytes": SIZE + 512}])
def test_another_drive_is_not_read(pc: PlayedPC, disk: LoopDisk, change: dict[str, Any]) -> None:
    key = pc.plug(disk.path) | {"size_bytes": disk.size} | change
    result = recheck(pc, disk, drive=key)
    assert (result["state"], result["result"]["validator"]) == ("failed", {})
    assert "was not read again" in result["error"]


def test_another_machine_is_not_read(pc: PlayedPC, disk: LoopDisk) -> None:
    result = recheck(pc, disk, chassis=chassis(system_serial="PF0OTHER"))
    assert "system_serial" in result["error"]
    assert result["result"]["validator"] == {}


@pytest.mark.parametrize("more", [{"expect": "ones"}, {"validation": {"mode": "some"}}, {"canaries": {"places": [1]}}])
def test_an_order_that_is_none(pc: PlayedPC, disk: LoopDisk, more: dict[str, Any]) -> None:
    result = recheck(pc, disk, **more)
    assert result["state"] == "failed"
    assert "can't carry out" in result["error"]
