"""A terminal's glass: what the bytes of our pages make of a screen. Knows what they use, and fails on anything else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from agent.hands_on.canvas import Canvas, Cell

_CSI = re.compile(r"\033\[(\??)([0-9;]*)([A-Za-z])")
_PALETTE = re.compile(r"\033\](?:P[0-9A-F][0-9a-f]{6}|R)")
# What Linux draws the sixteen colours with.
_RGB = [(0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0), (0, 0, 170), (170, 0, 170), (0, 170, 170), (170, 170, 170)]
_RGB += [(85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85), (85, 85, 255), (255, 85, 255), (85, 255, 255)]
_RGB += [(255, 255, 255)]


class Point(NamedTuple):
    x: int
    y: int


class Glass:
    """Feed it with bytes; look at ``text`` and ``canvas``."""

    def __init__(self, columns: int = 80, rows: int = 25) -> None:
        self.canvas = Canvas(columns, rows)
        self._at = Point(0, 0)
        self._ink, self._ground = 7, 0
        self._rest = ""
        self._bytes = b""
        self.scrolled = False

    @property
    def text(self) -> str:
        return self.canvas.text()

    def feed(self, data: bytes) -> None:
        data = self._bytes + data
        try:
            said, self._bytes = data.decode(), b""
        except UnicodeDecodeError as problem:
            said, self._bytes = data[: problem.start].decode(), data[problem.start :]
        self._take(self._rest + said)

    def _take(self, said: str) -> None:
        while said:
            if said[0] != "\033":
                self._character(said[0])
                said = said[1:]
                continue
            control = _CSI.match(said) or _PALETTE.match(said)
            if control is None:
                assert len(said) < 20, f"an unknown sequence: {said[:20]!r}"
                break
            if control.re is _CSI:
                self._control(*control.groups())
            said = said[control.end() :]
        self._rest = said

    def _character(self, character: str) -> None:
        if character in "\r\n":
            self._at = Point(0, self._at.y) if character == "\r" else Point(self._at.x, self._at.y + 1)
            self.scrolled |= self._at.y >= self.canvas.rows
            return
        assert character.isprintable(), repr(character)
        x, y = min(self._at.x, self.canvas.columns - 1), self._at.y
        self.canvas.cells[y][x] = Cell(character, self._ink, self._ground)
        self._at = Point(self._at.x + 1, y)

    def _control(self, private: str, numbers: str, letter: str) -> None:
        values = [int(part or 0) for part in numbers.split(";")] if numbers else []
        if private:
            assert values[0] in (7, 25), numbers
        elif letter == "H":
            row, column = [*values, 1, 1][:2] if values else (1, 1)
            assert row <= self.canvas.rows, f"row {row} of {self.canvas.rows}"
            assert column <= self.canvas.columns, f"column {column} of {self.canvas.columns}"
            self._at = Point(column - 1, row - 1)
        elif letter == "J":
            self.canvas.fill(0, 0, self.canvas.columns, self.canvas.rows, Cell(" ", 7, self._ground))
        else:
            assert letter == "m", letter
            self._colours(values or [0])

    def _colours(self, values: list[int]) -> None:
        for value in values:
            if value == 0:
                self._ink, self._ground = 7, 0
            elif value == 1:
                self._ink |= 8
            elif 30 <= value < 38:
                self._ink = (self._ink & 8) | value - 30
            else:
                assert 40 <= value < 48, value
                self._ground = value - 40

    def picture(self, path: Path) -> None:
        """A PNG of it, to be looked at; needs Pillow and a font of fixed width."""
        from PIL import Image, ImageDraw, ImageFont

        font = ImageFont.truetype("DejaVuSansMono.ttf", 15)
        wide, high = 9, 18
        image = Image.new("RGB", (wide * self.canvas.columns, high * self.canvas.rows))
        pen = ImageDraw.Draw(image)
        for y, row in enumerate(self.canvas.cells):
            for x, cell in enumerate(row):
                left, top = x * wide, y * high
                ink, ground = _RGB[cell.ink], _RGB[cell.ground]
                pen.rectangle((left, top, left + wide - 1, top + high - 1), fill=ground)
                half = top + high // 2
                if cell.character in "█▀▄":
                    upper = top if cell.character in "█▀" else half
                    lower = top + high - 1 if cell.character in "█▄" else half - 1
                    pen.rectangle((left, upper, left + wide - 1, lower), fill=ink)
                elif cell.character != " ":
                    pen.text((left, top), cell.character, fill=ink, font=font)
        image.save(path)
