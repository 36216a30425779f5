"""A whole workshop in a network namespace: the controller, its boot services, and a person signed in."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.lab.errors import LabError
from tests.lab.network import Network, network
from tests.lab.paths import BIN, CACHE, IMAGES
from tests.lab.processes import Process, stopping
from tests.lab.technician import Technician, wait_answering

LOGIN = "admin"


@dataclass
class Workshop:
    """What stands in the room once the controller answers."""

    network: Network
    controller: Process
    netboot: Process
    data_dir: Path
    environment: dict[str, str]
    technician: Technician
    password: str  # of LOGIN

    @property
    def url(self) -> str:
        """The dashboard, from the host too."""
        return url(self.network)

    @property
    def ca(self) -> Path:
        """The certificate authority that browsers and agents must trust."""
        return self.data_dir / "keys" / "ca.crt"

    def must_run(self) -> None:
        """:raises LabError: when the controller or its boot services have ended."""
        self.controller.must_run()
        self.netboot.must_run()

    def command(self, *arguments: str, stdin: str = "") -> str:
        """Standard output of ``recyclerie ARGUMENTS``, run as this workshop's operator."""
        return recyclerie(self.environment, *arguments, stdin=stdin)


def url(net: Network) -> str:
    """Where the controller of this network answers."""
    return f"https://{net.address}:8443"


def recyclerie(environment: dict[str, str], *arguments: str, stdin: str = "") -> str:
    """Standard output of the command ``recyclerie``.

    :raises LabError: with what it printed when it fails
    """
    done = subprocess.run(
        [BIN / "recyclerie", *arguments], env=environment, input=stdin, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise LabError(f"recyclerie {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def settings(data_dir: Path, address: str, profile: str) -> dict[str, str]:
    """The environment of a lab's controller: this machine's, without another workshop's or Python's settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("RECYCLERIE_", "PYTHON"))}
    return inherited | {
        "RECYCLERIE_CONFIG": "/nonexistent",
        "RECYCLERIE_DATA_DIR": str(data_dir),
        "RECYCLERIE_IMAGE_DIR": str(IMAGES),
        "RECYCLERIE_CACHE_DIR": str(CACHE),
        "RECYCLERIE_PUBLIC_ADDRESS": address,
        "RECYCLERIE_DEFAULT_PROFILE": profile,
        "RECYCLERIE_SITE": "lab",
        # Emulated parts have nothing to hide: seconds instead of minutes.
        "RECYCLERIE_TESTS_MEMORY_SECONDS": "3",
        "RECYCLERIE_TESTS_CPU_SECONDS": "3",
        "RECYCLERIE_TESTS_SURFACE_SECONDS": "3",
        "PATH": f"{BIN}:{os.environ['PATH']}",
    }


def sign_in_person(environment: dict[str, str], data_dir: Path) -> str:
    """Make the first user, or give the one of an earlier lab a new password. Returns the password: printed once."""
    if (data_dir / "recyclerie.sqlite").exists():
        return recyclerie(environment, "user", "password", LOGIN).split()[-1]
    return recyclerie(environment, "user", "add", LOGIN, "--role", "admin").split()[-1]


@contextlib.contextmanager
def workshop(data_dir: Path, logs: Path, profile: str) -> Iterator[Workshop]:
    """A running workshop on SQLite in ``data_dir``, stopped at the end; its logs stay in ``logs``."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        net = stack.enter_context(network())
        environment = settings(data_dir, net.address, profile)
        password = sign_in_person(environment, data_dir)
        controller = Process("the controller", net.command(BIN / "recyclerie", "serve"), logs / "controller.log")
        stack.enter_context(stopping(controller))
        controller.start(environment)
        ca = data_dir / "keys" / "ca.crt"

        wait_answering(controller, url(net), ca)
        netboot = Process("DHCP and TFTP", net.command(*netboot_command(net)), logs / "netboot.log")
        stack.enter_context(stopping(netboot))
        netboot.start(environment)
        technician = Technician(url(net), ca, LOGIN, password)
        technician.policy(recheck_share=0)  # one drive in twenty would wait for a second person
        yield Workshop(net, controller, netboot, data_dir, environment, technician, password)


def netboot_command(net: Network) -> list[str]:
    """``recyclerie netboot`` with a DHCP server of its own, on the lab's bridge."""
    return [str(BIN / "recyclerie"), "netboot", "run", "--interface", net.bridge, "--dhcp", net.cidr]
