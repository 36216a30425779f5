"""A screen in memory: rows of coloured characters, drawn to a terminal as the difference to what it shows."""

from __future__ import annotations

import textwrap
from typing import NamedTuple

# The sixteen colours of every console; the first eight are also backgrounds.
BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, GREY = range(8)
DARK, BRIGHT_RED, BRIGHT_GREEN, BRIGHT_YELLOW, BRIGHT_BLUE, BRIGHT_MAGENTA, BRIGHT_CYAN, WHITE = range(8, 16)

# What the kernel's own font lacks (it has code page 437) → what stands for it there.
_STAND_INS = str.maketrans(
    dict(zip("’‘–—“”\u00a0\u202f×↑↓ÀÂÈÊËÎÏÔÙÛ", "''--\"\"  x^vAAEEEIIOUU", strict=True))
    | {"…": "...", "œ": "oe", "Œ": "OE", "←": "<-", "→": "->"}
)


class Cell(NamedTuple):
    """One character with its colours."""

    character: str = " "
    ink: int = GREY
    ground: int = BLACK


BLANK = Cell()


def plain(text: str) -> str:
    """``text`` in the characters that the console's font has; what it lacks and nothing stands for becomes "?"."""
    return text.translate(_STAND_INS).encode("cp437", "replace").decode("cp437")


class Canvas:
    """``rows`` of ``columns`` cells. Whatever is drawn outside is left out."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.cells = [[BLANK] * columns for _ in range(rows)]

    def clear(self, ground: int = BLACK) -> None:
        """Everything in one colour."""
        self.fill(0, 0, self.columns, self.rows, Cell(" ", GREY, ground))

    def fill(self, x: int, y: int, width: int, height: int, cell: Cell) -> None:
        """A rectangle of one cell."""
        for row in range(max(0, y), min(self.rows, y + height)):
            for column in range(max(0, x), min(self.columns, x + width)):
                self.cells[row][column] = cell

    def put(self, x: int, y: int, text: str, ink: int = GREY, ground: int | None = None) -> None:
        """One line of text; without ``ground`` what is behind it stays."""
        if not 0 <= y < self.rows:
            return
        for place, character in enumerate(plain(text), start=x):
            if 0 <= place < self.columns:
                behind = self.cells[y][place].ground if ground is None else ground
                self.cells[y][place] = Cell(character, ink, behind)

    def centre(self, y: int, text: str, ink: int = GREY, ground: int | None = None) -> None:
        """One line in the middle."""
        shown = plain(text)
        self.put((self.columns - len(shown)) // 2, y, shown, ink, ground)

    def paragraph(self, x: int, y: int, width: int, text: str, ink: int = GREY) -> int:
        """Wrapped text; returns the row below it."""
        for part in plain(text).split("\n"):
            for line in textwrap.wrap(part, max(8, width)) or [""]:
                self.put(x, y, line, ink)
                y += 1
        return y

    def text(self) -> str:
        """The characters, row by row (tests)."""
        return "\n".join("".join(cell.character for cell in row).rstrip() for row in self.cells)


def ansi(new: Canvas, old: Canvas | None) -> str:
    """What turns a terminal that shows ``old`` (None: nobody knows what) into ``new``."""
    parts = [] if old is not None else ["\033[0m\033[2J"]
    colours: tuple[int, int] | None = None
    for y, row in enumerate(new.cells):
        known = old.cells[y] if old is not None and (old.columns, old.rows) == (new.columns, new.rows) else None
        at = -1  # where the cursor is on this row
        for x, cell in enumerate(row):
            if known is not None and known[x] == cell:
                continue
            if at != x:
                parts.append(f"\033[{y + 1};{x + 1}H")
            if colours != (cell.ink, cell.ground):
                colours = (cell.ink, cell.ground)
                parts.append(_colours(*colours))
            parts.append(cell.character)
            at = x + 1
    return "".join(parts) + ("\033[0m" if colours else "")


def _colours(ink: int, ground: int) -> str:
    # Bold is how an old console makes a bright colour.
    return f"\033[{'0;1' if ink >= 8 else '0'};{30 + ink % 8};{40 + ground % 8}m"
