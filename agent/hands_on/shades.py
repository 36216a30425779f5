"""A picture in shades of text, as far as a console of sixteen colours goes: enough to know oneself again."""

from __future__ import annotations

from agent.hands_on import canvas as colours
from agent.hands_on.canvas import Canvas, Cell

LEVELS = " ░▒▓█"  # all in code page 437
CELL_HEIGHT = 2.0  # of a character, in its widths


def luma_of_yuyv(data: bytes, width: int, height: int) -> list[bytes]:
    """Rows of brightness; a picture that was cut off has fewer."""
    rows = (data[2 * width * row : 2 * width * (row + 1) : 2] for row in range(height))
    return [row for row in rows if len(row) == width]


def shades(rows: list[bytes], columns: int, lines: int) -> list[str]:
    """The picture in at most ``columns`` by ``lines`` characters, its proportions kept, its contrast stretched."""
    if not rows or columns < 1 or lines < 1:
        return []
    width, height = len(rows[0]), len(rows)
    scale = max(width / columns, height / (lines * CELL_HEIGHT))
    wide, high = max(1, int(width / scale)), max(1, int(height / scale / CELL_HEIGHT))
    cells = [[_mean(rows, x, y, wide, high) for x in range(wide)] for y in range(high)]
    flat = sorted(value for row in cells for value in row)
    low, top = flat[len(flat) // 50], flat[-1 - len(flat) // 50]  # a lamp in the picture must not make the rest black
    return ["".join(LEVELS[_level(value, low, top)] for value in row) for row in cells]


def draw_shades(canvas: Canvas, top: int, lines: list[str]) -> None:
    """Below each other, in the middle."""
    for number, line in enumerate(lines):
        left = (canvas.columns - len(line)) // 2
        for place, character in enumerate(line):
            canvas.fill(left + place, top + number, 1, 1, Cell(character, colours.WHITE, colours.BLACK))


def _mean(rows: list[bytes], x: int, y: int, wide: int, high: int) -> float:
    part = rows[y * len(rows) // high : max(y * len(rows) // high + 1, (y + 1) * len(rows) // high)]
    width = len(part[0])
    start, end = x * width // wide, max(x * width // wide + 1, (x + 1) * width // wide)
    return sum(sum(row[start:end]) for row in part) / (len(part) * (end - start))


def _level(value: float, low: float, top: float) -> int:
    return min(len(LEVELS) - 1, max(0, int((value - low) / max(1.0, top - low) * len(LEVELS))))
