# /// recyclerie-test
# name = "keyboard"
# title = "Keyboard: each key"
# subsystem = "keyboard"
# runs = "parallel"
# limit_seconds = 1800
# usual_seconds = 90
# hands = true
# [figures]
# keys_answered = "count"
# ///
"""Keyboard: each key once, read from the kernel by its place, so that no layout stands in between."""

from __future__ import annotations

from agent.hands_on.findings import Finding
from agent.hands_on.input_devices import find_devices, opened
from agent.hands_on.key_map import KEYS, PAD, PAD_REQUIRED, REQUIRED, PlacedKey, in_reading_order, name_of, named
from agent.hands_on.keyboard_pages import press_all
from agent.hands_on.keyboard_state import KeyboardState
from agent.hands_on.person import Person

# A dead key of these costs comfort; of the others, the use of the keyboard.
MINOR = frozenset({*range(59, 69), 87, 88, *PAD_REQUIRED})


def hands_on(person: Person) -> list[Finding]:
    """All keys of the main part, then of the numeric pad; then what did not answer."""
    pad = person.ask(person.say("keyboard.pad"), yes=person.say("keyboard.pad.yes"), no=person.say("keyboard.pad.no"))
    state = KeyboardState()
    rounds: list[tuple[tuple[PlacedKey, ...], frozenset[int]]] = [(KEYS, REQUIRED)]
    rounds += [(PAD, PAD_REQUIRED)] if pad else []
    with opened(find_devices(person.root, ("keyboard",)), grab=True) as devices:
        for keys, required in rounds:
            press_all(person, devices, keys, required, state)
    required = frozenset().union(*(codes for _, codes in rounds))
    missing = in_reading_order(required - state.pressed)
    if missing:
        names = named(missing, person.language)
        said = person.say("keyboard.missing", keys=names) if state.pressed else person.say("keyboard.none")
        if not person.ask(
            person.say("keyboard.exist"),
            said,
            yes=person.say("keyboard.exist.yes"),
            no=person.say("keyboard.exist.no"),
        ):
            missing = []
    stuck = in_reading_order(state.stuck)
    if stuck:
        names = named(stuck, person.language)
        if person.ask(
            person.say("keyboard.stuck"),
            person.say("keyboard.held", keys=names),
            yes=person.say("keyboard.stuck.yes"),
            no=person.say("keyboard.stuck.no"),
        ):
            stuck = []
    return [judge(state, missing, stuck, person.language)]


def judge(state: KeyboardState, missing: list[int], stuck: list[int], language: str) -> Finding:
    """``missing`` and ``stuck``: codes of keys that the person confirmed. Keys are named as they are printed."""
    dead = [name_of(code, language) for code in missing]
    held = [name_of(code, language) for code in stuck]
    figures = {"keys_answered": len(state.pressed), "keys_dead": dead, "keys_stuck": held}
    if not state.pressed:
        return Finding("fail", "No key of the keyboard answered.", figures, state.device)
    reasons = []
    if dead:
        reasons.append(f"Keys that do not answer: {named(missing, language)}.")
    if held:
        reasons.append(f"Keys that stay down: {named(stuck, language)}.")
    if not reasons:
        return Finding("pass", "", figures, state.device)
    minor = not stuck and set(missing) <= MINOR
    return Finding("degraded" if minor else "fail", " ".join(reasons), figures, state.device)
