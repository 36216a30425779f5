"""What was found, part by part: one line each, with a tone, for the assessment's box. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from controller.grading.facts import Facts
from controller.grading.requirements import GIB
from controller.grading.said import Said, say
from controller.health.verdict import Level, Verdict
from controller.i18n import N_

TONES: dict[Level, str] = {
    Level.GOOD: "good",
    Level.WORN: "waiting",
    Level.FAILING: "alert",
    Level.UNKNOWN: "quiet",
    Level.NOTE: "quiet",
}
ICONS = {"good": "circle-check", "waiting": "triangle-alert", "alert": "circle-x", "quiet": "circle-question-mark"}
SAYS = 3  # reasons in one line


@dataclass(frozen=True)
class Finding:
    """A part's name (msgid), how it is, and in words."""

    part: str
    tone: str  # good, waiting, alert, quiet
    texts: tuple[Said, ...]

    @property
    def icon(self) -> str:
        """Its tone is never colour alone."""
        return ICONS[self.tone]


def findings(facts: Facts) -> tuple[Finding, ...]:
    """The findings that there is something to say of."""
    return tuple(_found(facts))


def _found(facts: Facts) -> Iterator[Finding]:
    if facts.bits_64 is False:
        yield Finding(N_("Processor"), "alert", (say(N_("can't run a 64-bit system")),))
    yield from _memory(facts)
    for drive in facts.drives or ():
        name = say(N_("{model}:"), model=drive.model or "?")
        yield _verdict(N_("Drive"), drive.verdict, name if len(facts.drives or ()) > 1 else None)
    if facts.drives == ():
        yield Finding(N_("Drive"), "alert", (say(N_("none")),))
    for battery in facts.batteries or ():
        yield _verdict(N_("Battery"), battery)
    if facts.heat is not None:
        yield _verdict(N_("Cooling"), facts.heat)
    if facts.look in LOOK_WORDS:
        tone, text = LOOK_WORDS[facts.look]
        yield Finding(N_("Looks"), tone, (say(text),))


LOOK_WORDS = {
    "none": ("good", N_("nothing to see")),
    "light": ("good", N_("light marks")),
    "visible": ("waiting", N_("visible damage")),
    "broken": ("alert", N_("something is broken")),
}


def _memory(facts: Facts) -> Iterator[Finding]:
    if facts.memory_verdict is not None:
        yield _verdict(N_("Memory"), facts.memory_verdict)
    elif facts.memory is not None:
        size = round(facts.memory.total_bytes / GIB, 1)
        text = say(N_("{size} GB, not tested yet"), size=int(size) if size == int(size) else size)
        yield Finding(N_("Memory"), "quiet", (text,))


def _verdict(part: str, verdict: Verdict, name: Said | None = None) -> Finding:
    reasons = tuple(Said(reason.message, reason.params) for reason in verdict.reasons[:SAYS])
    return Finding(part, TONES[verdict.level], (*((name,) if name else ()), *reasons))
