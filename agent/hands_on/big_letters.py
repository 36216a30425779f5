"""Letters of several lines, drawn from blocks: they read from a metre on any console and need no font file."""

from __future__ import annotations

import unicodedata

from agent.hands_on.canvas import Canvas, Cell

# Seven rows of five dots; "#" is ink. Accents are put above (or below) the letter.
_GLYPHS = {
    "A": ".###. #...# #...# ##### #...# #...# #...#",
    "B": "####. #...# #...# ####. #...# #...# ####.",
    "C": ".#### #.... #.... #.... #.... #.... .####",
    "D": "####. #...# #...# #...# #...# #...# ####.",
    "E": "##### #.... #.... ####. #.... #.... #####",
    "F": "##### #.... #.... ####. #.... #.... #....",
    "G": ".#### #.... #.... #..## #...# #...# .####",
    "H": "#...# #...# #...# ##### #...# #...# #...#",
    "I": ".###. ..#.. ..#.. ..#.. ..#.. ..#.. .###.",
    "J": "..### ...#. ...#. ...#. ...#. #..#. .##..",
    "K": "#...# #..#. #.#.. ##... #.#.. #..#. #...#",
    "L": "#.... #.... #.... #.... #.... #.... #####",
    "M": "#...# ##.## #.#.# #.#.# #...# #...# #...#",
    "N": "#...# ##..# ##..# #.#.# #..## #..## #...#",
    "O": ".###. #...# #...# #...# #...# #...# .###.",
    "P": "####. #...# #...# ####. #.... #.... #....",
    "Q": ".###. #...# #...# #...# #.#.# #..#. .##.#",
    "R": "####. #...# #...# ####. #.#.. #..#. #...#",
    "S": ".#### #.... #.... .###. ....# ....# ####.",
    "T": "##### ..#.. ..#.. ..#.. ..#.. ..#.. ..#..",
    "U": "#...# #...# #...# #...# #...# #...# .###.",
    "V": "#...# #...# #...# #...# #...# .#.#. ..#..",
    "W": "#...# #...# #...# #.#.# #.#.# ##.## #...#",
    "X": "#...# #...# .#.#. ..#.. .#.#. #...# #...#",
    "Y": "#...# #...# .#.#. ..#.. ..#.. ..#.. ..#..",
    "Z": "##### ....# ...#. ..#.. .#... #.... #####",
    "0": ".###. #...# #..## #.#.# ##..# #...# .###.",
    "1": "..#.. .##.. ..#.. ..#.. ..#.. ..#.. .###.",
    "2": ".###. #...# ....# ..##. .#... #.... #####",
    "3": "####. ....# ....# .###. ....# ....# ####.",
    "4": "#..#. #..#. #..#. ##### ...#. ...#. ...#.",
    "5": "##### #.... ####. ....# ....# #...# .###.",
    "6": ".###. #.... #.... ####. #...# #...# .###.",
    "7": "##### ....# ...#. ..#.. ..#.. .#... .#...",
    "8": ".###. #...# #...# .###. #...# #...# .###.",
    "9": ".###. #...# #...# .#### ....# ....# .###.",
    " ": "..... ..... ..... ..... ..... ..... .....",
    ".": "..... ..... ..... ..... ..... .##.. .##..",
    "…": "..... ..... ..... ..... ..... ..... #.#.#",
    ",": "..... ..... ..... ..... .##.. .##.. .#...",
    ":": "..... .##.. .##.. ..... .##.. .##.. .....",
    "!": "..#.. ..#.. ..#.. ..#.. ..#.. ..... ..#..",
    "?": ".###. #...# ....# ..##. ..#.. ..... ..#..",
    "-": "..... ..... ..... .###. ..... ..... .....",
    "+": "..... ..#.. ..#.. ##### ..#.. ..#.. .....",
    "/": "....# ....# ...#. ..#.. .#... #.... #....",
    "'": "..#.. ..#.. .#... ..... ..... ..... .....",
    "%": "##..# ##..# ...#. ..#.. .#... #..## #..##",
}
_ACCENTS = {
    "\u0301": "...#. ..#..",
    "\u0300": ".#... ..#..",
    "\u0302": "..#.. .#.#.",
    "\u0308": ".#.#. .....",
}
_CEDILLA = "\u0327"
WIDTH, HEIGHT = 6, 5  # of one letter in characters at size 1, with the space after and above it
_ABOVE = 2  # rows of dots above a letter, for its accent


def rows_of(character: str) -> list[str]:
    """Ten rows of five dots: two for the accent, seven for the letter, one for the cedilla."""
    base, *marks = list(unicodedata.normalize("NFD", {"’": "'", "œ": "O"}.get(character, character).upper()))
    above, below = ["....."] * _ABOVE, "....."
    for mark in marks:
        above = _ACCENTS.get(mark, " ".join(above)).split()
        below = "..##." if mark == _CEDILLA else below
    return [*above, *_GLYPHS.get(base, _GLYPHS["?"]).split(), below]


def width_of(text: str, size: int = 1) -> int:
    """Columns that ``text`` takes."""
    return len(text) * WIDTH * size - size


def fitting_size(text: str, columns: int, rows: int) -> int:
    """The largest size (1 to 3) at which ``text`` fits; 0 when it fits at none."""
    return next((size for size in (3, 2, 1) if width_of(text, size) <= columns and HEIGHT * size <= rows), 0)


def draw(canvas: Canvas, x: int, y: int, text: str, ink: int, *, ground: int = 0, size: int = 1) -> None:
    """Letters from half blocks: a character holds two dots, one above the other, which makes them square."""
    for place, character in enumerate(text):
        dots = [[dot == "#" for dot in row for _ in range(size)] for row in rows_of(character) for _ in range(size)]
        for line in range(0, len(dots), 2):
            for column, (upper, lower) in enumerate(zip(dots[line], dots[line + 1], strict=True)):
                if upper or lower:
                    block = "█" if upper and lower else "▀" if upper else "▄"
                    left = x + place * WIDTH * size + column
                    canvas.fill(left, y + line // 2, 1, 1, Cell(block, ink, ground))


def draw_centred(canvas: Canvas, y: int, text: str, ink: int, *, rows: int, ground: int = 0) -> int:
    """``text`` as large as the width and ``rows`` allow, as normal text where it is too long; the row below it."""
    size = fitting_size(text, canvas.columns - 2, rows)
    if not size:
        canvas.centre(y + 1, text, ink, ground)
        return y + 3
    draw(canvas, (canvas.columns - width_of(text, size)) // 2, y, text, ink, ground=ground, size=size)
    return y + HEIGHT * size
