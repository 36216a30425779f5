"""check.yml and seal.yml on the installed mini system, booted from the PC's own disk."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
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
SIZES = {"mini": 3 * GIB, "famille": 8 * GIB}


Install = Callable[[str], RigPC]


@pytest.fixture
def install(make_pc: MakePC, bench: Bench, tmp_path: Path) -> Install:
    """Makes a PC that runs a profile's system from its own disk; its controller is away."""
    return lambda profile: installed_pc(profile, make_pc, bench, tmp_path)


def installed_pc(profile: str, make_pc: MakePC, bench: Bench, tmp_path: Path) -> RigPC:
    """A PC as the install job leaves it. Skips where the profile's image was not built, or before its profile grew."""
    manifest = image_folder(profile) / "manifest.json"
    if not manifest.exists():
        pytest.skip(f"no {profile} image: build it with `recyclerie image build os {profile}`")
    missing = set(described(profile)["profile_packages"]) - json.loads(manifest.read_text())["packages"].keys()
    if missing:
        pytest.skip(
            f"the {profile} image is older than its profile (no {min(missing)}): `make image-os PROFILE={profile}`"
        )
    disk = bench.disk(SIZES[profile], serial="RIG-INSTALLED")
    write_image(disk, profile)
    settings = {"mode": "resident", "controller_url": f"https://{bench.address}:8443", "ca_file": "/etc/recyclerie/ca"}
    personalise(disk, tmp_path / "root", public_key=bench.public_key, settings=settings, user="famille")
    pc = make_pc(disks=[disk])
    pc.boot_from_disk()
    pc.wait_ssh(90)
    return pc


def described(profile: str) -> dict[str, Any]:
    """The profile, as its file describes it."""
    path = REPOSITORY / "inventory" / "group_vars" / f"profile_{profile}.yml"
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


def impatient(profile: str) -> list[dict[str, Any]]:
    """The profile's own checks, but for the patience with an agent whose controller is away."""
    checks: list[dict[str, Any]] = described(profile)["profile_checks"]
    return [check | {"wait_seconds": 1} if check["kind"] == "agent" else check for check in checks]


def test_the_mini_system_is_proved_and_then_sealed(install: Install) -> None:
    pc = install("mini")
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


@pytest.mark.timeout(600)
def test_the_famille_system_really_does_what_a_family_needs(install: Install) -> None:
    """The real LibreOffice, Firefox and ClamAV of the full image; then LibreOffice breaks, and the check says so."""
    pc = install("famille")
    variables = {"profile": "famille", "profile_checks": impatient("famille")}
    played = play(pc, "check.yml", variables, profile="famille")
    checks = {check["name"]: check for check in played.data["checks"]}
    bad = {name for name, check in checks.items() if check["mandatory"] and not check["ok"]}
    assert bad == {"agent"}, checks  # its controller is away
    assert "accents included" in checks["office-pdf"]["detail"]
    assert "the engine finds the test virus" in checks["antivirus"]["detail"]
    assert checks["antivirus-signatures"]["ok"] or "no signatures yet" in checks["antivirus-signatures"]["detail"]

    pc.ssh("mv /usr/lib/libreoffice/program/libswlo.so /tmp/ && dpkg --remove --force-depends atril >&2")
    variables["profile_checks"] = [one for one in impatient("famille") if one["name"] in ("office-pdf", "pdf-reader")]
    broken = play(pc, "check.yml", variables, profile="famille")
    assert [check["ok"] for check in broken.data["checks"]] == [False, False], broken.data


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
