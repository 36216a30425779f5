"""test.yml: the unit that tries a rig PC's parts is started once, on the machine that was inspected and on no other."""

from __future__ import annotations

import pytest

from agent.protocol_tests import HardwareTestSpec
from tests.integration.playbooks.playing import play
from tests.integration.playbooks.specs import wait_result
from tests.rig import Bench, RigPC
from tests.rig.fixtures import MakePC

pytestmark = pytest.mark.rig
MIB = 1024**2
SECRET = b"nothing is written by tests"


@pytest.fixture
def pc(make_pc: MakePC, bench: Bench) -> RigPC:
    """A running PC with a disk that holds something."""
    pc = make_pc(disks=[bench.disk(64 * MIB, serial="RIG-A")])
    pc.disks[0].put(20 * MIB, SECRET)
    pc.power_on()
    pc.wait_ssh()
    return pc


def spec(pc: RigPC, job_id: str) -> HardwareTestSpec:
    return {
        "job_id": job_id,
        "kind": "test",
        "chassis": dict(pc.chassis),  # type: ignore[typeddict-item]
        "tests": ["drive-surface", "clock"],
        "options": {"surface_seconds": 1},
    }


def test_started_once_and_only_read(pc: RigPC) -> None:
    jobs = {"test_jobs": [spec(pc, "run1-test-all-1")]}
    played = play(pc, "test.yml", jobs)
    assert (played.status, played.changed) == ("successful", 1), played.error
    assert played.data["started"] == ["run1-test-all-1"]
    result = wait_result(pc, "run1-test-all-1")
    assert (result["state"], result["kind"], result["error"]) == ("succeeded", "test", "")
    surface = next(r for r in result["result"]["results"] if r["name"] == "drive-surface")
    assert (surface["target"], surface["outcome"]) == ("RIG-A", "pass")
    assert pc.disks[0].get(20 * MIB, len(SECRET)) == SECRET
    again = play(pc, "test.yml", jobs)
    assert (again.status, again.changed) == ("successful", 0), again.error


def test_another_machine_is_not_tested(pc: RigPC) -> None:
    pc.chassis = pc.chassis | {"system_serial": "ANOTHER"}  # what was inspected
    played = play(pc, "test.yml", {"test_jobs": [spec(pc, "run2-test-all-1")]})
    assert played.status == "failed"
    assert "another machine" in played.error
    assert "ANOTHER" in played.error
