"""Erasing real block devices: what is erased, and everything that must never be called so."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.agent.loops import LoopDisk, can_use_loops
from tests.integration.agent.played import PlayedPC, chassis, erase_plan

pytestmark = pytest.mark.skipif(not can_use_loops(), reason="needs root and loop devices")

MIB = 2**20
# Not a multiple of the writer's block: the last, partial block counts too.
SIZE = 37 * MIB + 512 * 3
SECRETS = {0: b"first", 4096 * 3 + 17: b"letter of a family", SIZE - 7: b"the end"}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[LoopDisk]:
    with LoopDisk(tmp_path / "disk.raw", SIZE) as disk:
        for offset, content in SECRETS.items():
            disk.put(offset, content)
        yield disk


@pytest.fixture
def pc(tmp_path: Path) -> PlayedPC:
    return PlayedPC(tmp_path / "pc")


def key_of(pc: PlayedPC, disk: LoopDisk, **facts: Any) -> dict[str, Any]:
    return pc.plug(disk.path, **facts) | {"size_bytes": disk.size}


def untouched(disk: LoopDisk) -> bool:
    content = disk.file.read_bytes()
    return all(content[offset : offset + len(data)] == data for offset, data in SECRETS.items())


def test_a_drive_is_erased_and_read_back(pc: PlayedPC, disk: LoopDisk) -> None:
    folder = pc.erase_job(key_of(pc, disk))
    result = pc.run_job(folder)
    assert (result["state"], result["error"]) == ("succeeded", "")
    assert result["result"]["outcome"] == "erased"
    assert disk.first_nonzero() is None
    evidence = result["result"]["evidence"]
    assert (evidence["schema"], evidence["technique"]) == ("recyclerie.evidence/2", "overwrite-zero")
    assert [(a["technique"], a["outcome"]) for a in evidence["attempts"]] == [("overwrite-zero", "completed")]
    assert evidence["writer"]["bytes_written"] == SIZE
    assert evidence["validator"]["bytes_read"] == evidence["validator"]["bytes_expected"] == SIZE
    assert evidence["validator"]["errors"] == evidence["writer"]["errors"] == []
    assert evidence["drive_before"]["serial"] == evidence["drive_after"]["serial"] == "S1TEST"
    assert (evidence["authorisation_id"], evidence["authorised_by"]) == (7, "u-1")
    assert evidence["size_bytes_reported"] == SIZE
    progress = json.loads((folder / "progress.json").read_text())
    assert (progress["phase"], progress["done"], progress["total"]) == ("validate", SIZE, SIZE)
    assert "wrote" in (folder / "log").read_text()


def test_a_job_with_a_result_is_not_run_again(pc: PlayedPC, disk: LoopDisk) -> None:
    folder = pc.erase_job(key_of(pc, disk))
    first = pc.run_job(folder)
    disk.put(100, b"written by the next system")
    assert pc.run_job(folder) == first
    assert disk.first_nonzero() == 100


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"serial": "S2OTHER"}, "serial"),
        ({"wwn": "0x5000c500ffffffff"}, "wwn"),
        ({"model": "TEST DISK 2"}, "model"),
        ({"size_bytes": SIZE + 512}, "size"),
    ],
)
def test_a_swapped_drive_is_not_written(pc: PlayedPC, disk: LoopDisk, change: dict[str, Any], said: str) -> None:
    key = key_of(pc, disk) | change
    result = pc.run_job(pc.erase_job(key))
    assert result["state"] == "failed"
    assert result["result"]["outcome"] == "not_erased"
    assert said in result["error"]
    assert "Nothing was written" in result["error"]
    assert untouched(disk)


def test_another_machine_is_not_written(pc: PlayedPC, disk: LoopDisk) -> None:
    folder = pc.erase_job(key_of(pc, disk), chassis=chassis(system_serial="PF0OTHER"))
    result = pc.run_job(folder)
    assert "system_serial" in result["error"]
    assert untouched(disk)


def test_two_drives_with_one_rubbish_identity_are_not_written(pc: PlayedPC, disk: LoopDisk, tmp_path: Path) -> None:
    with LoopDisk(tmp_path / "other.raw", SIZE) as other:
        key = key_of(pc, disk, serial="000000000000", wwn="0x5000c500a1b2c3d4")
        pc.plug(other.path, serial="000000000000", wwn="0x5000c500a1b2c3d4")
        result = pc.run_job(pc.erase_job(key))
        assert "2 times" in result["error"]
        key = key_of(pc, disk, serial="000000000000", wwn="")
        del pc.drives[other.path]
        pc.write()
        result = pc.run_job(pc.erase_job(key, "r1-erase-d2"))
        assert "neither a serial number nor a WWN" in result["error"]
    assert untouched(disk)


def test_a_mounted_drive_is_not_written(pc: PlayedPC, tmp_path: Path) -> None:
    file, where = tmp_path / "used.raw", tmp_path / "mnt"
    where.mkdir()
    with LoopDisk(file, 16 * MIB) as disk:
        subprocess.run(["mke2fs", "-q", "-t", "ext4", disk.path], check=True)
        subprocess.run(["mount", disk.path, where], check=True)
        try:
            (where / "letter").write_text("still here")
            result = pc.run_job(pc.erase_job(key_of(pc, disk)))
            assert f"mounted at {where}" in result["error"]
            assert (where / "letter").read_text() == "still here"
        finally:
            subprocess.run(["umount", where], check=True)
        subprocess.run(["e2fsck", "-fn", disk.path], check=True, capture_output=True)


def test_a_drive_that_something_else_holds_is_not_written(pc: PlayedPC, disk: LoopDisk) -> None:
    fd = os.open(disk.path, os.O_RDWR | os.O_EXCL)
    try:
        result = pc.run_job(pc.erase_job(key_of(pc, disk)))
    finally:
        os.close(fd)
    assert "something holds it" in result["error"]
    assert untouched(disk)


def test_a_read_only_drive_is_not_written(pc: PlayedPC, disk: LoopDisk) -> None:
    subprocess.run(["blockdev", "--setro", disk.path], check=True)
    try:
        result = pc.run_job(pc.erase_job(key_of(pc, disk)))
    finally:
        subprocess.run(["blockdev", "--setrw", disk.path], check=True)
    assert "read-only" in result["error"]
    assert untouched(disk)


def test_no_other_drive_exists_in_the_rig(pc: PlayedPC, disk: LoopDisk) -> None:
    key_of(pc, disk)
    done = subprocess.run(pc.command("inventory"), capture_output=True, text=True, env=pc.environment(), check=True)
    inventory = json.loads(done.stdout)
    assert [drive["path"] for drive in inventory["drives"]] == [disk.path]
    assert inventory["chassis"]["system_serial"] == "PF0ABCDE"


def test_sigterm_leaves_a_result_that_is_no_success(pc: PlayedPC, tmp_path: Path) -> None:
    with LoopDisk(tmp_path / "large.raw", 6 * 2**30) as disk:
        folder = pc.erase_job(key_of(pc, disk))
        process = subprocess.Popen(pc.command("job", str(folder)), env=pc.environment())
        progress = folder / "progress.json"
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if progress.exists() and json.loads(progress.read_text())["phase"] == "write":
                break
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 1
    result = json.loads((folder / "result.json").read_text())
    assert result["state"] == "failed"
    assert "SIGTERM" in result["error"]
    assert result["result"]["outcome"] == "not_erased"
    assert result["result"]["evidence"]["attempts"][0]["outcome"] == "stopped"


@pytest.mark.skipif(shutil.which("nwipe") is None, reason="needs nwipe (it is in the live image)")
def test_nwipe_as_the_writer(pc: PlayedPC, tmp_path: Path) -> None:
    with LoopDisk(tmp_path / "disk.raw", 64 * MIB) as disk:
        disk.put(1000, b"a letter")
        result = pc.run_job(pc.erase_job(key_of(pc, disk), plan=erase_plan(writer="nwipe")))
        assert (result["state"], result["error"]) == ("succeeded", "")
        assert result["result"]["evidence"]["writer"]["tool"] == "nwipe"
        assert disk.first_nonzero() is None
