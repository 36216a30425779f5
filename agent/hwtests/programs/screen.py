# /// recyclerie-test
# name = "screen"
# title = "Screen: dead dots, lines, stains"
# subsystem = "screen"
# runs = "parallel"
# limit_seconds = 1800
# usual_seconds = 40
# hands = true
# [figures]
# dead_dots = "count"
# dead_lines = "count"
# ///
"""Screen: one colour after the other over all of it; the person counts what does not belong there."""

from __future__ import annotations

from agent.hands_on import canvas as colours
from agent.hands_on.canvas import Canvas, Cell
from agent.hands_on.findings import Finding
from agent.hands_on.person import Person, WentBack

# A dead dot shows on the colours that it lacks, a lit one on black; lines and edges on the grid.
PICTURES = ("red", "green", "blue", "white", "black", "grid")
_GROUNDS = {"red": colours.RED, "green": colours.GREEN, "blue": colours.BLUE, "white": colours.GREY}


def hands_on(person: Person) -> list[Finding]:
    """Show the pictures, then ask."""
    person.go_on(person.say("screen.body"), person.say("screen.keys"), label=person.say("go"))
    _show_pictures(person)
    if person.ask(person.say("screen.clean"), yes=person.say("screen.clean.yes"), no=person.say("screen.clean.no")):
        return [judge(0, 0, stains=False)]
    dots = person.number(person.say("screen.dots"), person.say("screen.dots.more"))
    lines = person.number(person.say("screen.lines"), person.say("screen.lines.more"))
    stains = person.ask(
        person.say("screen.stains"),
        person.say("screen.stains.more"),
        yes=person.say("screen.stains.yes"),
        no=person.say("screen.stains.no"),
    )
    return [judge(dots, lines, stains=stains)]


def judge(dots: int, lines: int, *, stains: bool) -> Finding:
    """Lines come from the panel's connections and get more; dots and stains stay as they are."""
    figures = {"dead_dots": dots, "dead_lines": lines, "stains": stains}
    said = []
    if lines:
        said.append(f"{lines} lines on the screen" if lines > 1 else "1 line on the screen")
    if dots:
        said.append(f"{dots} dead dots" if dots > 1 else "1 dead dot")
    if stains:
        said.append("stains or uneven light")
    if not said:
        return Finding("pass", "", figures)
    return Finding("fail" if lines else "degraded", f"The screen has flaws: {', '.join(said)}.", figures)


def picture(canvas: Canvas, name: str) -> Canvas:
    """The whole canvas in one colour, or the grid."""
    if name == "grid":
        canvas.fill(0, 0, canvas.columns, canvas.rows, Cell("┼", colours.GREY, colours.BLACK))
    else:
        canvas.clear(_GROUNDS.get(name, colours.BLACK))
    return canvas


def _show_pictures(person: Person) -> None:
    terminal = person.terminal
    place = 0
    terminal.pure_colours(True)
    try:
        while place < len(PICTURES):
            terminal.show(picture(terminal.canvas(), PICTURES[place]))
            key = person.key()
            if key in ("enter", " ", "right", "down", person.letter("yes")):
                place += 1
            elif key in (person.letter("back"), "left", "up"):
                if place == 0:
                    raise WentBack
                place -= 1
            elif key == person.letter("skip"):
                person.leave(key)
    finally:
        terminal.pure_colours(False)
