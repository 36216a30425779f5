"""The machine as the tests see it: the things that a test runs once for each of, and what programs may know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.collectors.batteries import collect_batteries
from agent.collectors.drives import collect_drives
from agent.collectors.guard import guarded
from agent.collectors.network import collect_network
from agent.config import Config
from agent.files import read_text
from agent.hwtests.plain import plain_text
from agent.protocol import Nic


@dataclass(frozen=True)
class Target:
    """One thing to try. ``key`` names it in the result; ``skip`` says why it is not tried."""

    key: str
    facts: dict[str, Any]
    skip: str = ""


@dataclass
class Machine:
    """Looks at the machine once for each kind of target."""

    config: Config | None = None
    root: Path = Path("/")
    problems: list[str] = field(default_factory=list)
    cards: list[Nic] | None = None  # wired and wireless are asked for together
    _known: dict[str, list[Target]] = field(default_factory=dict)

    @property
    def rig(self) -> dict[str, Any] | None:
        return self.config.rig if self.config else None

    def targets(self, kind: str) -> list[Target]:
        """The things of a kind; the machine itself for "". Never raises: what can't be listed is in ``problems``."""
        if not kind:
            return [Target("", {})]
        if kind not in self._known:
            look = KINDS.get(kind)
            found: list[Target] = (
                [] if look is None else guarded("a kind of parts", self.problems, [], lambda: look(self))
            )
            self._known[kind] = found
        return self._known[kind]

    def controller(self, options: dict[str, Any]) -> dict[str, str]:
        """Where the controller is, for programs that talk to it; the token stays in its file."""
        if self.config is None:
            return {}
        return {
            "url": str(options.get("controller_url") or self.config.controller_url),
            "ca_file": str(self.config.ca_file),
            "token_file": str(self.config.token_file),
        }


def _drives(machine: Machine) -> list[Target]:
    """Every drive that the agent may know of: in the rig only the rig's. The medium we run from is left alone."""
    found = []
    for drive in collect_drives(machine.root, machine.problems, rig=machine.rig, smart=False):
        why = f"{drive['path']} is what this system runs from." if drive["boot_medium"] else ""
        facts = {key: value for key, value in drive.items() if key not in ("smart", "erase")}
        facts["number"] = read_text(machine.root / "sys/class/block" / Path(drive["path"]).name / "dev")
        found.append(Target(plain_text(drive["serial"]) or drive["path"], facts, why))
    return found


def _batteries(machine: Machine) -> list[Target]:
    return [Target(one["name"], one) for one in collect_batteries(machine.root, machine.problems)]


def _interfaces(machine: Machine, *, wireless: bool) -> list[Target]:
    if machine.cards is None:
        machine.cards = collect_network(machine.root, machine.problems, rig=machine.rig)
    return [Target(card["name"], dict(card)) for card in machine.cards if card["wireless"] is wireless]


def _cameras(machine: Machine) -> list[Target]:
    # A camera has several nodes: index 0 is the one with the picture.
    folder = machine.root / "sys/class/video4linux"
    return [
        Target(f"/dev/{node.name}", {"path": f"/dev/{node.name}", "name": read_text(node / "name")})
        for node in sorted(folder.glob("video*"))
        if read_text(node / "index", "0") == "0"
    ]


def _graphics(machine: Machine) -> list[Target]:
    """Display controllers on the PCI bus (class 03), also those that no driver has taken."""
    found = []
    for device in sorted((machine.root / "sys/bus/pci/devices").glob("*")):
        if not read_text(device / "class").startswith("0x03"):
            continue
        driver = device / "driver"
        facts = {name: read_text(device / name).removeprefix("0x") for name in ("vendor", "device")}
        facts |= {"slot": device.name, "driver": driver.resolve().name if driver.exists() else ""}
        found.append(Target(device.name, facts))
    return found


KINDS: dict[str, Callable[[Machine], list[Target]]] = {
    "drives": _drives,
    "batteries": _batteries,
    "wired": lambda machine: _interfaces(machine, wireless=False),
    "wifi": lambda machine: _interfaces(machine, wireless=True),
    "cameras": _cameras,
    "graphics": _graphics,
}


def absent(kind: str) -> str:
    """That there is none of a kind, in words."""
    match kind:
        case "drives":
            return "This machine has no drive."
        case "batteries":
            return "This machine has no battery."
        case "wired":
            return "This machine has no wired network card."
        case "wifi":
            return "This machine has no Wi-Fi card that a driver has taken."
        case "cameras":
            return "This machine has no camera that a driver has taken."
        case "graphics":
            return "This machine has no graphics card on its PCI bus."
    return f"This agent knows no parts of the kind {kind}."
