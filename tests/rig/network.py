"""The workshop's network: a bridge with the controller's address on the host, and a DHCP server for the PCs.

The controller (any process of the host) listens on :attr:`Bench.address`; each PC has a network namespace of its
own, joined to the bridge by a veth pair, and gets its address from dnsmasq by its MAC, as on a real network.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from .command import RigError, quietly, run
from .disk import DriveFacts, RigDisk

PREFIX = "rcy-"
INOTIFY_LIMIT = Path("/proc/sys/fs/inotify/max_user_instances")
INOTIFY_WANTED = 4096


def base_folder() -> Path:
    """Where the rig keeps its run folders: RECYCLERIE_RIG_DIR, else the system's temporary folder."""
    return Path(os.environ.get("RECYCLERIE_RIG_DIR") or tempfile.gettempdir())


def _free_subnet() -> str:
    """First three bytes of a /24 that no interface of the host uses."""
    used = {
        address["local"].rsplit(".", 1)[0]
        for link in json.loads(run("ip", "-json", "-4", "address"))
        for address in link.get("addr_info", [])
    }
    for number in range(256):
        candidate = f"10.99.{number}"
        if candidate not in used:
            return candidate
    raise RigError("256 workshop networks are in use", "end the tests that still run")


def _make_room() -> None:
    """Raises the kernel's limit of inotify instances: each PC's systemd takes six of root's, and 128 is the default.

    Without it the 21st PC dies with "Failed to allocate manager object: Too many open files".
    """
    if int(INOTIFY_LIMIT.read_text()) < INOTIFY_WANTED:
        INOTIFY_LIMIT.write_text(str(INOTIFY_WANTED))


class Bench:
    """One workshop network and the folder of everything that runs on it. A context manager; PCs plug into it."""

    def __init__(self) -> None:
        self.id = secrets.token_hex(2)
        self.name = PREFIX + self.id
        self.folder = base_folder() / self.name
        self.subnet = ""
        self.key = self.folder / "key"
        self.leases = self.folder / "leases"
        self._count = 0
        self._dnsmasq: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """The controller's address, as the PCs see it (on the host)."""
        return f"{self.subnet}.1"

    @property
    def public_key(self) -> str:
        """The rig's own SSH key, accepted by every live system of this bench."""
        return self.key.with_suffix(".pub").read_text().strip()

    def __enter__(self) -> Bench:
        self.folder.mkdir(mode=0o700)
        (self.folder / "owner").write_text(f"{os.getpid()}\n")
        (self.folder / "hosts").mkdir()
        try:
            _make_room()
            self._make_bridge()
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", self.name, "-f", self.key)
            self._start_dhcp()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the DHCP server and removes bridge and folder; the PCs close themselves before."""
        if self._dnsmasq:
            self._dnsmasq.terminate()
            self._dnsmasq.wait(timeout=10)
            self._dnsmasq = None
        quietly("ip", "link", "delete", self.name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def next_number(self) -> int:
        """Number of the next PC: its address is ``<subnet>.<9 + number>``."""
        self._count += 1
        return self._count

    def disk(self, size_bytes: int, **options: object) -> RigDisk:
        """A new disk; ``options`` are those of :class:`DriveFacts` and :class:`RigDisk`."""
        facts = {key: options.pop(key) for key in tuple(options) if key in DriveFacts.__dataclass_fields__}
        facts.setdefault("serial", f"RIG{secrets.token_hex(4).upper()}")
        return RigDisk(self.folder, size_bytes, DriveFacts(**facts), **options)  # type: ignore[arg-type]

    def reserve(self, mac: str, address: str) -> None:
        """The DHCP server gives ``address`` to ``mac`` from now on (dnsmasq watches the folder)."""
        (self.folder / "hosts" / mac.replace(":", "")).write_text(f"{mac},{address},infinite\n")

    def _make_bridge(self) -> None:
        with (base_folder() / f".{PREFIX}subnets.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.subnet = _free_subnet()
            run("ip", "link", "add", self.name, "type", "bridge")
            run("ip", "address", "add", f"{self.address}/24", "dev", self.name)
            run("ip", "link", "set", self.name, "up")

    def _start_dhcp(self) -> None:
        options = {
            "conf-file": "/dev/null",
            "interface": self.name,
            "except-interface": "lo",
            "port": "0",
            "dhcp-range": f"{self.subnet}.10,static,255.255.255.0",
            "dhcp-hostsdir": str(self.folder / "hosts"),
            "dhcp-leasefile": str(self.leases),
            "log-facility": str(self.folder / "dnsmasq.log"),
            "pid-file": "",
            "user": "root",
        }
        switches = ["--keep-in-foreground", "--bind-interfaces", "--dhcp-authoritative", "--no-ping"]
        argv = ["dnsmasq", *(f"--{name}={value}" for name, value in options.items()), *switches]
        self._dnsmasq = subprocess.Popen([*argv, "--dhcp-ignore-clid", "--log-dhcp"], stdin=subprocess.DEVNULL)
