"""What lowers a grade although the machine does its work: wear, marks, a part that failed its test. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from controller.grading.checks import target_drive
from controller.grading.facts import WHOLE, Facts
from controller.grading.needs import Need, flat
from controller.grading.said import Said, say
from controller.grading.uses import Grade
from controller.health.verdict import Level
from controller.i18n import N_
from controller.parts.kinds import PartKind
from controller.parts.offers import Offer


@dataclass(frozen=True)
class Cap:
    """``grade`` at best, because of ``why``; ``need``: the part that would mend it, or None."""

    grade: Grade
    why: Said
    need: Need | None = None


# A test's subsystem: the best grade and the words where it failed; those whose failure takes a use away are in
# controller.grading.checks.
FAILED: Final[dict[str, tuple[Grade, str]]] = {
    "pointer": (Grade.B, N_("its touchpad or mouse failed its test")),
    "keyboard": (Grade.B, N_("its keyboard failed its test")),
    "usb": (Grade.B, N_("a USB port failed its test")),
    "clock": (Grade.B, N_("its clock doesn't keep the time: a new button cell")),
    "fans": (Grade.C, N_("its fan failed its test")),
    "screen": (Grade.C, N_("its screen failed its test")),
    "graphics": (Grade.C, N_("its graphics failed their test")),
    "network": (Grade.B, N_("its network socket failed its test")),
}
# Degraded: works, worse than it should.
WEAK: Final[dict[str, str]] = {
    "pointer": N_("its touchpad or mouse works badly"),
    "keyboard": N_("some keys of its keyboard work badly"),
    "usb": N_("a USB port works badly"),
    "clock": N_("its clock is off"),
    "fans": N_("its fan works badly"),
    "screen": N_("its screen has faults"),
    "graphics": N_("its graphics are slow"),
    "network": N_("its network socket is slower than it should be"),
    "wifi": N_("its Wi-Fi is weak"),
    "sound": N_("its sound works badly"),
    "camera": N_("its camera works badly"),
}
LOOKS: Final[dict[str, tuple[Grade, str]]] = {
    "visible": (Grade.B, N_("it has visible damage")),
    "broken": (Grade.C, N_("a part of its case or screen is broken")),
}


def caps(facts: Facts, offers: Sequence[Offer]) -> tuple[Cap, ...]:
    """Everything that lowers the grade, the gravest first."""
    found = [*_battery(facts, offers), *_heat(facts), *_drive(facts), *_wifi(facts, offers), *_tests(facts, offers)]
    if facts.look in LOOKS:
        grade, text = LOOKS[facts.look]
        found.append(Cap(grade, say(text)))
    return tuple(sorted(found, key=lambda cap: cap.grade, reverse=True))


def _battery(facts: Facts, offers: Sequence[Offer]) -> list[Cap]:
    levels = [verdict.level for verdict in facts.batteries or ()]
    need = flat(PartKind.BATTERY, say(N_("a battery")), facts, offers, fitting=True)
    if facts.failed("battery") or (levels and all(level is Level.FAILING for level in levels)):
        return [Cap(Grade.B, say(N_("its battery is used up: it works plugged in")), need)]
    if facts.weak("battery") or Level.WORN in levels or Level.FAILING in levels:
        return [Cap(Grade.B, say(N_("its battery is worn")), need)]
    if facts.batteries == () and facts.form == "laptop":
        return [Cap(Grade.B, say(N_("it has no battery: it works plugged in")), need)]
    return []


def _heat(facts: Facts) -> list[Cap]:
    if facts.heat is not None and facts.heat.level is Level.WORN:
        return [Cap(Grade.B, say(N_("it gets too hot at work: clean it, new thermal paste")))]
    return [Cap(Grade.B, say(N_("its processor is slower at work than it should be")))] if facts.weak("cpu") else []


def _drive(facts: Facts) -> list[Cap]:
    found = target_drive(facts)
    if found is None or found.verdict.level is not Level.UNKNOWN:
        return []
    if any(t.subsystem == "drive" and t.outcome == "pass" and t.target == found.serial for t in facts.tests):
        return []
    return [Cap(Grade.B, say(N_("the health of its drive isn't known")))]


def _wifi(facts: Facts, offers: Sequence[Offer]) -> list[Cap]:
    if facts.wifi is not False or not facts.portable:
        return []
    need = flat(PartKind.WIFI, say(N_("a USB Wi-Fi adapter")), facts, offers)
    text = N_("its Wi-Fi doesn't work") if facts.failed("wifi") else N_("it has no Wi-Fi")
    return [Cap(Grade.B, say(text), need)]


def _tests(facts: Facts, offers: Sequence[Offer]) -> list[Cap]:
    found = []
    for subsystem, (grade, text) in FAILED.items():
        if facts.failed(subsystem):
            need = None
            if subsystem == "clock":
                need = flat(PartKind.OTHER, say(N_("a button cell (CR2032)")), facts, ())
            elif subsystem == "keyboard":
                need = flat(PartKind.KEYBOARD, say(N_("a keyboard")), facts, offers, fitting=facts.form in WHOLE)
            found.append(Cap(grade, say(text), need))
    return [*found, *(Cap(Grade.B, say(text)) for subsystem, text in WEAK.items() if facts.weak(subsystem))]
