"""Whether a machine meets a requirement: yes, no with the reason in words, or not known. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from controller.grading.facts import WHOLE, DriveFact, Facts
from controller.grading.requirements import GB, GIB, Requirement
from controller.grading.said import NOTHING, Said, say
from controller.health.verdict import Level
from controller.i18n import N_


@dataclass(frozen=True)
class Check:
    """``met``: None where it isn't known; ``why``: what is wrong, or what isn't known."""

    part: str
    met: bool | None
    why: Said = NOTHING
    least: float = 0


Rule = Callable[[Facts, float], tuple[bool | None, Said]]
MET = (True, NOTHING)


def check(facts: Facts, requirement: Requirement) -> Check:
    """One requirement."""
    met, why = RULES[requirement.part](facts, requirement.least)
    return Check(requirement.part, met, why, requirement.least)


def target_drive(facts: Facts) -> DriveFact | None:
    """The drive that a system would be put on: the healthiest, then one without moving parts, then the largest."""
    gravity = {Level.FAILING: 0, Level.WORN: 1}
    return max(
        facts.drives or (),
        key=lambda d: (gravity.get(d.verdict.level, 2), bool(d.fast), d.size_bytes),
        default=None,
    )


def _bits(facts: Facts, _: float) -> tuple[bool | None, Said]:
    if facts.bits_64 is None:
        return None, say(N_("whether its processor is a 64-bit one"))
    return facts.bits_64, say(N_("its processor can't run a 64-bit system"))


def _work(facts: Facts, least: float) -> tuple[bool | None, Said]:
    if facts.work is None:
        return None, say(N_("how fast its processor is"))
    if facts.work >= least:
        return MET
    if not facts.cpu_model:
        return False, say(N_("its processor is too slow"))
    return False, say(N_("its processor is too slow ({model})"), model=facts.cpu_model)


def _cores(facts: Facts, least: float) -> tuple[bool | None, Said]:
    if facts.cores is None:
        return None, say(N_("how many cores its processor has"))
    return facts.cores >= least, say(N_("its processor has one core only"))


def _memory(facts: Facts, least: float) -> tuple[bool | None, Said]:
    if facts.memory is None:
        return None, say(N_("how much memory it has"))
    # A quarter GiB of leave: graphics without memory of their own take a part before anyone counts.
    if facts.memory.total_bytes >= least - GIB // 4:
        return MET
    have = round(facts.memory.total_bytes / GIB, 1)
    text = N_("{have} GB of memory is too little (it takes {least})")
    return False, say(text, have=int(have) if have == int(have) else have, least=round(least / GIB))


def _memory_sound(facts: Facts, _: float) -> tuple[bool | None, Said]:
    verdict = facts.memory_verdict
    bad = verdict is not None and verdict.level is Level.FAILING
    return not (bad or facts.failed("memory")), say(N_("its memory gives back wrong data"))


def _memory_good(facts: Facts, _: float) -> tuple[bool | None, Said]:
    verdict = facts.memory_verdict
    bad = verdict is not None and verdict.level in (Level.WORN, Level.FAILING)
    return not (bad or facts.failed("memory")), say(N_("a memory module is getting weak"))


def _cooling(facts: Facts, _: float) -> tuple[bool | None, Said]:
    bad = facts.heat is not None and facts.heat.level is Level.FAILING
    return not bad, say(N_("its cooling fails: clean it, new thermal paste, or another fan"))


def _processor(facts: Facts, _: float) -> tuple[bool | None, Said]:
    return not facts.failed("cpu"), say(N_("its processor failed its test"))


def _drive(facts: Facts, least: float) -> tuple[bool | None, Said]:
    if facts.drives is None:
        return None, say(N_("which drives it has"))
    found = target_drive(facts)
    if found is None:
        return False, say(N_("it has no drive"))
    if any(d.size_bytes >= least for d in facts.drives):
        return MET
    have = round(found.size_bytes / GB)
    return False, say(N_("its drive holds {have} GB only (it takes {least})"), have=have, least=round(least / GB))


def _drive_works(facts: Facts, _: float) -> tuple[bool | None, Said]:
    found = target_drive(facts)
    return not (found and found.verdict.level is Level.FAILING), say(N_("its drive is failing"))


def _drive_good(facts: Facts, _: float) -> tuple[bool | None, Said]:
    found = target_drive(facts)
    if found and found.verdict.level is Level.FAILING:
        return False, say(N_("its drive is failing"))
    return not (found and found.verdict.level is Level.WORN), say(N_("its drive is worn"))


def _fast_drive(facts: Facts, _: float) -> tuple[bool | None, Said]:
    found = target_drive(facts)
    if found is None:
        return MET  # said already: it has none
    if found.fast is None:
        return None, say(N_("whether its drive is a hard disk"))
    return found.fast, say(N_("its drive is a hard disk"))


def _keyboard(facts: Facts, _: float) -> tuple[bool | None, Said]:
    return not (facts.portable and facts.failed("keyboard")), say(N_("its keyboard doesn't work"))


def _screen(facts: Facts, least: float) -> tuple[bool | None, Said]:
    if facts.screen_px is None or facts.form not in WHOLE:
        return MET  # another screen can be connected; one that doesn't say its size is no reason against it
    return facts.screen_px >= least, say(N_("its screen is too small ({px} pixels across)"), px=facts.screen_px)


def _graphics(facts: Facts, _: float) -> tuple[bool | None, Said]:
    return not facts.failed("graphics"), say(N_("its graphics failed their test"))


def _network(facts: Facts, _: float) -> tuple[bool | None, Said]:
    if facts.wired or facts.wifi:
        return MET
    known = facts.wired is not None and facts.wifi is not None
    unknown = say(N_("whether it has a network that works"))
    return (False, say(N_("it has no network that works"))) if known else (None, unknown)


def _camera(facts: Facts, _: float) -> tuple[bool | None, Said]:
    if facts.camera is None:
        return None, say(N_("whether it has a camera"))
    failed = facts.failed("camera") is not None
    return facts.camera, say(N_("its camera doesn't work")) if failed else say(N_("it has no camera"))


def _sound(facts: Facts, _: float) -> tuple[bool | None, Said]:
    if facts.sound is None:
        return None, say(N_("whether its sound works"))
    failed = facts.failed("sound") is not None
    return facts.sound, say(N_("its sound doesn't work")) if failed else say(N_("it has no sound"))


RULES: dict[str, Rule] = {
    "bits_64": _bits,
    "work": _work,
    "cores": _cores,
    "memory": _memory,
    "memory_sound": _memory_sound,
    "memory_good": _memory_good,
    "cooling": _cooling,
    "processor": _processor,
    "drive": _drive,
    "drive_works": _drive_works,
    "drive_good": _drive_good,
    "fast_drive": _fast_drive,
    "keyboard": _keyboard,
    "screen": _screen,
    "graphics": _graphics,
    "network": _network,
    "camera": _camera,
    "sound": _sound,
}
