"""What a machine can be good for, in order, and the grades."""

from __future__ import annotations

from enum import StrEnum

from controller.i18n import N_


class Use(StrEnum):
    """Uses, the humblest first: who does one does those before it, but for what video calls need beside."""

    PARTS = "parts"
    LIGHT = "light"
    OFFICE = "office"
    VIDEO = "video"


ORDER = tuple(Use)
USE_NAMES: dict[Use, str] = {
    Use.PARTS: N_("parts only"),
    Use.LIGHT: N_("light use only"),
    Use.OFFICE: N_("office and school"),
    Use.VIDEO: N_("video calls"),
}
USE_ICONS: dict[Use, str] = {Use.PARTS: "wrench", Use.LIGHT: "mail", Use.OFFICE: "file-text", Use.VIDEO: "video"}


class Grade(StrEnum):
    """How good a machine is as it stands."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


GRADE_NAMES: dict[Grade, str] = {
    Grade.A: N_("does everything"),
    Grade.B: N_("good for school"),
    Grade.C: N_("for light use"),
    Grade.D: N_("not fit as it is"),
}
GRADE_TONES: dict[Grade, str] = {Grade.A: "good", Grade.B: "done", Grade.C: "waiting", Grade.D: "alert"}
GRADE_ICONS: dict[Grade, str] = {
    Grade.A: "circle-check",
    Grade.B: "thumbs-up",
    Grade.C: "circle-alert",
    Grade.D: "circle-x",
}
GRADE_OF: dict[Use, Grade] = {Use.VIDEO: Grade.A, Use.OFFICE: Grade.B, Use.LIGHT: Grade.C, Use.PARTS: Grade.D}


def rank(use: Use) -> int:
    """Its place in the order."""
    return ORDER.index(use)


def lower(first: Grade, second: Grade) -> Grade:
    """The worse of two grades."""
    return max(first, second)
