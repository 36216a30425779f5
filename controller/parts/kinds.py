"""What a spare part can be, and what must be known of each kind so that it can be matched with a machine."""

from __future__ import annotations

from enum import StrEnum

from controller.i18n import N_


class PartKind(StrEnum):
    """Kinds of parts; the text is what is stored."""

    MEMORY = "memory"
    SSD = "ssd"
    HDD = "hdd"
    BATTERY = "battery"
    CHARGER = "charger"
    WIFI = "wifi"
    WEBCAM = "webcam"
    KEYBOARD = "keyboard"
    OTHER = "other"


KIND_NAMES: dict[PartKind, str] = {
    PartKind.MEMORY: N_("Memory module"),
    PartKind.SSD: N_("SSD"),
    PartKind.HDD: N_("Hard disk"),
    PartKind.BATTERY: N_("Battery"),
    PartKind.CHARGER: N_("Charger"),
    PartKind.WIFI: N_("Wi-Fi adapter"),
    PartKind.WEBCAM: N_("Webcam"),
    PartKind.KEYBOARD: N_("Keyboard"),
    PartKind.OTHER: N_("Other part"),
}
KIND_ICONS: dict[PartKind, str] = {
    PartKind.MEMORY: "memory-stick",
    PartKind.SSD: "hard-drive",
    PartKind.HDD: "hard-drive",
    PartKind.BATTERY: "battery",
    PartKind.CHARGER: "plug-zap",
    PartKind.WIFI: "wifi",
    PartKind.WEBCAM: "camera",
    PartKind.KEYBOARD: "keyboard",
    PartKind.OTHER: "wrench",
}


class Origin(StrEnum):
    """Where a part came from."""

    DONATED = "donated"
    BOUGHT = "bought"
    MACHINE = "machine"


ORIGIN_NAMES: dict[Origin, str] = {
    Origin.DONATED: N_("donated"),
    Origin.BOUGHT: N_("bought"),
    Origin.MACHINE: N_("taken out of a machine"),
}


class PartState(StrEnum):
    """What shape a part is in."""

    NEW = "new"
    GOOD = "good"  # used, tried
    UNTRIED = "untried"


STATE_NAMES: dict[PartState, str] = {
    PartState.NEW: N_("new"),
    PartState.GOOD: N_("used, works"),
    PartState.UNTRIED: N_("not tried yet"),
}

MEMORY_TYPES = ("DDR", "DDR2", "DDR3", "DDR4", "DDR5")
FORM_FACTORS = ("SODIMM", "DIMM")
INTERFACES = ("SATA", "NVMe", "mSATA", "IDE", "USB")
SIZED = frozenset({PartKind.MEMORY, PartKind.SSD, PartKind.HDD})  # kinds of which the size matters
FITTING = frozenset({PartKind.BATTERY, PartKind.CHARGER, PartKind.KEYBOARD})  # kinds that fit some models only
