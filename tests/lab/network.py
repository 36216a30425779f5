"""The workshop's network, in a network namespace: a bridge, a tap for each virtual PC, and a wire to the host.

Nothing of it touches the host's own network: the only trace is one ``rcy-h…`` interface with a route to the
controller's address, so that a browser on the host reaches the dashboard.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.lab.errors import LabError
from tests.lab.processes import alive, end, run

PREFIX = "rcy-lab-"
BRIDGE = "workshop"


@dataclass
class Network:
    """A running network. ``number`` is the third byte of its addresses."""

    namespace: str
    number: int
    _taps: list[str] = field(default_factory=list)

    bridge = BRIDGE

    @property
    def address(self) -> str:
        """Address of the controller in the workshop, reachable from the host too."""
        return f"10.77.{self.number}.1"

    @property
    def cidr(self) -> str:
        """The workshop's network."""
        return f"10.77.{self.number}.0/24"

    def command(self, *command: str | os.PathLike[str]) -> list[str]:
        """``command``, to be run inside the namespace."""
        return ["ip", "netns", "exec", self.namespace, *(os.fspath(part) for part in command)]

    def run(self, *command: str | os.PathLike[str], check: bool = True) -> str:
        """Standard output of a short command run inside."""
        return run(*self.command(*command), check=check)

    @contextlib.contextmanager
    def tap(self, name: str) -> Iterator[str]:
        """A tap device on the bridge, for one virtual PC."""
        self.run("ip", "tuntap", "add", name, "mode", "tap")
        try:
            self.run("ip", "link", "set", name, "master", BRIDGE, "up")
            yield name
        finally:
            self.run("ip", "tuntap", "del", name, "mode", "tap", check=False)

    def unplug(self, tap: str) -> None:
        """Pull the cable of a PC."""
        self.run("ip", "link", "set", tap, "down")

    def plug(self, tap: str) -> None:
        """Put the cable back."""
        self.run("ip", "link", "set", tap, "up")


def _free_number(wanted: int) -> int:
    """A third byte whose networks aren't in use on the host, ``wanted`` if possible (TLS names stay the same)."""
    taken = {
        match[1] for match in re.finditer(r"\b10\.7[79]\.(\d+)\.", run("ip", "-4", "route", "show", "table", "all"))
    }
    candidates: list[int] = [wanted, *range(100, 250)]
    for number in candidates:
        if str(number) not in taken:
            return number
    raise LabError("no free network 10.77.x.0/24", "stop other labs: `ip netns list` names them (rcy-lab-…)")


def sweep() -> list[str]:
    """Remove the namespaces, with their processes, of labs that are gone. Returns their names."""
    gone = []
    for name in re.findall(rf"^({PREFIX}\d+)", run("ip", "netns", "list"), re.MULTILINE):
        if alive(int(name.removeprefix(PREFIX))):
            continue
        for pid in run("ip", "netns", "pids", name, check=False).split():
            end(int(pid))
        run("ip", "netns", "delete", name, check=False)
        gone.append(name)
    for link in json.loads(run("ip", "-j", "link", "show") or "[]"):
        match = re.fullmatch(r"rcy-h(\d+)", link["ifname"])
        if match and not alive(int(match[1])):
            run("ip", "link", "delete", link["ifname"], check=False)
    return gone


@contextlib.contextmanager
def network(number: int = 77) -> Iterator[Network]:
    """A workshop's network for this process.

    :raises LabError: when this isn't root, or there is no free network
    """
    if os.geteuid() != 0:
        raise LabError("network namespaces need root", "use `make lab` or `make demo`, which ask for it")
    sweep()
    net = Network(f"{PREFIX}{os.getpid()}", _free_number(number))
    wire, link = f"rcy-h{os.getpid()}", f"10.79.{net.number}"
    run("ip", "netns", "add", net.namespace)
    try:
        net.run("ip", "link", "set", "lo", "up")
        net.run("ip", "link", "add", BRIDGE, "type", "bridge", "forward_delay", "0", "stp_state", "0")
        net.run("ip", "address", "add", f"{net.address}/24", "dev", BRIDGE)
        net.run("ip", "link", "set", BRIDGE, "up")
        run("ip", "link", "add", wire, "type", "veth", "peer", "name", "host", "netns", net.namespace)
        run("ip", "address", "add", f"{link}.1/30", "dev", wire)
        run("ip", "link", "set", wire, "up")
        net.run("ip", "address", "add", f"{link}.2/30", "dev", "host")
        net.run("ip", "link", "set", "host", "up")
        run("ip", "route", "add", f"{net.address}/32", "via", f"{link}.2")
        yield net
    finally:
        run("ip", "link", "delete", wire, check=False)
        for pid in run("ip", "netns", "pids", net.namespace, check=False).split():
            end(int(pid))
        run("ip", "netns", "delete", net.namespace, check=False)
