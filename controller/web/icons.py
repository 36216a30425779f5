"""The icons that pages use: names in Lucide's set. ``vendor.py`` puts only these into the sprite."""

from __future__ import annotations

from controller.machines.lifecycle import STATES

FORMS: dict[str, str] = {
    "laptop": "laptop",
    "desktop": "pc-case",
    "all-in-one": "monitor",
    "mini": "computer",
    "tablet": "tablet",
    "other": "circle-question-mark",
}

STEP_STATES: dict[str, str] = {
    "pending": "circle",
    "running": "loader-circle",
    "waiting": "hand",
    "succeeded": "circle-check",
    "failed": "circle-x",
    "skipped": "circle-minus",
}

OTHERS: tuple[str, ...] = (
    "arrow-left",
    "arrow-right",
    "battery-full",
    "battery-warning",
    "ban",
    "battery",
    "book-open-check",
    "camera",
    "check",
    "chevron-down",
    "circle-alert",
    "circle-question-mark",
    "clock",
    "copy",
    "database",
    "cpu",
    "download",
    "ellipsis",
    "eraser",
    "fan",
    "file-text",
    "fingerprint-pattern",
    "hard-drive",
    "heart-pulse",
    "hourglass",
    "image",
    "info",
    "keyboard",
    "layout-dashboard",
    "life-buoy",
    "link",
    "list-checks",
    "log-out",
    "mail",
    "map-pin",
    "memory-stick",
    "monitor-up",
    "moon",
    "mouse-pointer-click",
    "network",
    "package-open",
    "play",
    "plug-zap",
    "plus",
    "printer",
    "qr-code",
    "recycle",
    "rotate-cw",
    "search",
    "settings",
    "shield-alert",
    "shield-question-mark",
    "sun",
    "sun-moon",
    "tag",
    "thermometer",
    "thumbs-up",
    "triangle-alert",
    "undo-2",
    "unplug",
    "usb",
    "user",
    "users",
    "video",
    "volume-2",
    "warehouse",
    "wifi",
    "wifi-off",
    "wrench",
    "x",
)


def icon_names() -> tuple[str, ...]:
    """Every icon of the sprite, sorted."""
    names = {*FORMS.values(), *STEP_STATES.values(), *OTHERS, *(info.icon for info in STATES.values())}
    return tuple(sorted(names))
