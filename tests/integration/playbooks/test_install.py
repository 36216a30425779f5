"""install.yml: the unit starts; nothing of the spec's secrets is left anywhere but in the spec."""

from __future__ import annotations

import pytest

from agent.protocol import InstallSpec
from tests.integration.playbooks.playing import play
from tests.integration.playbooks.specs import drive_key, wait_result
from tests.rig import Bench, RigPC
from tests.rig.fixtures import MakePC

pytestmark = pytest.mark.rig
MIB = 1024**2
TOKEN, HASH = "tok-5up3r-s3cr3t", "$6$salt$h4sh-of-a-passw0rd"


@pytest.fixture
def pc(make_pc: MakePC, bench: Bench) -> RigPC:
    """A running PC with two empty disks; the system goes to the first."""
    pc = make_pc(disks=[bench.disk(96 * MIB, serial="RIG-A"), bench.disk(64 * MIB, serial="RIG-B")])
    pc.power_on()
    pc.wait_ssh()
    return pc


def install_spec(pc: RigPC, job_id: str) -> InstallSpec:
    """An install on the first disk; its controller doesn't exist."""
    url = f"https://{pc.bench.address}:8443"
    return {
        "job_id": job_id,
        "kind": "install",
        "chassis": dict(pc.chassis),  # type: ignore[typeddict-item]
        "drive": drive_key(pc.disks[0]),
        "zeroed": True,
        "profile": "mini",
        "controller_url": url,
        "manifest_path": "/api/agent/images/mini/manifest.json",
        "manifest_sha256": "0" * 64,
        "machine": {
            "hostname": "r-000123",
            "tag": "R-000123",
            "timezone": "Europe/Paris",
            "locale": "fr_FR.UTF-8",
            "keyboard": "fr",
            "user": {"name": "famille", "full_name": "Famille", "password_hash": HASH},
        },
        "resident": {
            "controller_url": url,
            "ca_pem": "",
            "token": TOKEN,
            "authorized_keys": [pc.bench.public_key],
            "machine_id": 12,
        },
    }


def test_the_secrets_are_in_the_spec_and_nowhere_else(pc: RigPC) -> None:
    played = play(pc, "install.yml", {"install_job": install_spec(pc, "run1-install")})
    assert played.status == "successful", played.error
    assert played.data["started"] == ["run1-install"]
    assert TOKEN in pc.ssh("cat /run/recyclerie/jobs/run1-install/spec.json")
    result = wait_result(pc, "run1-install")
    assert result["state"] == "failed", "there is no controller to fetch the image from"
    for secret in (TOKEN, HASH):
        assert secret not in played.everything
        assert secret not in pc.ssh("journalctl --no-pager -o verbose")
        found = pc.ssh(f"grep -rlF -e '{secret}' /run /tmp /var /root /etc --exclude=spec.json 2>/dev/null || true")
        assert found == ""


def test_the_reason_is_told_although_the_task_is_silent(pc: RigPC) -> None:
    spec = install_spec(pc, "run2-install")
    pc.ssh("echo gone > /run/recyclerie/jobs || rm -rf /run/recyclerie/jobs; echo gone > /run/recyclerie/jobs; true")
    played = play(pc, "install.yml", {"install_job": spec})
    assert played.status == "failed"
    assert "the output has been hidden" not in played.error
    assert "/run/recyclerie/jobs" in played.error
    assert TOKEN not in played.everything


def test_a_renewed_token_does_not_start_the_install_again(pc: RigPC) -> None:
    """The controller makes a new token when it repeats the step: still the same job."""
    spec = install_spec(pc, "run3-install")
    assert play(pc, "install.yml", {"install_job": spec}).changed == 1
    spec["resident"]["token"] = "another-token"
    again = play(pc, "install.yml", {"install_job": spec})
    assert (again.status, again.changed) == ("successful", 0), again.error


def test_a_swapped_drive_stops_the_install(pc: RigPC, bench: Bench) -> None:
    spec = install_spec(pc, "run4-install")
    pc.disks[0].facts = bench.disk(96 * MIB, serial="RIG-SWAPPED").facts
    pc.tell_agent()
    played = play(pc, "install.yml", {"install_job": spec})
    assert played.status == "failed"
    assert "S/N RIG-A" in played.error
    assert "S/N RIG-SWAPPED" in played.error
