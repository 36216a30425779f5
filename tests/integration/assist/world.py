"""The real controller and real agents of machines at home, as processes that can be killed, over real TLS."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paramiko
from sqlalchemy import select

from controller.access.secrets import hash_secret
from controller.assist.pipe import NoStream, connect
from controller.core import Core, make_core
from controller.database import utcnow
from controller.errors import RecyclerieError
from controller.ledger.tables import LedgerEntry
from controller.machines.registry import get_machine
from controller.machines.tables import Boot, Machine, ResidentToken
from controller.migrate import upgrade
from controller.settings import Settings
from tests.integration.agent.ending import TRACED, end
from tests.integration.agent.played import ROOT, PlayedPC
from tests.lab.waiting import wait_until

SSHD = "/usr/sbin/sshd"


def missing() -> str:
    """Why the maintenance's sshd can't be played here, or nothing."""
    if os.geteuid() != 0:
        return "sshd lets root in only when root started it (make test asks for it)"
    return "" if Path(SSHD).exists() else "openssh-server is not installed (make setup-test)"


def free_port() -> int:
    """A port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def rss(pid: int) -> int:
    """Resident memory of a process, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) * 1024


def peak(pid: int) -> int:
    """The most resident memory that a process ever had, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) * 1024


class Home:
    """One machine at a family's home: its agent, its token, its keys."""

    def __init__(self, folder: Path, machine: Machine, token: str, url: str, ca_file: Path, key: str) -> None:
        self.machine_id, self.tag, self.folder = machine.id, machine.name, folder
        self.process: subprocess.Popen[bytes] | None = None
        self.prefix: list[str] = []  # `ip netns exec NAME`, where it has a network of its own
        self.pc = PlayedPC(folder, url=url, ca_file=ca_file)
        # sshd takes no keys from below a folder that everybody may write to, as /tmp is.
        keys = self.key_folder = Path(tempfile.mkdtemp(prefix="rcy-keys-", dir="/run"))
        self.host_key = keys / "ssh_host_ed25519_key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", self.host_key], check=True)
        self.keys = keys / "maintenance_keys"
        self.keys.write_text(f"restrict,pty {key}\n")
        self.keys.chmod(0o600)
        (folder / "token").write_text(token + "\n")
        self.pc.settings |= {"mode": "resident", "health_seconds": 3600, "heartbeat_seconds": 2}
        self.pc.rig = {
            "ssh_host_key": str(self.host_key),
            "maintenance_keys": str(self.keys),
            "screen_socket": str(folder / "screen.sock"),
            "boot_id": secrets.token_hex(16),
        }
        self.pc.chassis = self.pc.chassis | {"system_serial": f"HOME{machine.id:05d}"}
        self.pc.write()

    @property
    def log(self) -> str:
        """What the agent said so far."""
        path = self.folder / "agent.log"
        return path.read_text() if path.exists() else ""

    def start(self) -> None:
        """Switch it on."""
        with (self.folder / "agent.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, *self.pc.command("run")], env=self.pc.environment(**TRACED), stderr=log
            )

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Switch it off."""
        if self.process is not None:
            end(self.process, how, lambda: self.log, 15)
            self.process = None

    @property
    def agent_pid(self) -> int:
        """The agent's process."""
        assert self.process is not None
        return self.process.pid


class World:
    """One controller on loopback (or on ``host``), and its machines."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", **settings: Any) -> None:
        self.folder = folder
        self.settings = Settings(
            data_dir=folder / "data",
            image_dir=folder / "images",
            host=host,
            public_address=host,
            port=free_port(),
            boot_port=free_port(),
            heartbeat_seconds=2,
            announce_per_minute=100_000,
            default_language="en",
            **settings,
        )
        self.core: Core = make_core(self.settings)
        upgrade(self.core.database)
        self.process: subprocess.Popen[bytes] | None = None
        self.prefix: list[str] = []
        self.homes: list[Home] = []

    def start(self) -> None:
        """Start the controller; returns once it listens."""
        with (self.folder / "controller.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, sys.executable, "-m", "controller.cli", "serve"],
                cwd=ROOT,
                env=self.environment(),
                stdout=log,
                stderr=log,
            )
        wait_until(self._listens_or_ended, "the controller runs", 60, poll=0.1, hint=self.log)

    def _listens_or_ended(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the controller ended at once: {self.log()[-4000:]}"
        return self.listens()

    def listens(self) -> bool:
        """Whether it answers (a controller that was killed leaves its socket behind)."""
        try:
            connect(self.settings, "R-000000", "ssh")
        except NoStream:
            return True
        except RecyclerieError:
            return False
        return False

    def environment(self) -> dict[str, str]:
        """What a program of the workshop is started with."""
        names = ("data_dir", "host", "public_address", "port", "boot_port", "heartbeat_seconds", "announce_per_minute")
        given = {f"RECYCLERIE_{name.upper()}": str(getattr(self.settings, name)) for name in names}
        return os.environ | given | {"RECYCLERIE_CONFIG": "/nonexistent", "PYTHONPATH": str(ROOT)}

    def log(self) -> str:
        """What the controller said so far."""
        return (self.folder / "controller.log").read_text()

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End the controller."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def home(self, *, delivered: bool = True) -> Home:
        """A machine that a family has; switched off."""
        token = secrets.token_urlsafe(32)
        with self.core.database.write() as session:
            now = utcnow()
            machine = Machine(
                site="main",
                state_name="delivered" if delivered else "installed",
                state_since=now,
                created_at=now,
                accepted_at=now,
                accepted_by="user:1",
                held_params={},
                conflict_with=[],
                profile="mini",
            )
            session.add(machine)
            session.flush()
            machine.tag = f"R-{machine.id:06d}"
            session.add(ResidentToken(machine_id=machine.id, token_hash=hash_secret(token), created_at=now))
        folder = self.folder / machine.name
        folder.mkdir()
        keys = self.core.keys
        home = Home(folder, machine, token, self.core.controller_url, keys.ca, keys.maintenance_public)
        self.homes.append(home)
        return home

    def linked(self, home: Home) -> bool:
        """Whether the controller says that the machine is linked."""
        with self.core.database.read() as session:
            query = select(Boot.linked).where(Boot.machine_id == home.machine_id).order_by(Boot.id.desc()).limit(1)
            return bool(session.execute(query).scalar())

    def wait_linked(self, home: Home, seconds: float = 40) -> None:
        """Until the machine is linked."""
        wait_until(lambda: self.linked(home), f"{home.tag} is linked", seconds, poll=0.1, hint=lambda: home.log[-2000:])

    def pipe(self, home: Home, service: str = "ssh") -> socket.socket:
        """A socket to a service of the machine."""
        return connect(self.settings, home.tag, service, who="user:7", why="a test")

    @contextmanager
    def ssh(self, home: Home) -> Iterator[paramiko.SSHClient]:
        """A root session on the machine, its host key as announced."""
        from controller.machines.ssh import connect_through

        with self.core.database.read() as session:
            boot = session.execute(
                select(Boot).where(Boot.machine_id == home.machine_id, Boot.status == "accepted")
            ).scalar_one()
        with connect_through(self.pipe(home), boot.ssh_host_keys, self.core.keys.maintenance) as client:
            yield client

    def entries(self, kind: str, home: Home) -> list[dict[str, Any]]:
        """What the ledger holds of one kind about a machine."""
        with self.core.database.read() as session:
            about = LedgerEntry.kind == kind, LedgerEntry.subject == f"machine:{home.machine_id}"
            query = select(LedgerEntry).where(*about).order_by(LedgerEntry.seq)
            return [json.loads(entry.content) for entry in session.execute(query).scalars()]

    def machine(self, home: Home) -> Machine:
        """The machine's row."""
        with self.core.database.read() as session:
            return get_machine(session, home.machine_id)

    def close(self) -> None:
        """End everything."""
        for home in self.homes:
            if home.process is not None:
                home.stop(signal.SIGKILL)
            shutil.rmtree(home.key_folder, ignore_errors=True)
        self.kill()
        self.core.database.close()
        shutil.rmtree(self.folder, ignore_errors=True)
