"""Updates of the agent by real apt and dpkg over TLS from a real controller: what works stays, what doesn't goes."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest

from controller.releases import contents, package
from controller.releases.rollout import Release
from tests.integration.assist.test_maintain import maintain
from tests.integration.updates.home import STATE, PackagedHome
from tests.lab.waiting import wait_until

pytestmark = [pytest.mark.rig, pytest.mark.timeout(600)]
DIES = ("service.py", "    Path(config.state_dir).mkdir(parents=True", "    raise SystemExit('broken')\n    Path(config.state_dir).mkdir(parents=True")  # fmt: skip  # noqa: E501
MUTE = ("service.py", "        while True:\n            token = await", "        while True:\n            await asyncio.sleep(9999)\n            token = await")  # fmt: skip  # noqa: E501


def test_a_new_release_arrives_and_a_bad_one_goes(
    home: PackagedHome, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = home.first.version
    assert home.installed() == f"{first} ii"
    assert home.inside("dpkg", "--verify", "recyclerie-agent").stdout == ""
    for unit in ("recyclerie-agent.service", "recyclerie-agent-update.timer", "recyclerie-agent-mend.service"):
        assert home.inside("systemctl", "is-enabled", unit).stdout.strip() == "enabled"
    assert home.inside("systemctl", "is-active", "recyclerie-agent-update.timer").stdout.strip() == "active"
    etc = home.pc.root / "etc/recyclerie"
    before = {path.name: path.read_bytes() for path in etc.iterdir()}
    assert home.update() == f"up-to-date {first}"

    # Not for this machine yet; then for everybody.
    second = home.publish("second", everybody=False)
    home.store.set_stage(second.version, "trial", "a test", 0)
    assert home.update() == f"up-to-date {first}"
    home.store.set_stage(second.version, "everybody", "a test")
    assert home.update() == f"updated {second.version}"
    assert home.installed() == f"{second.version} ii"
    home.wait_linked(second.version)
    home.wait_told("done", second.version)
    assert home.update() == f"up-to-date {second.version}"
    assert {path.name: path.read_bytes() for path in etc.iterdir()} == before
    assert not home.journal().exists()

    # It starts, and dies: the one before comes back, and that version is never tried again by itself.
    (home.pc.root / STATE / "update/kept.deb").unlink()  # somebody tidied up: the repository has it as well
    third = home.publish("third", DIES)
    home.patience(prove=15)  # it never comes; what follows needs no proof
    assert home.update().startswith(f"rolled-back {third.version}: not-started")
    assert home.installed() == f"{second.version} ii"
    home.wait_linked(second.version)
    home.wait_told("rolled-back", third.version, "not-started")
    assert home.update().startswith(f"refused {third.version}")

    # A script of the package fails.
    script = contents.script
    with monkeypatch.context() as patched:
        patched.setattr(package, "script", lambda name: b"#!/bin/sh\nexit 1\n" if name != "prerm" else script(name))
        fourth = home.publish("fourth")
    assert home.update().startswith(f"rolled-back {fourth.version}: install-failed")
    assert home.installed() == f"{second.version} ii"
    home.wait_linked(second.version)
    home.wait_told("rolled-back", fourth.version, "install-failed")
    assert home.inside("dpkg", "--audit").stdout == ""
    assert _kinds(home) == ["agent.updated", "agent.rolledback", "agent.rolledback"]

    home.patience()
    fifth = home.publish("fifth")
    _tampered(home, fifth)
    _not_now(home, fifth)
    _by_a_technician(home, fifth, tmp_path)


def test_what_can_not_be_judged_or_finished_at_once_is_gone_on_with(
    home: PackagedHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    _mute(home)
    home.patience()
    _power_cut(home, monkeypatch)


def _mute(home: PackagedHome) -> None:
    """An agent that never links is judged only while the controller is there."""
    mute = home.publish("mute", MUTE)
    home.patience(prove=15)
    thread, said = _in_background(home)
    wait_until(lambda: home.installed() == f"{mute.version} ii", "it is installed", 60, poll=0.2)
    home.shop.kill()
    thread.join(180)
    assert said == [f"unproven {mute.version}: the controller is out of reach"]
    assert home.installed() == f"{mute.version} ii"
    assert home.journal().exists()
    home.shop.start()
    assert home.update().startswith(f"rolled-back {mute.version}: not-linked")
    home.wait_linked(home.first.version)
    home.wait_told("rolled-back", mute.version, "not-linked")


def _tampered(home: PackagedHome, release: Release) -> None:
    before, told = home.installed(), home.told()
    view, pool = home.store.view(release), home.store.package(release)
    good = {path: path.read_bytes() for path in (view / "InRelease", view / "Packages", pool)}

    (view / "Packages").write_bytes(good[view / "Packages"].replace(b"Priority: optional", b"Priority: required"))
    assert home.update().startswith("unreachable: The agent's releases can't be looked at")
    (view / "Packages").write_bytes(good[view / "Packages"])

    changed = re.sub(rb"Label: Recyclerie", b"Label: Recyclerio", good[view / "InRelease"])
    (view / "InRelease").write_bytes(changed)
    assert "unreachable" in home.update()
    unsigned = good[view / "InRelease"].split(b"\n\n", 1)[1].split(b"-----BEGIN PGP SIGNATURE")[0]
    (view / "InRelease").write_bytes(unsigned)
    assert "unreachable" in home.update()
    (view / "InRelease").write_bytes(good[view / "InRelease"])

    damaged = bytearray(good[pool])
    damaged[-100] ^= 1
    pool.write_bytes(bytes(damaged))
    assert home.update().startswith(f"failed {release.version}")
    assert (home.installed(), home.told()) == (before, told)
    pool.write_bytes(good[pool])


def _not_now(home: PackagedHome, release: Release) -> None:
    """Work that is under way puts it off, and a full disk changes nothing."""
    before = home.installed()
    home.inside("systemd-run", "--unit=recyclerie-job-r1-test", "sleep", "300")
    assert home.update() == f"put-off {release.version}: recyclerie-job-r1-test.service is at work"
    home.inside("systemctl", "stop", "recyclerie-job-r1-test.service")
    home.inside("sh", "-c", "fallocate -l $(($(df --output=avail -B1 / | tail -1) - 20000000)) /root/full")
    assert home.update().startswith(f"no-room {release.version}")
    assert home.installed() == before
    (home.pc.root / "root/full").unlink()


def _by_a_technician(home: PackagedHome, release: Release, folder: Path) -> None:
    """maintain.yml, tag agent: the agent through whose link the play came is replaced in the middle of it."""
    said = ""
    for _ in range(6):  # the link is lost with the old agent; the same play joins what runs, or finds it done
        home.wait_linked()
        ran = maintain(home.shop, folder, "--tags", "agent")
        said = ran.stdout + ran.stderr
        if ran.returncode == 0:
            break
    assert ran.returncode == 0, said
    home.wait_linked(release.version)
    assert home.installed() == f"{release.version} ii"
    home.wait_told("done", release.version)
    memory = (home.pc.root / STATE / "update/memory.json").read_text()
    assert '"outcome": "up' in memory  # updated, or up to date in a play that came later


def _power_cut(home: PackagedHome, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of dpkg. What began is finished at the next start, without anybody asking for it."""
    script = contents.script
    slow = b"#!/bin/sh\nset -e\n[ -e /root/cut ] || { touch /root/cut; sync; sleep 600; }\n"
    with monkeypatch.context() as patched:
        patched.setattr(package, "script", lambda name: slow + script(name) if name == "postinst" else script(name))
        second = home.publish("second")
    _in_background(home)
    wait_until((home.pc.root / "root/cut").exists, "dpkg is in the middle", 60, poll=0.2)
    home.pc.power_off()
    home.pc.boot_from_disk()
    wait_until(lambda: not home.journal().exists(), "the update is finished", 90, poll=0.5)
    home.wait_linked(second.version)
    assert home.installed() == f"{second.version} ii"
    home.wait_told("done", second.version)


def _in_background(home: PackagedHome) -> tuple[threading.Thread, list[str]]:
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(home.update()), daemon=True)
    thread.start()
    return thread, said


def _kinds(home: PackagedHome) -> list[str]:
    from sqlalchemy import select

    from controller.ledger.tables import LedgerEntry

    with home.shop.core.database.read() as session:
        kinds = session.execute(select(LedgerEntry.kind).order_by(LedgerEntry.seq)).scalars()
        return [kind for kind in kinds if kind.startswith("agent.")]
