"""What tests, the parts that they try and their figures are called. A test unknown here is named by its part."""

from __future__ import annotations

from typing import NamedTuple, get_args

from agent.protocol_tests import Subsystem
from controller.i18n import N_


class Part(NamedTuple):
    """A part of the machine that tests try."""

    label: str  # message id
    icon: str  # Lucide's name


class Outcome(NamedTuple):
    """What a test came to: never by colour alone."""

    tone: str
    icon: str
    label: str  # message id


PARTS: dict[str, Part] = {
    "memory": Part(N_("Memory"), "memory-stick"),
    "cpu": Part(N_("Processor"), "cpu"),
    "drive": Part(N_("Drives"), "hard-drive"),
    "battery": Part(N_("Battery"), "battery"),
    "fans": Part(N_("Fans"), "fan"),
    "clock": Part(N_("Clock"), "clock"),
    "graphics": Part(N_("Graphics"), "image"),
    "screen": Part(N_("Screen"), "monitor"),
    "keyboard": Part(N_("Keyboard"), "keyboard"),
    "pointer": Part(N_("Touchpad, mouse"), "mouse-pointer-click"),
    "usb": Part(N_("USB ports"), "usb"),
    "sound": Part(N_("Sound"), "volume-2"),
    "camera": Part(N_("Camera"), "camera"),
    "network": Part(N_("Network"), "network"),
    "wifi": Part(N_("Wi-Fi"), "wifi"),
}
ORDER = {name: place for place, name in enumerate(PARTS)}

OUTCOMES: dict[str, Outcome] = {
    "pass": Outcome("good", "circle-check", N_("works")),
    "degraded": Outcome("waiting", "triangle-alert", N_("works, not as it should")),
    "fail": Outcome("alert", "circle-x", N_("doesn't work")),
    "timed_out": Outcome("alert", "hourglass", N_("no answer in time")),
    "skipped": Outcome("quiet", "circle-minus", N_("not tried")),
}
# What a part's heading says: the worst of what was found in it.
GRAVITY = ("fail", "timed_out", "degraded", "pass", "skipped")
BAD = GRAVITY[:3]

TESTS: dict[str, str] = {
    "battery": N_("Battery: how long it lasts"),
    "camera": N_("Camera: a picture"),
    "camera-seen": N_("Camera: seen by a person"),
    "clock": N_("Clock and its battery"),
    "cpu": N_("Processor under load"),
    "drive-self-test": N_("The drive's own short test"),
    "drive-surface": N_("Reading the drive's surface"),
    "fans": N_("Fans"),
    "graphics": N_("Drawing a picture"),
    "keyboard": N_("Keyboard: each key"),
    "memory": N_("Memory: patterns"),
    "network": N_("Network: speed to the controller"),
    "pointer": N_("Touchpad, stick or mouse"),
    "screen": N_("Screen: dead dots, lines, stains"),
    "sound": N_("Sound: heard by the machine itself"),
    "sound-heard": N_("Sound: heard by a person"),
    "usb-ports": N_("USB ports: each one"),
    "wifi": N_("Wi-Fi: networks around"),
}

# Those that a person answers at the machine's own screen; what a machine has no part for is skipped there.
HANDS_ON: dict[str, str] = {
    "screen": "screen",
    "keyboard": "keyboard",
    "pointer": "pointer",
    "usb-ports": "usb",
    "sound-heard": "sound",
    "camera-seen": "camera",
}

# Parts that are tried without hands, on every machine that has them.
AUTOMATIC: tuple[Subsystem, ...] = tuple(
    s for s in get_args(Subsystem) if s not in ("screen", "keyboard", "pointer", "usb")
)

# The figures that people are shown, in this order; every other one is in the API.
FIGURES: dict[str, str] = {
    "errors": N_("errors"),
    "corrected": N_("corrected errors"),
    "uncorrected": N_("uncorrected errors"),
    "wrong_results": N_("wrong results"),
    "unreadable_places": N_("unreadable places"),
    "slow_zones": N_("slow places"),
    "mib_per_second": N_("speed"),
    "mbit_per_second": N_("speed"),
    "least_mib_per_second": N_("slowest"),
    "most_mib_per_second": N_("fastest"),
    "read_percent": N_("of the drive read"),
    "tested_bytes": N_("tested"),
    "total_bytes": N_("in the machine"),
    "passes": N_("passes"),
    "idle_celsius": N_("at rest"),
    "load_celsius": N_("under load"),
    "limit_celsius": N_("its limit"),
    "throttled_seconds": N_("slowed down for"),
    "capacity_percent": N_("capacity left"),
    "charge_percent": N_("charge"),
    "watts": N_("takes"),
    "hours_full": N_("would last"),
    "fan_rpm": N_("turns"),
    "idle_rpm": N_("turns at rest"),
    "load_rpm": N_("turns under load"),
    "offset_seconds": N_("off by"),
    "link_mbit": N_("link"),
    "networks": N_("networks"),
    "strongest_dbm": N_("strongest"),
    "keys_answered": N_("keys answered"),
    "corners_reached": N_("corners reached"),
    "dead_dots": N_("dead dots"),
    "dead_lines": N_("dead lines"),
    "ports": N_("ports"),
    "working_ports": N_("ports that work"),
}
