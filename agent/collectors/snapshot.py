"""The inventory snapshot: everything the machine is, in one object (message INVENTORY)."""

from __future__ import annotations

import platform
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent import VERSION
from agent.clock import now_text
from agent.collectors import pci
from agent.collectors.batteries import collect_batteries, parse_batteries
from agent.collectors.bluetooth import collect_bluetooth
from agent.collectors.cameras import collect_cameras
from agent.collectors.chassis import collect_board, collect_chassis, machine_form
from agent.collectors.cpu import collect_cpu
from agent.collectors.drives import collect_drives, parse_lsblk, without_names
from agent.collectors.drives_recorded import recorded_drives
from agent.collectors.firmware import collect_firmware
from agent.collectors.graphics import collect_graphics
from agent.collectors.guard import guarded
from agent.collectors.hidden_drives import hidden_drive_problems
from agent.collectors.inputs import collect_inputs
from agent.collectors.memory import collect_memory
from agent.collectors.missing import missing_facts
from agent.collectors.network import collect_network
from agent.collectors.network_cards import add_models, collect_network_cards, parse_net
from agent.collectors.ports import collect_ports, parse_slots
from agent.collectors.screens import collect_screens
from agent.collectors.security import collect_security
from agent.collectors.sensors import collect_sensors
from agent.collectors.sound import collect_sound
from agent.collectors.usb import collect_usb, collect_usb_buses
from agent.config import Config
from agent.sources import Source
from agent.tools import Ran

SCHEMA = "recyclerie.inventory/1"


def inventory_snapshot(config: Config | None, root: Path = Path("/")) -> dict[str, Any]:
    """Look at the whole machine. Never raises; ``problems`` says what could not be seen, and what to do."""
    # An installed system at a family's home is never erased there: what its drives could do is nobody's business.
    erase = config is None or config.mode == "live"
    return read_inventory(Source(root), config=config, erase=erase)


def read_inventory(source: Source, *, config: Config | None = None, erase: bool = False) -> dict[str, Any]:
    """The same of any source: the live machine, a capture, a folder of dumps. Never raises."""
    return _Look(source, config, erase).everything()


class _Look:
    """One look at one source. Each tool is asked once, however many collectors want its answer."""

    def __init__(self, source: Source, config: Config | None, erase: bool) -> None:
        self.source = source
        self.root = source.root
        self.config = config
        self.rig = config.rig if config else None
        self.erase = erase
        self.problems: list[str] = list(getattr(source, "notes", []))
        self._answers: dict[tuple[str, ...], Ran] = {}

    def run(self, arguments: Sequence[str], *, seconds: float = 30.0) -> Ran:
        """The tool's answer, kept where several collectors read it."""
        key = ("dmidecode",) if arguments[0] == "dmidecode" else tuple(arguments)
        if key not in self._answers:
            ran = self.source.run(key, seconds=seconds)
            if arguments[0] not in ("dmidecode", "lspci", "lsusb"):
                return ran
            self._answers[key] = ran
        return self._answers[key]

    def guard(self, what: str, default: Any, collect: Any) -> Any:
        return guarded(what, self.problems, default, collect)

    def everything(self) -> dict[str, Any]:
        """The snapshot."""
        root, run, rig, problems, guard = self.root, self.run, self.rig, self.problems, self.guard
        live = self.source.kind == "live"
        firmware_text = run(["dmidecode"], seconds=20).out if rig is None else ""
        said = {"dmidecode_text": firmware_text}
        cards = guard("cards", [], lambda: pci.collect_pci(root, problems, run=run))
        usb = guard("USB devices", [], lambda: collect_usb(root, "" if live else run(["lsusb"]).out))
        named = guard("network cards' names", [], lambda: collect_network_cards(root, cards, usb, **said))
        drives = self._drives()
        if rig is None and self.source.has_files():
            problems += self._hidden(cards, drives)
        chassis = guard("chassis", {}, lambda: dict(collect_chassis(root, problems, rig=rig, run=run)))
        inventory = {
            "schema": SCHEMA,
            "taken_at": now_text() if live else str(getattr(self.source, "about", {}).get("taken_at", "")),
            "agent_version": VERSION,
            "image_version": self.config.image_version if self.config else "",
            "hostname": socket.gethostname() if live else "",
            "source": self.source.kind,
            "form": machine_form(str(chassis.get("chassis_type", ""))),
            "firmware": guard("firmware", {}, lambda: self._firmware(firmware_text)),
            "chassis": chassis,
            "board": guard("main board", {}, lambda: collect_board(root, rig=rig, run=run)),
            "cpu": guard("processor", {}, lambda: self._cpu(firmware_text)),
            "memory": guard("memory", {}, lambda: collect_memory(root, problems, firmware=rig is None, run=run)),
            "drives": drives,
            "network": guard("network interfaces", [], lambda: self._network(named)),
            "network_cards": named,
            "graphics": guard("graphics", [], lambda: self._graphics(cards, firmware_text)),
            "screens": guard("screens", [], lambda: collect_screens(root, problems)),
            "sound": guard("sound", [], lambda: collect_sound(root, cards, usb, **said)),
            "cameras": guard("cameras", [], lambda: collect_cameras(root, usb)),
            "bluetooth": guard("Bluetooth", [], lambda: collect_bluetooth(root, usb)),
            "batteries": guard("batteries", [], lambda: self._batteries(firmware_text)),
            "inputs": guard("input devices", [], lambda: collect_inputs(root, firmware_text)),
            "security": guard("security devices", [], lambda: collect_security(root, usb, firmware_text)),
            "usb": usb,
            "usb_buses": guard("USB buses", [], lambda: collect_usb_buses(root)),
            "ports": guard("ports", [], lambda: collect_ports(root, firmware_text)),
            "slots": guard("slots", [], lambda: parse_slots(firmware_text)),
            "sensors": guard("sensors", [], lambda: collect_sensors(root)),
            "controllers": pci.controllers(cards),
            "problems": problems,
        }
        inventory["missing"] = guard("what is missing", [], lambda: missing_facts(inventory, self.source))
        return inventory

    def _drives(self) -> list[dict[str, Any]]:
        problems = self.problems
        if self.source.kind != "dumps":
            return list(self.guard("drives", [], self._asked_drives))
        listed = self.run(["lsblk"])
        drives = self.guard("drives", [], lambda: parse_lsblk(listed.out, problems) if listed.ok else [])
        texts = self.source.texts("smartctl"), self.source.texts("hdparm")
        return list(self.guard("drives", drives, lambda: recorded_drives(drives, *texts)))

    def _asked_drives(self) -> list[dict[str, Any]]:
        # The live machine's tools are asked as always; a capture's in its own way.
        ask = None if type(self.source) is Source else self.source.run
        at_home = self.config is not None and self.config.mode == "resident"
        drives = collect_drives(self.root, self.problems, rig=self.rig, erase=self.erase, gently=at_home, ask=ask)
        return without_names(drives) if at_home else drives

    def _hidden(self, cards: list[pci.PciDevice], drives: list[dict[str, Any]]) -> list[str]:
        visible = sum(1 for drive in drives if not drive["boot_medium"] and drive["transport"] != "usb")
        return list(
            self.guard("hidden drives", [], lambda: hidden_drive_problems(self.root, cards, visible_drives=visible))
        )

    def _firmware(self, text: str) -> dict[str, Any]:
        files = self.source.kind == "live" or (self.root / "sys/firmware").is_dir()
        return collect_firmware(self.root, self.problems, dmidecode_text=text, files=files)

    def _cpu(self, text: str) -> dict[str, Any]:
        own = platform.machine() if self.source.kind == "live" else ""
        return collect_cpu(self.problems, run=self.run, dmidecode_text=text, architecture=own)

    def _network(self, named: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if self.source.kind == "dumps":
            return add_models(parse_net(self.run(["net"]).out), named)
        return add_models(collect_network(self.root, self.problems, rig=self.rig, run=self.source.run), named)

    def _graphics(self, cards: list[pci.PciDevice], text: str) -> list[dict[str, Any]]:
        drawn = "" if self.source.kind == "live" else self.run(["glxinfo"]).out
        return collect_graphics(self.root, cards, dmidecode_text=text, glxinfo_text=drawn)

    def _batteries(self, text: str) -> list[dict[str, Any]]:
        if self.source.has_files():
            return collect_batteries(self.root, self.problems)
        return parse_batteries(text)
