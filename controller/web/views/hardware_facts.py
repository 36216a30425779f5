"""An inventory in lines, one function a subsystem. What is missing or odd is left out, never an error. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from controller.i18n import N_
from controller.machines.snapshot import Body, decimal, items, section, text, whole
from controller.web.formats import memory, number
from controller.web.views.words import Words, counted, words

Said = str | Words
SENSORS_SHOWN = 8


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One line: a label (message id) and values."""

    label: str
    values: tuple[Said, ...]


@dataclass(frozen=True)
class Counted:
    """Some of a kind of port: ``4 × USB`` or ``2 × video (VGA, HDMI)``."""

    count: int
    kind: Words
    connectors: tuple[str, ...]

    def __str__(self) -> str:
        """The text in the language of the page."""
        forms = f" ({', '.join(self.connectors)})" if self.connectors else ""
        return f"{self.count} × {self.kind}{forms}"


def facts(body: Body) -> tuple[Fact, ...]:
    """Every subsystem that has something to say, but processor, memory, batteries: they have places of their own."""
    found = (Fact(label=label, values=tuple(value for value in say(body) if value)) for label, say in _LINES)
    return tuple(fact for fact in found if fact.values)


def missing(body: Body) -> tuple[str, ...]:
    """What the inventory doesn't know, by its subsystems' names (message ids): not looked at is not "not there"."""
    keys = [str(one.get("what") or "").partition(".")[0].partition("[")[0] for one in items(body, "missing")]
    return tuple(dict.fromkeys(SUBSYSTEMS[key] for key in keys if key in SUBSYSTEMS))


def memory_slots(body: Body) -> tuple[Words, ...]:
    """Free slots and what the board takes: whether, and how far, memory can be added."""
    found: list[Words] = []
    ram = section(body, "memory")
    free, slots = ram.get("slots_free"), whole(ram, "slots_total")
    if slots and isinstance(free, int):
        found.append(counted("{n} free slot of {slots}", "{n} free slots of {slots}", free, slots=slots))
    if whole(ram, "soldered_bytes"):
        found.append(words(N_("{size} of it soldered"), size=memory(whole(ram, "soldered_bytes"))))
    if whole(ram, "maximum_bytes"):
        found.append(words(N_("the board takes up to {size}"), size=memory(whole(ram, "maximum_bytes"))))
    if ram.get("ecc") is True:
        found.append(words(N_("corrects its errors (ECC)")))
    return tuple(found)


def _firmware(body: Body) -> list[Said]:
    firmware = section(body, "firmware")
    about = " ".join(text(firmware, key) for key in ("vendor", "version", "date")).strip()
    secure = firmware.get("secure_boot")
    state = words(N_("Secure Boot on")) if secure else words(N_("Secure Boot off")) if secure is False else ""
    found: list[Said] = [text(firmware, "type").upper(), about, state]
    if text(firmware, "type") == "bios" and firmware.get("uefi_capable") is True:
        found.append(words(N_("can start by UEFI too")))
    return found


def _board(body: Body) -> list[Said]:
    board = section(body, "board")
    return [" ".join(filter(None, (text(board, key) for key in ("manufacturer", "product", "version"))))]


def _devices(key: str) -> Callable[[Body], list[Said]]:
    def say(body: Body) -> list[Said]:
        found: list[Said] = []
        for device in items(body, key):
            name, driver = text(device, "name"), text(device, "driver")
            found.append(f"{name} ({driver})" if driver else words(N_("{device}: no driver"), device=name or "?"))
            if device.get("raid_mode"):
                found.append(words(N_("The controller is in RAID mode: set it to AHCI in the firmware.")))
        return found

    return say


def _screens(body: Body) -> list[Said]:
    found: list[Said] = []
    for screen in items(body, "screens"):
        name = " ".join(filter(None, (text(screen, "manufacturer"), text(screen, "name")))) or text(screen, "connector")
        size = f"{number(decimal(screen, 'diagonal_inches'), 1)}″" if decimal(screen, "diagonal_inches") else ""
        pixels = f"{whole(screen, 'width_px')} × {whole(screen, 'height_px')}" if whole(screen, "width_px") else ""
        year = str(whole(screen, "year") or "")
        about = ", ".join(filter(None, (name, size, pixels, year, text(screen, "connector"))))
        found.append(words(N_("{screen}, built in"), screen=about) if screen.get("internal") else about)
    return found


def _network(body: Body) -> list[Said]:
    found: list[Said] = []
    for nic in items(body, "network"):
        kind = N_("Wi-Fi {mac} ({driver})") if nic.get("wireless") else N_("cable {mac} ({driver})")
        line = words(kind, mac=text(nic, "mac") or "?", driver=text(nic, "driver") or "?")
        model = text(nic, "model")
        found.append(words(N_("{card}: {line}"), card=model, line=line) if model else line)
    for card in items(body, "network_cards"):
        if not text(card, "interface") and text(card, "name") and not text(card, "driver"):
            found.append(words(N_("{device}: no driver"), device=text(card, "name")))
    return found


def _bluetooth(body: Body) -> list[Said]:
    found: list[Said] = []
    for one in items(body, "bluetooth"):
        name = text(one, "name") or text(one, "interface") or "Bluetooth"
        if not text(one, "interface"):
            found.append(words(N_("{device}: no driver"), device=name))
        elif one.get("blocked"):
            found.append(words(N_("{device}: switched off by a switch or key of the machine"), device=name))
        else:
            found.append(name)
    return found


def _security(body: Body) -> list[Said]:
    found: list[Said] = []
    for one in items(body, "security"):
        name = " ".join(filter(None, (text(one, "name"), text(one, "version"))))
        label = SECURITY.get(text(one, "kind"))
        if label:
            found.append(words(N_("{what}: {name}"), what=label, name=name) if name else words(label))
    return found


def _inputs(body: Body) -> list[Said]:
    counts = Counter(text(one, "kind") for one in items(body, "inputs"))
    return [words(INPUTS[kind]) for kind in INPUTS if counts[kind]]


def _ports(body: Body) -> list[Said]:
    """The sockets at the outside by kind, then the fastest USB."""
    outside = [port for port in items(body, "ports") if not port.get("internal")]
    found: list[Said] = []
    for kind, label in PORTS.items():
        these = [port for port in outside if text(port, "kind") == kind]
        named = (CONNECTORS.get(text(port, "connector"), text(port, "connector")) for port in these)
        forms = tuple(dict.fromkeys(filter(None, named)))
        if these:
            found.append(str(Counted(len(these), words(label), forms if kind in ("video", "power", "other") else ())))
    fastest = max((whole(bus, "speed_mbps") for bus in items(body, "usb_buses")), default=0)
    if fastest:
        version = "USB 3" if fastest >= 5000 else "USB 2" if fastest >= 480 else "USB 1"
        found.append(words(N_("{version} ({speed} Mb/s)"), version=version, speed=number(fastest)))
    return found


def _slots(body: Body) -> list[Said]:
    free = Counter(text(slot, "type") for slot in items(body, "slots") if slot.get("in_use") is False)
    return [words(N_("{n} × {slot} free"), n=count, slot=name) for name, count in free.items() if name]


def _sensors(body: Body) -> list[Said]:
    found: list[Said] = []
    units = {"temperature": "°C", "fan": "rpm"}
    for one in items(body, "sensors"):
        unit, value = units.get(text(one, "kind")), one.get("value")
        if unit and isinstance(value, int | float):
            name = text(one, "label") or text(one, "chip")
            shown = words(N_("{n} rpm"), n=number(value)) if unit == "rpm" else f"{number(value)} {unit}"
            found.append(words(N_("{what}: {name}"), what=name, name=shown))
    more = len(found) - SENSORS_SHOWN
    return [*found[:SENSORS_SHOWN], *([words(N_("{n} more"), n=more)] if more > 0 else [])]


# As they are called on the box, not by the number of their pins.
CONNECTORS = {
    "DB-15 female": "VGA",
    "HDMI-A": "HDMI",
    "DP": "DisplayPort",
    "DVI-I": "DVI",
    "DVI-D": "DVI",
    "DVI-A": "DVI",
}
SECURITY = {
    "tpm": N_("TPM"),
    "fingerprint": N_("fingerprint reader"),
    "smart_card": N_("smart-card reader"),
}
INPUTS = {
    "keyboard": N_("keyboard"),
    "touchpad": N_("touchpad"),
    "trackpoint": N_("pointing stick"),
    "touchscreen": N_("touchscreen"),
    "tablet": N_("pen"),
    "mouse": N_("mouse"),
}
PORTS = {
    "usb": N_("USB"),
    "video": N_("video"),
    "audio": N_("audio"),
    "network": N_("network socket"),
    "serial": N_("serial port"),
    "parallel": N_("parallel port"),
    "ps2": N_("PS/2"),
    "firewire": N_("FireWire"),
    "modem": N_("modem"),
    "cardbus": N_("card slot"),
}
SUBSYSTEMS = {
    "firmware": N_("Firmware"),
    "chassis": N_("Maker and model"),
    "board": N_("Main board"),
    "cpu": N_("Processor"),
    "memory": N_("Memory"),
    "drives": N_("Drives"),
    "graphics": N_("Graphics"),
    "screens": N_("Screens"),
    "network": N_("Network"),
    "network_cards": N_("Network cards"),
    "bluetooth": N_("Bluetooth"),
    "sound": N_("Sound"),
    "cameras": N_("Cameras"),
    "batteries": N_("Battery"),
    "inputs": N_("Keyboard and pointing"),
    "security": N_("TPM and readers"),
    "usb": N_("USB devices"),
    "ports": N_("Sockets"),
    "slots": N_("Slots for cards"),
    "sensors": N_("Sensors"),
    "controllers": N_("Disk controllers"),
}
_LINES: tuple[tuple[str, Callable[[Body], list[Said]]], ...] = (
    (SUBSYSTEMS["firmware"], _firmware),
    (SUBSYSTEMS["board"], _board),
    (SUBSYSTEMS["graphics"], _devices("graphics")),
    (SUBSYSTEMS["screens"], _screens),
    (SUBSYSTEMS["network"], _network),
    (SUBSYSTEMS["bluetooth"], _bluetooth),
    (SUBSYSTEMS["sound"], _devices("sound")),
    (SUBSYSTEMS["cameras"], _devices("cameras")),
    (SUBSYSTEMS["inputs"], _inputs),
    (SUBSYSTEMS["security"], _security),
    (SUBSYSTEMS["ports"], _ports),
    (SUBSYSTEMS["slots"], _slots),
    (SUBSYSTEMS["sensors"], _sensors),
    (SUBSYSTEMS["controllers"], _devices("controllers")),
    (N_("Live image"), lambda body: [text(body, "image_version")]),
)
