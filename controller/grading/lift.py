"""What would lift a machine: the cheapest parts that make it fit for more. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from controller.grading.caps import Cap
from controller.grading.checks import Check
from controller.grading.facts import Facts
from controller.grading.memory_plan import memory_need
from controller.grading.needs import Need, Piece, drive, flat
from controller.grading.said import Said, listed, say
from controller.grading.uses import Grade, Use
from controller.i18n import N_
from controller.parts.kinds import PartKind
from controller.parts.offers import Offer


@dataclass(frozen=True, kw_only=True)
class Lift:
    """``needs`` put in, the machine is fit for ``use`` (or reaches ``grade``)."""

    use: Use | None
    grade: Grade | None
    needs: tuple[Need, ...]
    sentence: Said
    unknown: tuple[Said, ...] = ()  # what isn't known of the machine, and could still be in the way

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Every part."""
        return tuple(piece for need in self.needs for piece in need.pieces)

    @property
    def cents(self) -> int:
        """What is still to be spent."""
        return sum(need.cents for need in self.needs)

    @property
    def in_stock(self) -> bool:
        """Whether every part is there."""
        return all(need.in_stock for need in self.needs)

    @property
    def unsure(self) -> tuple[Said, ...]:
        """What must be looked up first, each once."""
        return tuple(dict.fromkeys(text for need in self.needs for text in need.unsure))


SENTENCES: dict[Use, str] = {
    Use.LIGHT: N_("{parts}, and it does for light use."),
    Use.OFFICE: N_("{parts}, and it does for office and school."),
    Use.VIDEO: N_("{parts}, and it does video calls."),
}

Fix = Callable[[Facts, Sequence[Check], Sequence[Offer]], Need | None]


def lift_to(use: Use, facts: Facts, checks: Sequence[Check], offers: Sequence[Offer]) -> Lift | None:
    """The parts that ``use`` lacks, from its ``checks``; None where something is in the way that no part mends."""
    wrong = [c for c in checks if c.met is False]
    needs: list[Need] = []
    mended: set[str] = set()
    for group, fix in FIXES:
        mine = [c for c in wrong if c.part in group]
        if not mine:
            continue
        need = fix(facts, checks, offers)
        if need is None:
            return None
        needs.append(need)
        mended |= group
    if not needs or any(c.part not in mended for c in wrong):
        return None
    parts = listed([need.what for need in needs])
    unknown = tuple(c.why for c in checks if c.met is None)
    return Lift(use=use, grade=None, needs=tuple(needs), sentence=say(SENTENCES[use], parts=parts), unknown=unknown)


def lift_grade(grade: Grade, caps: Sequence[Cap]) -> Lift | None:
    """The parts that take away every cap below ``grade``; None where one can't be mended with a part."""
    low = [cap for cap in caps if cap.grade > grade]
    needs = tuple(cap.need for cap in low if cap.need is not None)
    if not low or len(needs) < len(low):
        return None
    parts = listed([need.what for need in needs])
    sentence = say(N_("{parts}, and its grade is {grade}."), parts=parts, grade=grade.value)
    return Lift(use=None, grade=grade, needs=needs, sentence=sentence)


def _memory(facts: Facts, checks: Sequence[Check], offers: Sequence[Offer]) -> Need | None:
    if facts.memory is None:
        return None
    bad = any(c.part in ("memory_sound", "memory_good") and c.met is False for c in checks)
    target = round(next((c.least for c in checks if c.part == "memory"), 0))
    return memory_need(facts.memory, target, offers, replace_all=bad)


def _drive(facts: Facts, checks: Sequence[Check], offers: Sequence[Offer]) -> Need | None:
    least = round(next((c.least for c in checks if c.part == "drive"), 0))
    return drive(facts, least, offers, fast=any(c.part == "fast_drive" for c in checks))


def _network(facts: Facts, _: Sequence[Check], offers: Sequence[Offer]) -> Need | None:
    return flat(PartKind.WIFI, say(N_("a USB Wi-Fi adapter")), facts, offers)


def _camera(facts: Facts, _: Sequence[Check], offers: Sequence[Offer]) -> Need | None:
    return flat(PartKind.WEBCAM, say(N_("a webcam")), facts, offers)


def _sound(facts: Facts, _: Sequence[Check], __: Sequence[Offer]) -> Need | None:
    return flat(PartKind.OTHER, say(N_("a USB headset")), facts, ())


def _keyboard(facts: Facts, _: Sequence[Check], offers: Sequence[Offer]) -> Need | None:
    return flat(PartKind.KEYBOARD, say(N_("a keyboard for it")), facts, offers, fitting=True)


FIXES: tuple[tuple[frozenset[str], Fix], ...] = (
    (frozenset({"drive", "drive_works", "drive_good", "fast_drive"}), _drive),
    (frozenset({"memory", "memory_sound", "memory_good"}), _memory),
    (frozenset({"keyboard"}), _keyboard),
    (frozenset({"network"}), _network),
    (frozenset({"camera"}), _camera),
    (frozenset({"sound"}), _sound),
)
