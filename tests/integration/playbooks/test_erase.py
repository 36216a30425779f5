"""erase.yml: real units on a PC of the rig, the disks read on the host."""

from __future__ import annotations

import json

import pytest

from tests.integration.playbooks.playing import play
from tests.integration.playbooks.specs import erase_spec, wait_result
from tests.rig import Bench, RigPC
from tests.rig.fixtures import MakePC

pytestmark = pytest.mark.rig
MIB = 1024**2
PHOTOGRAPHS = b"a family's photographs" * 1000


@pytest.fixture
def pc(make_pc: MakePC, bench: Bench) -> RigPC:
    """A running PC with two disks full of somebody's data."""
    disks = [bench.disk(96 * MIB, serial="RIG-A", wwn="0x5000c500a1b2c3d4"), bench.disk(64 * MIB, serial="RIG-B")]
    for disk in disks:
        for offset in (0, 20 * MIB + 4096, disk.size_bytes - len(PHOTOGRAPHS)):
            disk.put(offset, PHOTOGRAPHS)
    pc = make_pc(disks=disks)
    pc.power_on()
    pc.wait_ssh()
    return pc


def jobs_on(pc: RigPC) -> list[str]:
    """Ids of the jobs on the machine."""
    return pc.ssh("ls /run/recyclerie/jobs 2>/dev/null || true").split()


def test_two_drives_are_erased_at_once(pc: RigPC) -> None:
    jobs = [erase_spec(pc, disk, f"run1-erase-{number}") for number, disk in enumerate(pc.disks)]
    played = play(pc, "erase.yml", {"erase_jobs": jobs})
    assert played.status == "successful", played.error
    assert played.data["started"] == ["run1-erase-0", "run1-erase-1"]
    results = [wait_result(pc, job["job_id"]) for job in jobs]
    for disk, result in zip(pc.disks, results, strict=True):
        assert result["state"] == "succeeded", result
        assert result["result"]["outcome"] == "erased"
        assert disk.first_nonzero() is None
    first, second = ((result["started_at"], result["ended_at"]) for result in results)
    assert first[0] <= second[1], "they ran at the same time"
    assert second[0] <= first[1], "they ran at the same time"
    mode = pc.ssh("stat -c %a /run/recyclerie/jobs/run1-erase-0 /run/recyclerie/jobs/run1-erase-0/spec.json")
    assert mode.split() == ["700", "600"]


def test_a_repeated_play_starts_nothing_twice(pc: RigPC) -> None:
    jobs = [erase_spec(pc, disk, f"run2-erase-{number}") for number, disk in enumerate(pc.disks)]
    assert play(pc, "erase.yml", {"erase_jobs": jobs}).changed == 1
    again = play(pc, "erase.yml", {"erase_jobs": jobs})
    assert (again.status, again.changed) == ("successful", 0), again.error
    assert again.data["started"] == ["run2-erase-0", "run2-erase-1"]
    before = [wait_result(pc, job["job_id"]) for job in jobs]
    last = play(pc, "erase.yml", {"erase_jobs": jobs})
    assert last.changed == 0
    assert set(last.data["states"].values()) == {"finished"}
    assert [wait_result(pc, job["job_id"]) for job in jobs] == before


def test_a_swapped_drive_stops_everything_before_it_starts(pc: RigPC, bench: Bench) -> None:
    jobs = [erase_spec(pc, disk, f"run3-erase-{number}") for number, disk in enumerate(pc.disks)]
    pc.disks[1].facts = bench.disk(64 * MIB, serial="RIG-SWAPPED", model="Somebody's disk").facts
    pc.tell_agent()
    played = play(pc, "erase.yml", {"erase_jobs": jobs})
    assert played.status == "failed"
    assert "Nothing was started" in played.error
    assert "S/N RIG-B" in played.error, "what was expected"
    assert "S/N RIG-SWAPPED (Somebody's disk" in played.error, "what was found"
    assert "authorise anew" in played.error, "what to do next"
    assert jobs_on(pc) == []
    assert pc.disks[0].get(0, len(PHOTOGRAPHS)) == PHOTOGRAPHS


def test_another_chassis_stops_everything_before_it_starts(pc: RigPC) -> None:
    jobs = [erase_spec(pc, disk, f"run4-erase-{number}") for number, disk in enumerate(pc.disks)]
    pc.chassis = pc.chassis | {"system_serial": "ANOTHER-PC"}
    pc.tell_agent()
    played = play(pc, "erase.yml", {"erase_jobs": jobs})
    assert played.status == "failed"
    assert "system serial number is ANOTHER-PC" in played.error
    assert jobs_on(pc) == []


def test_a_drive_nobody_authorised_stops_everything(pc: RigPC) -> None:
    played = play(pc, "erase.yml", {"erase_jobs": [erase_spec(pc, pc.disks[0], "run5-erase-0")]})
    assert played.status == "failed"
    assert "S/N RIG-B" in played.error
    assert "was not authorised" in played.error
    assert jobs_on(pc) == []


def test_a_mounted_drive_is_refused(pc: RigPC) -> None:
    jobs = [erase_spec(pc, disk, f"run6-erase-{number}") for number, disk in enumerate(pc.disks)]
    pc.ssh(f"mkfs.ext4 -q -F {pc.disks[1].node} && mount {pc.disks[1].node} /mnt")
    played = play(pc, "erase.yml", {"erase_jobs": jobs})
    assert played.status == "failed"
    assert "S/N RIG-B" in played.error
    assert "in use" in played.error
    assert jobs_on(pc) == []
    pc.ssh("umount /mnt")


def test_a_disk_with_write_errors_is_never_erased(make_pc: MakePC, bench: Bench) -> None:
    disk = bench.disk(32 * MIB, serial="RIG-BAD", faulty=True)
    disk.put(MIB, PHOTOGRAPHS)
    pc = make_pc(disks=[disk])
    pc.power_on()
    pc.wait_ssh()
    assert disk.faults
    disk.faults.fail(writes=True)
    played = play(pc, "erase.yml", {"erase_jobs": [erase_spec(pc, disk, "run7-erase-0")]})
    assert played.status == "successful", played.error
    result = wait_result(pc, "run7-erase-0")
    assert result["state"] == "failed"
    assert result["result"]["outcome"] != "erased"
    assert "RIG-BAD" in result["error"]


def test_a_job_that_was_only_written_down_is_started(pc: RigPC) -> None:
    """A play killed between the spec and the unit leaves a folder: the next play starts that job."""
    job = erase_spec(pc, pc.disks[0], "run8-erase-0")
    other = erase_spec(pc, pc.disks[1], "run8-erase-1")
    pc.ssh("mkdir -p /run/recyclerie/jobs/run8-erase-0 && echo '{' > /run/recyclerie/jobs/run8-erase-0/spec.json")
    played = play(pc, "erase.yml", {"erase_jobs": [job, other]})
    assert played.status == "successful", played.error
    assert played.data["states"] == {"run8-erase-0": "started", "run8-erase-1": "started"}
    assert wait_result(pc, "run8-erase-0")["state"] == "succeeded"


def test_a_killed_job_is_lost_and_not_started_again(pc: RigPC) -> None:
    jobs = [erase_spec(pc, disk, f"run9-erase-{number}") for number, disk in enumerate(pc.disks)]
    folder = "/run/recyclerie/jobs/run9-erase-0"
    pc.ssh(f"mkdir -p {folder} && echo '{{}}' > {folder}/progress.json")
    jobs[0]["plan"]["writer"] = "direct"
    pc.ssh(f"cat > {folder}/spec.json <<'END'\n{json.dumps(jobs[0])}\nEND")
    pc.ssh("systemctl stop recyclerie-agent || true")  # it would write down, after a while, that the job is lost
    played = play(pc, "erase.yml", {"erase_jobs": jobs})
    assert played.status == "successful", played.error
    assert played.data["states"] == {"run9-erase-0": "lost", "run9-erase-1": "started"}


def test_a_job_id_of_another_drive_is_refused(pc: RigPC) -> None:
    jobs = [erase_spec(pc, disk, f"run10-erase-{number}") for number, disk in enumerate(pc.disks)]
    assert play(pc, "erase.yml", {"erase_jobs": jobs}).status == "successful"
    jobs[0]["job_id"], jobs[1]["job_id"] = jobs[1]["job_id"], jobs[0]["job_id"]
    played = play(pc, "erase.yml", {"erase_jobs": jobs})
    assert played.status == "failed"
    assert "another drive" in played.error
