"""maintain.yml through the link: an installed mini system, sealed by the real play, with nothing that listens."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import tarfile
import threading
from pathlib import Path

import pytest

from controller.access.people import create_token, create_user
from controller.access.roles import Role
from controller.access.secrets import hash_secret
from controller.database import utcnow
from controller.machines.tables import Machine, ResidentToken
from tests.integration.assist.running import shop
from tests.integration.assist.world import World
from tests.integration.playbooks.playing import play
from tests.integration.playbooks.test_inventory import BIN
from tests.lab.waiting import wait_until
from tests.rig import Bench, RigPC
from tests.rig.fixtures import MakePC, bench, make_pc, rig_ready
from tests.rig.osimage import image_folder, personalise, write_image
from tests.rig.site import REPOSITORY

__all__ = ["bench", "make_pc", "rig_ready", "shop"]
pytestmark = [pytest.mark.rig, pytest.mark.timeout(600)]
GIB = 1024**3
TAG = "R-000077"


@pytest.fixture
def sealed(shop: World, make_pc: MakePC, bench: Bench, tmp_path: Path) -> RigPC:
    """A delivered machine: installed, sealed with the maintenance key, linked."""
    if not image_folder("mini").joinpath("manifest.json").exists():
        pytest.skip("no mini image: build it with `recyclerie image build os mini`")
    token = secrets.token_urlsafe(32)
    with shop.core.database.write() as session:
        now = utcnow()
        times = {"state_since": now, "created_at": now, "accepted_at": now}
        machine = Machine(
            site="main", tag=TAG, state_name="installed", held_params={}, conflict_with=[], profile="mini", **times
        )
        session.add(machine)
        session.flush()
        session.add(ResidentToken(machine_id=machine.id, token_hash=hash_secret(token), created_at=now))
    disk = bench.disk(3 * GIB, serial="RIG-SEALED")
    write_image(disk, "mini")
    settings = {"mode": "resident", "controller_url": shop.core.controller_url, "heartbeat_seconds": 2}
    personalise(disk, tmp_path / "root", public_key=bench.public_key, settings=settings, user="famille")
    subprocess.run(["mount", disk.root_node, tmp_path / "root"], check=True)
    try:
        folder = tmp_path / "root/etc/recyclerie"
        (folder / "ca.crt").write_text(shop.core.keys.ca_pem)
        (folder / "token").write_text(token + "\n")
        (folder / "token").chmod(0o600)
    finally:
        subprocess.run(["umount", tmp_path / "root"], check=True)
    pc = make_pc(disks=[disk])
    pc.boot_from_disk()
    pc.wait_ssh(90)
    variables = {"seal_close_after": 1, "seal_maintenance_keys": [shop.core.keys.maintenance_public]}
    played = play(pc, "seal.yml", variables)
    assert played.status == "successful", played.error
    with shop.core.database.write() as session:
        session.get_one(Machine, 1).state_name = "delivered"
    wait_until(lambda: not pc.login.answers(), "nothing listens any more", 30, poll=0.5)
    return pc


def maintain(shop: World, folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """The play by hand, as in docs/playbooks.md."""
    with shop.core.database.write() as session:
        login = f"tech{secrets.token_hex(3)}"
        user = create_user(
            session,
            site="main",
            login=login,
            display_name=login,
            role=Role.TECHNICIAN,
            password="a password of the tests",
            language="en",
        )
        session.flush()
        token = create_token(session, user, "ansible")
    settings = {
        "RECYCLERIE_CONTROLLER_URL": shop.core.controller_url,
        "RECYCLERIE_CA_FILE": str(shop.core.keys.ca),
        "RECYCLERIE_API_TOKEN": token,
        "RECYCLERIE_MAINTENANCE_KEY": str(shop.core.keys.maintenance),
        "RECYCLERIE_INVENTORY_CACHE": str(folder / "cache"),
        "ANSIBLE_LOCAL_TEMP": str(folder / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_SHOW_CUSTOM_STATS": "1",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
        "PATH": f"{BIN}:{os.environ['PATH']}",
    }
    return subprocess.run(
        [BIN / "ansible-playbook", "-i", "inventory", "playbooks/maintain.yml", "-l", TAG, *argv],
        cwd=REPOSITORY,
        env=shop.environment() | settings,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


def linked(shop: World) -> bool:
    from controller.machines.tables import Boot

    with shop.core.database.read() as session:
        return any(boot.linked for boot in session.query(Boot).filter_by(machine_id=1))


def test_a_sealed_machine_is_maintained_through_its_link(shop: World, sealed: RigPC, tmp_path: Path) -> None:
    wait_until(lambda: linked(shop), "it is linked", 60, poll=0.5)
    assert not (sealed.root / "root/.ssh/authorized_keys").exists()
    keys = sealed.root / "etc/recyclerie/maintenance_keys"
    assert (keys.stat().st_mode & 0o777, keys.read_text().startswith("restrict,pty ssh-ed25519 ")) == (0o600, True)

    nothing = maintain(shop, tmp_path)
    assert nothing.returncode != 0
    assert "Name what to do" in nothing.stdout

    done = maintain(shop, tmp_path, "--tags", "reinspect,settings", "-e", "timezone=Indian/Reunion")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "recyclerie.inventory/1" in done.stdout
    assert (sealed.root / "etc/timezone").read_text() == "Indian/Reunion\n"
    again = maintain(shop, tmp_path, "--tags", "settings", "-e", "timezone=Indian/Reunion")
    assert "changed=0" in again.stdout, again.stdout

    logs = maintain(shop, tmp_path, "--tags", "logs", "-e", f"bundles={tmp_path}/bundles")
    assert logs.returncode == 0, logs.stdout + logs.stderr
    (bundle,) = (tmp_path / "bundles").glob(f"{TAG}-*.tar.gz")
    with tarfile.open(bundle) as packed:
        assert {"journal.txt", "status.json"} <= set(packed.getnames())
    assert not list((sealed.root / "run").glob("recyclerie-logs-*"))

    # No server of packages is reached from here: that is said, and nothing passes for an update.
    offline = maintain(shop, tmp_path, "--tags", "update")
    assert offline.returncode != 0
    assert "reaches no server of the internet" in offline.stdout, offline.stdout

    opened = [e for e in _ledger(shop) if e["kind"] == "stream.opened"]
    assert opened
    assert {e["subject"] for e in opened} == {"machine:1"}

    # Switched off: said in one line.
    sealed.power_off()
    wait_until(lambda: not linked(shop), "it is off", 90, poll=1)
    off = maintain(shop, tmp_path, "--tags", "reinspect")
    assert off.returncode != 0
    assert f"{TAG} is not connected right now. It must be switched on" in off.stdout, off.stdout


def test_work_goes_on_when_the_agent_is_restarted_in_the_middle(shop: World, sealed: RigPC, tmp_path: Path) -> None:
    """As an update of the agent itself does: the link is lost, the work is not; the same play joins it."""
    wait_until(lambda: linked(shop), "it is linked", 60, poll=0.5)
    apt = sealed.root / "usr/local/bin/apt-get"
    apt.write_text(
        "#!/bin/sh\n"
        'case "$*" in *fix-broken*) ;; *) exit 0;; esac\n'  # the agent asks apt by itself for what is due
        'echo "run $$" >>/root/apt.log; sleep 12; echo "0 upgraded, 0 newly installed, 0 to remove"\n'
    )
    apt.chmod(0o755)
    outcome: list[subprocess.CompletedProcess[str]] = []
    thread = threading.Thread(target=lambda: outcome.append(maintain(shop, tmp_path, "--tags", "repair")))
    thread.start()
    log = sealed.root / "root/apt.log"
    wait_until(log.exists, "apt runs", 60, poll=0.2)
    leader = sealed._boot.leader()  # type: ignore[union-attr]
    subprocess.run(["nsenter", "-t", str(leader), "-a", "systemctl", "restart", "recyclerie-agent.service"], check=True)
    thread.join(120)
    assert outcome[0].returncode != 0  # the connection was lost
    wait_until(lambda: linked(shop), "it is linked again", 60, poll=0.5)
    again = maintain(shop, tmp_path, "--tags", "repair")
    assert again.returncode == 0, again.stdout + again.stderr
    runs = log.read_text().splitlines()
    assert 1 <= len(runs) <= 2  # joined, or played again after its end; never two at once


def _ledger(shop: World) -> list[dict[str, object]]:
    from controller.ledger.tables import LedgerEntry

    with shop.core.database.read() as session:
        return [json.loads(entry.content) for entry in session.query(LedgerEntry).order_by(LedgerEntry.seq)]
