"""Where one looks at a machine, by its form, how bad what is found can be, and what is cleaned. Data, no rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from controller.i18n import N_

# From nothing to see to not fit for use, in this order.
SEVERITIES: Final[Mapping[str, str]] = {
    "none": N_("nothing"),
    "light": N_("light marks"),
    "visible": N_("visible damage"),
    "broken": N_("broken"),
}
ORDER: Final = tuple(SEVERITIES)

ZONE_NAMES: Final[Mapping[str, str]] = {
    "lid": N_("Lid"),
    "screen": N_("Screen"),
    "bezel": N_("Frame of the screen"),
    "keyboard": N_("Keyboard"),
    "palmrest": N_("Palm rest and touchpad"),
    "base": N_("Underside"),
    "hinges": N_("Hinges"),
    "ports": N_("Ports"),
    "charger": N_("Charger and its cable"),
    "front": N_("Front"),
    "sides": N_("Sides and top"),
    "back": N_("Back"),
    "feet": N_("Feet"),
    "stand": N_("Stand"),
    "power": N_("Power supply and its cable"),
    "buttons": N_("Buttons"),
    "case": N_("Case"),
}

_OTHER: Final = ("case", "screen", "buttons", "ports", "power")
_ZONES: Final[Mapping[str, tuple[str, ...]]] = {
    "laptop": ("lid", "bezel", "screen", "keyboard", "palmrest", "base", "hinges", "ports", "charger"),
    "desktop": ("front", "sides", "back", "ports", "feet"),
    "all-in-one": ("screen", "bezel", "back", "stand", "ports", "power"),
    "mini": ("case", "ports", "feet", "power"),
    "tablet": ("screen", "back", "buttons", "ports", "charger"),
    "other": _OTHER,
}

CLEANING_NAMES: Final[Mapping[str, str]] = {
    "outside": N_("The outside"),
    "keyboard": N_("The keyboard, between its keys too"),
    "screen": N_("The screen"),
    "dust": N_("The fans and the inside, of their dust"),
    "labels": N_("The donor's stickers and property labels"),
}
_CLEANING: Final[Mapping[str, tuple[str, ...]]] = {
    "laptop": ("outside", "screen", "keyboard", "dust", "labels"),
    "desktop": ("outside", "dust", "labels"),
    "all-in-one": ("outside", "screen", "dust", "labels"),
    "mini": ("outside", "dust", "labels"),
    "tablet": ("outside", "screen", "labels"),
    "other": ("outside", "labels"),
}


def zones(form: str) -> tuple[str, ...]:
    """The zones of a machine of this form, in the order in which one turns it round."""
    return _ZONES.get(form, _OTHER)


def cleaning(form: str) -> tuple[str, ...]:
    """What is cleaned on a machine of this form."""
    return _CLEANING.get(form, _CLEANING["other"])
