"""recheck.yml: an erased disk of a rig PC is read again by a unit of its own, and only read."""

from __future__ import annotations

from typing import Any

import pytest

from agent.protocol import RecheckSpec
from tests.integration.playbooks.playing import play
from tests.integration.playbooks.specs import drive_key, wait_result
from tests.rig import Bench, RigDisk, RigPC
from tests.rig.fixtures import MakePC

pytestmark = pytest.mark.rig
MIB = 1024**2


@pytest.fixture
def pc(make_pc: MakePC, bench: Bench) -> RigPC:
    """A running PC with two disks of zeros."""
    pc = make_pc(disks=[bench.disk(64 * MIB, serial="RIG-A"), bench.disk(64 * MIB, serial="RIG-B")])
    pc.power_on()
    pc.wait_ssh()
    return pc


def recheck_spec(pc: RigPC, disk: RigDisk, job_id: str, **more: Any) -> RecheckSpec:
    return {
        "job_id": job_id,
        "kind": "recheck",
        "chassis": dict(pc.chassis),
        "drive": drive_key(disk),
        "asked_by": "user:2",
        "expect": "zeros",
        "validation": {"mode": "full", "share": 1.0, "slices": 1},
        "canaries": None,
        "samples_before": None,
        **more,  # type: ignore[typeddict-item]
    }


def test_one_of_two_drives_is_read_again(pc: RigPC) -> None:
    """The other drive was not drawn: it is no reason to stop."""
    jobs = {"recheck_jobs": [recheck_spec(pc, pc.disks[0], "run1-recheck-d1-1")]}
    played = play(pc, "recheck.yml", jobs)
    assert (played.status, played.changed) == ("successful", 1), played.error
    assert played.data["started"] == ["run1-recheck-d1-1"]
    result = wait_result(pc, "run1-recheck-d1-1")
    assert (result["state"], result["kind"]) == ("succeeded", "recheck")
    assert result["result"]["validator"]["bytes_read"] == 64 * MIB
    again = play(pc, "recheck.yml", jobs)
    assert (again.status, again.changed) == ("successful", 0), again.error


def test_an_altered_drive_is_told(pc: RigPC) -> None:
    pc.disks[1].put(5 * MIB, b"somebody put this back")
    played = play(pc, "recheck.yml", {"recheck_jobs": [recheck_spec(pc, pc.disks[1], "run2-recheck-d2-1")]})
    assert played.status == "successful", played.error
    result = wait_result(pc, "run2-recheck-d2-1")
    assert result["state"] == "failed"
    assert result["result"]["validator"]["nonzero"][0] == {"offset": 5 * MIB}
    assert pc.disks[1].get(5 * MIB, 8) == b"somebody"  # read, never written


def test_another_drive_stops_it_before_it_starts(pc: RigPC, bench: Bench) -> None:
    spec = recheck_spec(pc, pc.disks[0], "run3-recheck-d1-1")
    pc.disks[0].facts = bench.disk(64 * MIB, serial="RIG-SWAPPED").facts
    pc.tell_agent()
    played = play(pc, "recheck.yml", {"recheck_jobs": [spec]})
    assert played.status == "failed"
    assert "S/N RIG-A" in played.error
    assert "S/N RIG-SWAPPED" in played.error
