"""A real controller process on the fast rig's bench: started, killed, started again, and a person signed in."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.lab.processes import Process
from tests.lab.technician import Technician
from tests.lab.waiting import wait_until
from tests.rig.network import Bench
from tests.rig.pc import RigPC
from tests.rig.site import Site

ROOT = Path(__file__).resolve().parents[3]
RECYCLERIE = Path(sys.executable).parent / "recyclerie"
LOGIN = "admin"


def image_dir() -> Path:
    """Where the built images are: RECYCLERIE_IMAGE_DIR, else the build cache."""
    chosen = os.environ.get("RECYCLERIE_IMAGE_DIR")
    return Path(chosen).expanduser() if chosen else Path("~/.cache/recyclerie/images").expanduser()


def disk_bytes() -> int:
    """Bytes of a disk that the mini image fits on, with a little room to grow."""
    manifest = json.loads((image_dir() / "os" / "mini" / "manifest.json").read_text())
    return int(manifest["size_bytes"]) + 64 * 1024**2


def free_port(address: str) -> int:
    """A TCP port that nothing listens on at ``address``."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


@dataclass
class Workshop:
    """A controller on a bench, as its operator and its technician see it."""

    bench: Bench
    data_dir: Path
    environment: dict[str, str]
    process: Process
    password: str = ""
    _technician: Technician | None = None
    killed: int = field(default=0)

    @property
    def url(self) -> str:
        """Where the controller answers."""
        return f"https://{self.bench.address}:{self.environment['RECYCLERIE_PORT']}"

    @property
    def ca(self) -> Path:
        """The CA that everybody must trust."""
        return self.data_dir / "keys" / "ca.crt"

    @property
    def technician(self) -> Technician:
        """A person signed in, with the API."""
        if self._technician is None:
            self._technician = Technician(self.url, self.ca, LOGIN, self.password)
            self._technician.policy(recheck_share=0)  # one run in twenty would wait for a second person
        return self._technician

    def answers(self) -> bool:
        """Whether the controller serves."""
        self.process.must_run()
        with contextlib.suppress(httpx.HTTPError, OSError):
            trust = ssl.create_default_context(cafile=str(self.ca))
            return httpx.get(f"{self.url}/api/health", verify=trust, timeout=5).is_success
        return False

    def start(self) -> None:
        """Start the process and wait until it answers."""
        self.process.start(self.environment)
        wait_until(self.answers, "the controller answers", 60, poll=0.2, hint=lambda: self.process.tail(40))

    def kill(self) -> None:
        """SIGKILL: nothing is tidied up."""
        self.process.kill()
        self.killed += 1

    def command(self, *arguments: str) -> str:
        """Standard output of ``recyclerie ARGUMENTS``."""
        done = subprocess.run(
            [RECYCLERIE, *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"recyclerie {arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def site(self) -> Site:
        """What live systems of this workshop are given."""
        public = (self.data_dir / "keys" / "ssh_ed25519.pub").read_text().strip()
        return Site(controller_url=self.url, ca_pem=self.ca.read_text(), authorized_keys=(public,))

    def machine_of(self, pc: RigPC) -> dict[str, Any] | None:
        """The machine that a rig PC became, once it has announced itself."""
        return self.technician.find(pc.chassis["system_serial"])

    def wait_machine(self, pc: RigPC, timeout: float = 60) -> int:
        """The id of the machine that ``pc`` announces itself as."""
        return int(
            wait_until(lambda: self.machine_of(pc), "the PC announces itself", timeout, poll=0.2, hint=self.hint)["id"]
        )

    def wait_state(self, machine_id: int, *states: str, timeout: float = 120) -> dict[str, Any]:
        """The machine's view once it is in one of ``states``."""

        def look() -> dict[str, Any] | None:
            view = self.technician.machine(machine_id)
            return view if view["state"] in states else None

        return wait_until(look, f"machine {machine_id} is {' or '.join(states)}", timeout, poll=0.2, hint=self.hint)

    def wait_step(self, machine_id: int, name: str, *states: str, timeout: float = 120) -> dict[str, Any]:
        """The step of the machine's run once it is in one of ``states``."""

        def look() -> dict[str, Any] | None:
            run = self.technician.machine(machine_id)["run"] or {"steps": []}
            return next((s for s in run["steps"] if s["name"] == name and s["state"] in states), None)

        return wait_until(look, f"step {name} is {' or '.join(states)}", timeout, poll=0.1, hint=self.hint)

    def admit(self, pc: RigPC, lot: int) -> int:
        """Accept and tie a PC that was switched on, as a technician does. Returns the machine's id."""
        machine_id = self.wait_machine(pc)
        self.technician.tie(machine_id, lot)
        self.technician.accept(machine_id)
        return machine_id

    def hint(self) -> str:
        """The end of the controller's log, for a failed wait."""
        return self.process.tail(30)


@contextlib.contextmanager
def workshop(bench: Bench, folder: Path, **settings: str) -> Iterator[Workshop]:
    """A running controller that listens on the bench only; stopped at the end."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("RECYCLERIE_")}
    environment = inherited | {
        "RECYCLERIE_CONFIG": "/nonexistent",
        "RECYCLERIE_DATA_DIR": str(folder / "data"),
        "RECYCLERIE_IMAGE_DIR": str(image_dir()),
        "RECYCLERIE_HOST": bench.address,
        "RECYCLERIE_PUBLIC_ADDRESS": bench.address,
        "RECYCLERIE_PORT": str(free_port(bench.address)),
        "RECYCLERIE_BOOT_PORT": str(free_port(bench.address)),
        "RECYCLERIE_DEFAULT_PROFILE": "mini",
        "RECYCLERIE_DEFAULT_LANGUAGE": "en",
        "RECYCLERIE_HEARTBEAT_SECONDS": "2",
        "RECYCLERIE_ANNOUNCE_PER_MINUTE": "600",
        # The hardware tests as short as can be: what they find has tests of its own.
        "RECYCLERIE_TESTS_MEMORY_SECONDS": "2",
        "RECYCLERIE_TESTS_CPU_SECONDS": "1",
        "RECYCLERIE_TESTS_SURFACE_SECONDS": "1",
        **settings,
    }
    process = Process("the controller", [RECYCLERIE, "serve"], folder / "controller.log")
    shop = Workshop(bench=bench, data_dir=folder / "data", environment=environment, process=process)
    shop.password = shop.command("user", "add", LOGIN, "--role", "admin").split()[-1]
    try:
        shop.start()
        yield shop
    finally:
        process.stop()
