"""What a page of the tests looks like: a bar with where one is, large words, and the two answers at the bottom."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from agent.hands_on import canvas as colours
from agent.hands_on.big_letters import HEIGHT, WIDTH, draw, draw_centred
from agent.hands_on.canvas import Canvas, Cell, plain

MARGIN = 2
ANSWER_ROWS = HEIGHT  # of an answer's box
ROOMY_ROWS = 40  # from here on there is room for larger words


@dataclass(frozen=True)
class Answer:
    """A key that answers: its letter drawn large in a box of its colour, and what it says."""

    letter: str
    says: str
    also: str = ""  # another key that does the same
    ground: int = colours.GREEN


@dataclass(frozen=True)
class Page:
    """One page. Empty parts are left out."""

    head: str  # the bar at the top, left
    where: str = ""  # and right: "2 / 6"
    title: str = ""  # drawn large
    body: tuple[str, ...] = ()  # paragraphs
    question: str = ""  # drawn large where there is room for all of it, below the paragraphs
    figure: str = ""  # a number or word drawn large below them
    note: str = ""  # a warning, in yellow
    answers: tuple[Answer, ...] = ()
    small: str = ""  # the other keys, in the last line


def bottom_rows(page: Page) -> int:
    """Rows that answers and other keys take."""
    return (ANSWER_ROWS if page.answers else 0) + (1 if page.small else 0)


def draw_page(canvas: Canvas, page: Page) -> int:
    """Draw it; returns the first row below the text, where a test may draw its own picture."""
    canvas.clear()
    canvas.fill(0, 0, canvas.columns, 1, Cell(" ", colours.WHITE, colours.BLUE))
    canvas.put(1, 0, page.head, colours.WHITE, colours.BLUE)
    where = plain(page.where)
    canvas.put(canvas.columns - len(where) - 1, 0, where, colours.WHITE, colours.BLUE)
    width = min(canvas.columns - 2 * MARGIN, 100)
    left = max(MARGIN, (canvas.columns - width) // 2)
    body_rows = sum(len(_wrapped(paragraph, width)) + 1 for paragraph in page.body)
    figure_rows = (HEIGHT + 1 if page.figure else 0) + (2 if page.note else 0)
    free = canvas.rows - 1 - bottom_rows(page) - body_rows - figure_rows
    large = big_lines(page.question, canvas.columns)
    # The bar names the test as well: where not both fit, the question is what must be read from afar.
    with_title = bool(page.title) and free - HEIGHT - 1 >= len(large) * HEIGHT
    row = 1
    if page.title and (with_title or not large or free < len(large) * HEIGHT):
        rows = HEIGHT * 2 if canvas.rows >= ROOMY_ROWS and not page.question else HEIGHT
        row = draw_centred(canvas, row, page.title, colours.WHITE, rows=rows) + 1
    elif free > len(large) * HEIGHT:
        row += 1
    for paragraph in page.body:
        row = canvas.paragraph(left, row, width, paragraph, colours.WHITE)
        row += 1 if canvas.rows - row > bottom_rows(page) + 4 else 0
    if large and canvas.rows - row - bottom_rows(page) - figure_rows >= len(large) * HEIGHT:
        for line in large:
            row = draw_centred(canvas, row, line, colours.BRIGHT_CYAN, rows=HEIGHT)
    elif page.question:
        row = canvas.paragraph(left, row, width, page.question, colours.BRIGHT_CYAN) + 1
    if page.figure and canvas.rows - row > bottom_rows(page) + HEIGHT:
        row = draw_centred(canvas, row, page.figure, colours.BRIGHT_YELLOW, rows=HEIGHT) + 1
    elif page.figure:
        canvas.centre(row, page.figure, colours.BRIGHT_YELLOW)
        row += 2
    if page.note:
        row = canvas.paragraph(left, row, width, page.note, colours.BRIGHT_YELLOW)
    _draw_bottom(canvas, page)
    return row


def big_lines(text: str, columns: int) -> list[str]:
    """``text`` in lines of large letters; nothing where a word is wider than the screen."""
    letters = (columns - 1) // WIDTH
    lines = textwrap.wrap(plain(text).replace(" ?", "\u00a0?"), letters, break_long_words=False, break_on_hyphens=True)
    return [line.replace("\u00a0", " ") for line in lines] if all(len(line) <= letters for line in lines) else []


def _wrapped(paragraph: str, width: int) -> list[str]:
    return [line for part in plain(paragraph).split("\n") for line in textwrap.wrap(part, width) or [""]]


def _draw_bottom(canvas: Canvas, page: Page) -> None:
    if page.small:
        canvas.fill(0, canvas.rows - 1, canvas.columns, 1, Cell(" ", colours.GREY, colours.BLACK))
        canvas.centre(canvas.rows - 1, page.small, colours.GREY)
    if not page.answers:
        return
    top = canvas.rows - ANSWER_ROWS - (1 if page.small else 0)
    width = (canvas.columns - MARGIN * (len(page.answers) + 1)) // len(page.answers)
    for number, answer in enumerate(page.answers):
        left = MARGIN + number * (width + MARGIN)
        canvas.fill(left, top, width, ANSWER_ROWS, Cell(" ", colours.WHITE, answer.ground))
        text = left + 2
        if len(answer.letter) == 1:
            draw(canvas, left + 2, top, answer.letter, colours.WHITE, ground=answer.ground)
            text += WIDTH + 2
        canvas.paragraph(text, top + 1, left + width - text - 1, answer.says, colours.WHITE)
        canvas.put(text, top + 3, answer.also, colours.WHITE)
