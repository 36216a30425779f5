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

FIGURES: dict[str, str] = {
    "bad_places": N_("unreadable places"),
    "capacity_percent": N_("capacity left"),
    "cold_celsius": N_("at rest"),
    "corrected": N_("corrected errors"),
    "dead_dots": N_("dead dots"),
    "dead_lines": N_("dead lines"),
    "errors": N_("errors"),
    "fastest_mib_per_second": N_("fastest"),
    "idle_celsius": N_("at rest"),
    "keys_answered": N_("keys answered"),
    "keys_expected": N_("keys expected"),
    "limit_celsius": N_("its limit"),
    "link_mbps": N_("link"),
    "load_celsius": N_("under load"),
    "max_celsius": N_("hottest"),
    "mbps": N_("speed"),
    "mean_mib_per_second": N_("on average"),
    "mib_per_second": N_("speed"),
    "minutes_left": N_("would last"),
    "networks": N_("networks"),
    "offset_seconds": N_("off by"),
    "passes": N_("passes"),
    "ports": N_("ports"),
    "read_bytes": N_("read"),
    "read_mib_per_second": N_("read at"),
    "rpm": N_("turns"),
    "signal_percent": N_("signal"),
    "slowest_mib_per_second": N_("slowest"),
    "tested_bytes": N_("tested"),
    "throttled_seconds": N_("slowed down for"),
    "total_bytes": N_("in the machine"),
    "uncorrected": N_("uncorrected errors"),
    "watts": N_("takes"),
    "working_ports": N_("ports that work"),
    "wrong_results": N_("wrong results"),
}
