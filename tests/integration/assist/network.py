"""A home behind a router with NAT, and the internet with the controller: three network namespaces.

    home 192.168.73.2 ── 192.168.73.1 box 198.51.100.2 ── 198.51.100.1 net (the controller)

and, where a test asks for it, a technician's computer elsewhere (``office``, 203.0.113.2).

Made and removed by the test; nothing of it touches the host's own network.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.integration.agent.played import ROOT

PREFIX = "rcy-nat-"
CONTROLLER, PUBLIC, OTHER_PUBLIC = "198.51.100.1", "198.51.100.2", "198.51.100.9"
GATEWAY, PC = "192.168.73.1", "192.168.73.2"
OFFICE_GATEWAY, OFFICE = "203.0.113.1", "203.0.113.2"
CLONE_NEWNET = 0x40000000  # sched.h
NETNS_FILES = Path("/etc/netns")
NAT = ("type nat hook postrouting priority 100", 'oifname "out" snat to {0}')


def missing() -> str:
    """Why namespaces can't be made here, or nothing."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    absent = [tool for tool in ("ip", "nft", "tc") if not shutil.which(tool)]
    return f"{', '.join(absent)} is not installed: apt-get install iproute2 nftables" if absent else ""


def run(*argv: str, text_in: str | None = None, check: bool = True) -> str:
    """A short command's output."""
    done = subprocess.run(argv, input=text_in, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, f"{argv}: {done.stderr}"
    return done.stdout


def forget(namespace: str) -> None:
    """Remove a namespace, and the files that were made for it."""
    run("ip", "netns", "delete", namespace, check=False)
    shutil.rmtree(NETNS_FILES / namespace, ignore_errors=True)


class HomeNetwork:
    """The three namespaces. ``net``, ``box`` and ``home`` are their names."""

    def __init__(self) -> None:
        self.net, self.box, self.home = (f"{PREFIX}{os.getpid()}-{name}" for name in ("net", "box", "home"))
        self.office = f"{PREFIX}{os.getpid()}-office"
        self.public = PUBLIC
        self.proxies: list[subprocess.Popen[bytes]] = []

    def inside(self, namespace: str, *argv: str) -> list[str]:
        """A command, to be run there."""
        return ["ip", "netns", "exec", namespace, *argv]

    def connect(self, namespace: str, host: str, port: int) -> socket.socket:
        """A connected socket that lives in a namespace, for this process, which does not."""
        with ThreadPoolExecutor(1) as aside:  # a thread is in one namespace, and ends with it
            return aside.submit(self._connect, namespace, host, port).result()

    @staticmethod
    def _connect(namespace: str, host: str, port: int) -> socket.socket:
        with Path(f"/run/netns/{namespace}").open("rb") as place:
            done = ctypes.CDLL(None, use_errno=True).setns(place.fileno(), CLONE_NEWNET)
        assert done == 0, os.strerror(ctypes.get_errno())
        return socket.create_connection((host, port), 20)

    def make(self) -> None:
        """Wires, addresses, routes, NAT."""
        for name in (self.net, self.box, self.home):
            run("ip", "netns", "add", name)
            run(*self.inside(name, "ip", "link", "set", "lo", "up"))
        self._wire(self.net, "net", f"{CONTROLLER}/24", self.box, "out", f"{PUBLIC}/24")
        self._wire(self.box, "in", f"{GATEWAY}/24", self.home, "eth0", f"{PC}/24")
        run(*self.inside(self.home, "ip", "route", "add", "default", "via", GATEWAY))
        run(*self.inside(self.box, "sysctl", "-qw", "net.ipv4.ip_forward=1"))
        self._chain("nat", NAT[0], NAT[1].format(self.public))

    def make_office(self) -> None:
        """A fourth namespace, whose wire is not cut when the home's is: a browser there sees no change of network."""
        run("ip", "netns", "add", self.office)
        run(*self.inside(self.office, "ip", "link", "set", "lo", "up"))
        self._wire(self.net, "office", f"{OFFICE_GATEWAY}/24", self.office, "eth0", f"{OFFICE}/24")
        run(*self.inside(self.office, "ip", "route", "add", "default", "via", OFFICE_GATEWAY))

    def _wire(self, one: str, left: str, address: str, two: str, right: str, other: str) -> None:
        run("ip", "-n", one, "link", "add", left, "type", "veth", "peer", "name", right, "netns", two)
        for namespace, name, cidr in ((one, left, address), (two, right, other)):
            run("ip", "-n", namespace, "address", "add", cidr, "dev", name)
            run("ip", "-n", namespace, "link", "set", name, "up")

    def _chain(self, table: str, kind: str, rule: str = "") -> None:
        """A table of the router with one chain, in the place of the one that it had."""
        new = f"table ip {table}\ndelete table ip {table}\ntable ip {table} {{\nchain one {{\n{kind};\n{rule}\n}}\n}}\n"
        run(*self.inside(self.box, "nft", "-f", "-"), text_in=new)

    def lose(self, percent: int) -> None:
        """So many packets of a hundred are lost, each way."""
        self._chain("loss", "type filter hook forward priority 0", f"numgen random mod 100 < {percent} drop")

    def slow_uplink(self, rate: str) -> None:
        """What leaves the home goes no faster (``1mbit``)."""
        run(*self.inside(self.home, *f"tc qdisc add dev eth0 root tbf rate {rate} burst 16kbit latency 400ms".split()))

    def give_home(self, name: str, text: str) -> None:
        """A file that commands inside the home see as ``/etc/NAME`` (iproute2 binds it over the real one)."""
        folder = NETNS_FILES / self.home
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)

    def only_through_a_proxy(self) -> None:
        """As in a school: the router lets nothing through by itself."""
        self._chain("wall", "type filter hook forward priority 0; policy drop")

    def new_address(self) -> None:
        """The provider gives the home another address; what was open through the old one is dead."""
        before, self.public = self.public, OTHER_PUBLIC if self.public == PUBLIC else PUBLIC
        run("ip", "-n", self.box, "address", "del", f"{before}/24", "dev", "out")
        run("ip", "-n", self.box, "address", "add", f"{self.public}/24", "dev", "out")
        self._chain("nat", NAT[0], NAT[1].format(self.public))
        # The router still knows the old connections; the provider no longer brings it what is sent to that address.
        self._chain("gone", "type filter hook prerouting priority -300", f"ip daddr {before} drop")

    def unplug(self) -> None:
        """Pull the cable of the router."""
        run("ip", "-n", self.box, "link", "set", "out", "down")

    def plug(self) -> None:
        """Put it back."""
        run("ip", "-n", self.box, "link", "set", "out", "up")

    def proxy(self, folder: Path) -> Path:
        """A CONNECT proxy on the router (port 3128, user ``school``, password ``word``). Returns its log."""
        log = folder / "proxy.log"
        command = self.inside(self.box, sys.executable, "-m", "tests.integration.assist.connect_proxy", GATEWAY, "3128")
        with log.open("wb") as output:
            self.proxies.append(subprocess.Popen(command, cwd=ROOT, stdout=output))
        return log

    def remove(self) -> None:
        """Everything, with what still runs in it."""
        for process in self.proxies:
            process.kill()
            process.wait()
        for name in (self.home, self.box, self.office, self.net):
            forget(name)

    def mend(self) -> None:
        """What a test did to the network is undone."""
        for table in ("loss", "wall"):
            run(*self.inside(self.box, "nft", "delete", "table", "ip", table), check=False)
        run(*self.inside(self.home, "tc", "qdisc", "del", "dev", "eth0", "root"), check=False)


@contextlib.contextmanager
def home_network() -> Iterator[HomeNetwork]:
    """A home's network for this process. What a killed test left behind is removed first."""
    for name in re.findall(rf"^({PREFIX}(\d+)-\w+)", run("ip", "netns", "list"), re.MULTILINE):
        if not Path(f"/proc/{name[1]}").exists():
            forget(name[0])
    network = HomeNetwork()
    try:
        network.make()
        yield network
    finally:
        network.remove()
