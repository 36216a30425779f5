"""The page of the keyboard's test: the picture of the keys, redrawn as they answer."""

from __future__ import annotations

import time
from collections.abc import Sequence

from agent.hands_on import canvas as colours
from agent.hands_on.big_letters import HEIGHT, draw_centred
from agent.hands_on.canvas import Canvas, Cell
from agent.hands_on.input_devices import OpenDevice
from agent.hands_on.key_map import PlacedKey, name_of
from agent.hands_on.keyboard_state import KeyboardState
from agent.hands_on.person import Person

IDLE_SECONDS = 30.0  # without any key for so long, the keys that are missing are taken for dead
LOOK_SECONDS = 0.25
ROWS, KEY_ROWS = 6, 2


def press_all(
    person: Person,
    devices: Sequence[OpenDevice],
    keys: Sequence[PlacedKey],
    required: frozenset[int],
    state: KeyboardState,
) -> None:
    """Until all of ``required`` were pressed, Escape was held, or nothing came for a while."""
    last = time.monotonic()
    state.escapes = 0
    while not required <= state.pressed:
        now = time.monotonic()
        draw(person, keys, required, state, now, characters=not devices)
        alive = [device for device in devices if not device.gone]
        key = person.key(LOOK_SECONDS, alive)
        now = time.monotonic()
        if key is not None and not devices:
            state.character(key)
            last = now
        for device in alive:
            for event in device.events():
                if state.feed(device.device, event, now):
                    last = now
            state.are_down(device.device, device.held(), now)
        if now - last > IDLE_SECONDS or state.ended_by_escape(now) or (not devices and state.escapes >= 2):
            return


def draw(
    person: Person,
    keys: Sequence[PlacedKey],
    required: frozenset[int],
    state: KeyboardState,
    now: float,
    *,
    characters: bool = False,
) -> Canvas:
    """Draw the page and show it."""
    end = "keyboard.end.characters" if characters else "keyboard.end"
    page = person.page(person.say("keyboard.body"), title="", small=person.say(end, seconds=int(IDLE_SECONDS)))
    canvas, row = person.draw(page)
    draw_keys(canvas, row, keys, required, state, person.language)
    row += ROWS * KEY_ROWS + (1 if canvas.rows > 24 else 0)
    left = len(required - state.pressed)
    figure = person.say("keyboard.left", count=left)
    held = state.held(now)
    if held:
        names = ", ".join(name_of(code, person.language) for code in sorted(held))
        canvas.centre(canvas.rows - 2, person.say("keyboard.held", keys=names), colours.BRIGHT_YELLOW)
    else:
        canvas.centre(canvas.rows - 2, person.say("keyboard.body.fn"), colours.GREY)
    if canvas.rows - 2 - row >= HEIGHT:
        draw_centred(canvas, row, figure, colours.BRIGHT_YELLOW, rows=HEIGHT)
    else:
        canvas.centre(row, figure, colours.BRIGHT_YELLOW)
    person.terminal.show(canvas)
    return canvas


def draw_keys(
    canvas: Canvas, top: int, keys: Sequence[PlacedKey], required: frozenset[int], state: KeyboardState, language: str
) -> None:
    """The keys where they lie: green when they answered, red when they stay down, white while missing."""
    width = max(key.left + key.width for key in keys)
    scale = max(1, min(2, (canvas.columns - 2) // width))
    left = (canvas.columns - width * scale) // 2
    for key in keys:
        if key.code in state.stuck and key.code in state.down:
            ink, ground = colours.WHITE, colours.RED
        elif key.code in state.pressed:
            ink, ground = colours.WHITE, colours.GREEN
        elif key.code in required:
            ink, ground = colours.BLACK, colours.GREY
        else:
            ink, ground = colours.GREY, colours.BLUE
        x, y, wide = left + key.left * scale, top + key.row * KEY_ROWS, key.width * scale - 1
        canvas.fill(x, y, wide, 1, Cell(" ", ink, ground))
        canvas.fill(x, y + 1, wide, KEY_ROWS - 1, Cell("▀", ground, colours.BLACK))  # half a row stays free between
        printed = key.french if language == "fr" else key.english
        canvas.put(x, y, printed[:wide].center(wide), ink, ground)
