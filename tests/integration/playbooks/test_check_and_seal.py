"""check.yml and seal.yml on the installed mini system, booted from the PC's own disk."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.playbooks.playing import play
from tests.rig import Bench, RigError, RigPC
from tests.rig.fixtures import MakePC
from tests.rig.osimage import image_folder, personalise, write_image
from tests.rig.site import REPOSITORY

pytestmark = pytest.mark.rig
GIB = 1024**3


@pytest.fixture
def installed(make_pc: MakePC, bench: Bench, tmp_path: Path) -> RigPC:
    """A PC that runs the mini system from its disk; its controller is away."""
    if not image_folder("mini").joinpath("manifest.json").exists():
        pytest.skip("no mini image: build it with `recyclerie image build os mini`")
    disk = bench.disk(3 * GIB, serial="RIG-INSTALLED")
    write_image(disk, "mini")
    settings = {"mode": "resident", "controller_url": f"https://{bench.address}:8443", "ca_file": "/etc/recyclerie/ca"}
    personalise(disk, tmp_path / "root", public_key=bench.public_key, settings=settings, user="famille")
    pc = make_pc(disks=[disk])
    pc.boot_from_disk()
    pc.wait_ssh(60)
    return pc


def impatient(profile: str) -> list[dict[str, Any]]:
    """The profile's own checks, but for the patience with an agent whose controller is away."""
    path = REPOSITORY / "inventory" / "group_vars" / f"profile_{profile}.yml"
    checks: list[dict[str, Any]] = yaml.safe_load(path.read_text())["profile_checks"]
    return [check | {"wait_seconds": 1} if check["kind"] == "agent" else check for check in checks]


def test_the_mini_system_is_proved_and_then_sealed(installed: RigPC) -> None:
    pc = installed
    played = play(pc, "check.yml", {"profile": "mini", "profile_checks": impatient("mini")})
    assert played.status == "successful", played.error
    checks = {check["name"]: check for check in played.data["checks"]}
    assert {name for name, check in checks.items() if not check["ok"]} == {"agent"}, checks  # its controller is away
    assert "unreachable" in checks["agent"]["detail"]
    assert all(set(check) >= {"name", "ok", "detail", "mandatory"} for check in checks.values())

    sealed = play(pc, "seal.yml", {"seal_close_after": 8})
    assert sealed.status == "successful", sealed.error
    assert sealed.data["sealed"] is True
    again = play(pc, "seal.yml", {"seal_close_after": 8})
    assert (again.status, again.changed) == ("successful", 0), "a play whose answer was lost can be repeated"
    deadline = time.monotonic() + 20
    while pc.login.answers():
        assert time.monotonic() < deadline, "sshd still lets the workshop in"
        time.sleep(0.5)
    assert not (pc.root / "root/.ssh/authorized_keys").exists()
    assert not list((pc.root / "etc/systemd/system").glob("*.wants/ssh.service"))

    pc.power_off(hard=False)
    pc.boot_from_disk()
    with pytest.raises(RigError, match="does not answer"):
        pc.wait_ssh(8)


def test_an_unknown_profile_is_told_before_anything_runs(make_pc: MakePC) -> None:
    pc = make_pc()
    pc.power_on()
    pc.wait_ssh()
    played = play(pc, "check.yml", {"profile": "nosuch"}, profile="nosuch")
    assert played.status == "failed"
    assert "profile_nosuch" in played.error


def test_the_live_system_does_not_pass_for_an_installed_one(make_pc: MakePC) -> None:
    pc = make_pc()
    pc.power_on()
    pc.wait_ssh()
    variables = {"profile_checks": [{"name": "own-disk", "kind": "installed_root"}, {"name": "odd", "kind": "odd"}]}
    played = play(pc, "check.yml", {"profile": "mini", **variables})
    own, odd = played.data["checks"]
    assert (own["ok"], odd["ok"]) == (False, False)
    assert "live image" in own["detail"]
    assert "No check of kind 'odd'" in odd["detail"]
