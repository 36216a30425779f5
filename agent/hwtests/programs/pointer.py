# /// recyclerie-test
# name = "pointer"
# title = "Touchpad, stick or mouse"
# subsystem = "pointer"
# runs = "parallel"
# limit_seconds = 1800
# usual_seconds = 30
# hands = true
# [figures]
# corners_reached = "count"
# ///
"""Touchpad, stick, mouse, touchscreen: into each corner, and both buttons."""

from __future__ import annotations

from agent.hands_on import canvas as colours
from agent.hands_on.canvas import Cell
from agent.hands_on.findings import Finding, skipped
from agent.hands_on.input_devices import InputDevice, find_devices, opened
from agent.hands_on.person import Person, Skipped
from agent.hands_on.pointer_state import CORNERS, PointerState

KINDS = ("touchpad", "trackpoint", "mouse", "touchscreen", "tablet")
LOOK_SECONDS = 1.0


def hands_on(person: Person) -> list[Finding]:
    """Each pointing device that is part of the machine; else those that are plugged in."""
    devices = find_devices(person.root, KINDS)
    devices = [device for device in devices if device.built_in] or devices
    if not devices:
        return [Finding("skipped", "The system sees no touchpad, mouse or other pointing device.")]
    found = []
    for device in devices:
        try:
            found.append(_try(person, device))
        except Skipped as passed:
            found.append(skipped(passed.reason, device.name))
    return found


def judge(state: PointerState, name: str) -> Finding:
    """What answered when the test ended."""
    figures = {"corners_reached": len(state.corners), "buttons": sorted(state.buttons), "wheel": state.wheel}
    if state.done:
        return Finding("pass", "", figures, name)
    if not state.moved:
        return Finding("fail", "The pointer does not move.", figures, name)
    if len(state.corners) < len(CORNERS):
        return Finding("fail", f"The pointer reached {len(state.corners)} of 4 corners.", figures, name)
    if not state.buttons:
        return Finding("degraded", "The pointer moves, but neither of its buttons clicks.", figures, name)
    if "left" in state.buttons:
        return Finding("degraded", "The pointer moves, but its right button does not click.", figures, name)
    return Finding("degraded", "The pointer moves, but its left button does not click.", figures, name)


def _try(person: Person, device: InputDevice) -> Finding:
    with opened([device]) as devices:
        ranges = devices[0].ranges() if devices else ((0, 1000), (0, 1000))
        state = PointerState(device.kind, device.one_button, ranges)
        _draw(person, device, state)
        person.terminal.forget()
        while not state.done:
            alive = [one for one in devices if not one.gone]
            key = person.key(LOOK_SECONDS, alive)
            for one in alive:
                for event in one.events():
                    state.feed(event)
            if key == person.letter("no"):
                break
            person.leave(key)
            _draw(person, device, state)
    return judge(state, device.name)


def _draw(person: Person, device: InputDevice, state: PointerState) -> None:
    do = "pointer.do.touch" if state.touches_screen else "pointer.do.one" if state.one_button else "pointer.do"
    kind = person.say(f"pointer.kind.{device.kind}")
    page = person.page(
        person.say("pointer.body", kind=kind, name=device.name), person.say(do), small=person.say("pointer.small")
    )
    canvas, _ = person.draw(page)
    right, bottom = canvas.columns - 6, canvas.rows - 4
    for corner in CORNERS:
        ground = colours.GREEN if corner in state.corners else colours.GREY
        canvas.fill(corner[0] * right, 1 + corner[1] * bottom, 6, 2, Cell(" ", colours.WHITE, ground))
    if not state.touches_screen:
        for place, button in enumerate(("left", "right")):
            ground = colours.GREEN if button in state.buttons else colours.GREY
            x = canvas.columns // 2 - 20 + 21 * place
            canvas.fill(x, canvas.rows - 5, 19, 3, Cell(" ", colours.BLACK, ground))
            text = person.say(f"pointer.{button}").center(19)
            canvas.put(x, canvas.rows - 4, text, colours.WHITE if button in state.buttons else colours.BLACK, ground)
    x, y = round(state.x * (canvas.columns - 3)), 1 + round(state.y * (canvas.rows - 3))
    canvas.fill(x, y, 3, 1, Cell("─", colours.BRIGHT_YELLOW))
    canvas.fill(x + 1, y, 1, 1, Cell("┼", colours.BRIGHT_YELLOW))
    person.terminal.show(canvas)
