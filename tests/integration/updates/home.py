"""A machine at home whose agent was installed as a package: its own disk, its own dpkg and apt, a real controller."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import Any

from sqlalchemy import select

from agent.jobs.resident import install_package
from agent.jobs.target_root import TargetRoot
from controller.access.secrets import hash_secret
from controller.database import utcnow
from controller.machines.tables import Boot, Machine, ResidentToken
from controller.releases.contents import AGENT
from controller.releases.rollout import Release
from controller.releases.store import Store
from controller.releases.tables import AgentUpdate
from tests.integration.assist.test_maintain import TAG
from tests.integration.assist.world import World
from tests.lab.waiting import wait_until
from tests.rig import Bench, RigPC
from tests.rig.fixtures import MakePC
from tests.rig.osimage import personalise, write_image

GIB = 1024**3
STATE = "var/lib/recyclerie-agent"
LEFT = (
    "etc/systemd/system/recyclerie-agent.service",
    "etc/systemd/system/multi-user.target.wants/recyclerie-agent.service",
    "usr/bin/recyclerie-agent",
)
PATIENCE = {"prove": 40, "settle": 2, "busy": 0, "lock": 60, "poll": 0.5}


class PackagedHome:
    """The machine, and what can be asked of it."""

    def __init__(self, shop: World, bench: Bench, make_pc: MakePC, folder: Path) -> None:
        self.shop, self.folder = shop, folder
        self.store = Store(shop.settings)
        self.first = self.store.ensure()
        token = secrets.token_urlsafe(32)
        with shop.core.database.write() as session:
            now = utcnow()
            times = {"state_since": now, "created_at": now, "accepted_at": now}
            machine = Machine(
                site="main", tag=TAG, state_name="delivered", held_params={}, conflict_with=[], profile="mini",
                **times,
            )  # fmt: skip
            session.add(machine)
            session.flush()
            self.machine_id = machine.id
            session.add(ResidentToken(machine_id=machine.id, token_hash=hash_secret(token), created_at=now))
        disk = bench.disk(3 * GIB, serial="RIG-PACKAGED")
        write_image(disk, "mini")
        settings: dict[str, Any] = {"mode": "resident", "controller_url": shop.core.controller_url}
        settings |= {"heartbeat_seconds": 1, "update": PATIENCE}
        personalise(disk, folder / "root", public_key=bench.public_key, settings=settings, user="famille")
        subprocess.run(["mount", disk.root_node, folder / "root"], check=True)
        try:
            self._as_installed(folder / "root", token)
        finally:
            subprocess.run(["umount", folder / "root"], check=True)
        self.pc: RigPC = make_pc(disks=[disk])
        self.pc.boot_from_disk()

    def _as_installed(self, root: Path, token: str) -> None:
        """What the install job does, in the place of the rig's short cut."""
        shutil.rmtree(root / "usr/lib/recyclerie")
        for name in LEFT:
            (root / name).unlink()
        etc = root / "etc/recyclerie"
        (etc / "ca.crt").write_text(self.shop.core.keys.ca_pem)
        (etc / "token").write_text(token + "\n")
        (etc / "token").chmod(0o600)
        (etc / "maintenance_keys").write_text(f"restrict,pty {self.shop.core.keys.maintenance_public}\n")
        (etc / "maintenance_keys").chmod(0o600)
        install_package(TargetRoot(root), self.store.package(self.first).read_bytes(), self.first.version)

    # -- the machine -----------------------------------------------------------------------------------
    def inside(self, *command: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run a command on the machine; nothing of ours is needed for it to work."""
        leader = self.pc._boot.leader()  # type: ignore[union-attr]
        argv = ["nsenter", "-t", str(leader), "-a", *command]
        return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=timeout)

    def update(self, *options: str) -> str:
        """One run of the updater, as its timer starts it or as a person does; what it says."""
        ran = self.inside("/usr/lib/recyclerie/update", "run", *options)
        return f"{ran.stdout.strip()} {ran.stderr.strip()[-1500:]}" if ran.returncode == 1 else ran.stdout.strip()

    def installed(self) -> str:
        """Version and state in dpkg's database."""
        argv = ("dpkg-query", "-W", "-f", "${Version} ${db:Status-Abbrev}", "recyclerie-agent")
        return self.inside(*argv).stdout.strip()

    def status(self) -> dict[str, Any]:
        """What the agent says of itself."""
        try:
            found: dict[str, Any] = json.loads((self.pc.root / STATE / "status.json").read_text())
        except (OSError, ValueError):
            return {}
        return found

    def journal(self) -> Path:
        """What is under way."""
        return self.pc.root / STATE / "update/under-way.json"

    def wait_linked(self, version: str = "", seconds: float = 60) -> None:
        """Until the controller has welcomed the agent (of that version)."""

        def linked() -> bool:
            said = self.status()
            return said.get("state") == "linked" and version in ("", said.get("agent_version")) and self._linked()

        wait_until(linked, f"agent {version} is linked", seconds, poll=0.3, hint=lambda: str(self.status()))

    def _linked(self) -> bool:
        with self.shop.core.database.read() as session:
            query = select(Boot.linked).where(Boot.machine_id == self.machine_id).order_by(Boot.id.desc()).limit(1)
            return bool(session.execute(query).scalar())

    def patience(self, **seconds: float) -> None:
        """Other settings of the updater from now on."""
        path = self.pc.folder / "agent.json"  # shown in the machine: the same file, not another one in its place
        settings = json.loads(path.read_text())
        path.write_text(json.dumps(settings | {"update": PATIENCE | seconds}))

    # -- releases --------------------------------------------------------------------------------------
    def publish(self, name: str, *changes: tuple[str, str, str], everybody: bool = True) -> Release:
        """A release of the agent with something changed in it: (file, text, instead)."""
        copy = self.folder / name
        shutil.copytree(AGENT, copy, ignore=shutil.ignore_patterns("__pycache__"))
        (copy / "NAME").write_text(name)
        for file, text, instead in changes:
            path = copy / file
            content = path.read_text()
            assert text in content, f"{file} has no {text!r}"
            path.write_text(content.replace(text, instead, 1))
        store = Store(self.shop.settings, agent=copy)
        release = store.ensure()
        return store.set_stage(release.version, "everybody", "a test") if everybody else release

    def told(self) -> list[tuple[str, str, str]]:
        """Outcome, version and code of what the controller heard."""
        with self.shop.core.database.read() as session:
            rows = session.execute(select(AgentUpdate).order_by(AgentUpdate.id)).scalars()
            return [(row.outcome, row.to_version, row.code) for row in rows]

    def wait_told(self, outcome: str, version: str, code: str = "") -> None:
        """Until the controller heard of it."""
        wanted = (outcome, version, code)
        wait_until(lambda: wanted in self.told(), f"{wanted} is told", 30, poll=0.3, hint=lambda: str(self.told()))
