"""The person in front of the PC, as the tests see them: pages to show, questions to ask, keys to wait for."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from agent.hands_on import canvas as colours
from agent.hands_on.canvas import Canvas
from agent.hands_on.layout import Answer, Page, draw_page
from agent.hands_on.terminal import Readable, Terminal
from agent.hands_on.terminal_keys import digit
from agent.hands_on.texts import say, words

# No answer counts before the keys were quiet for so long: a key that is stuck would answer everything with yes.
QUIET_SECONDS = 0.15
STUCK_SECONDS = 3.0  # without such a pause, the page says why it doesn't react
SKIP_REASONS = ("none", "lack", "later", "other")


class Skipped(Exception):
    """The test is passed over. ``reason`` is one of SKIP_REASONS."""

    def __init__(self, *, reason: str) -> None:
        super().__init__()
        self.reason = reason


class WentBack(Exception):
    """The person wants the test before this one."""


class Person:
    """Asks in one language on one terminal. ``test``: whose words are shown and in the bar at the top."""

    def __init__(
        self, terminal: Terminal, language: str, *, root: Path = Path("/"), quiet_seconds: float = QUIET_SECONDS
    ) -> None:
        self.terminal = terminal
        self.language = language
        self.root = root  # where /proc, /sys and /dev are
        self.quiet_seconds = quiet_seconds
        self.test = ""
        self.where = ""

    def say(self, key: str, **values: object) -> str:
        """One text of the language."""
        return say(self.language, key, **values)

    def letter(self, name: str) -> str:
        """The key that means "yes", "no", "skip", "back" or "more"."""
        return self.say(f"{name}.letter").lower()

    def is_yes(self, key: str) -> bool:
        """Enter says yes everywhere."""
        return key in ("enter", self.letter("yes"))

    # -- pages ---------------------------------------------------------------------------------------

    def page(
        self,
        *body: str,
        title: str | None = None,
        question: str = "",
        figure: str = "",
        note: str = "",
        answers: Iterable[Answer] = (),
        small: str | None = None,
    ) -> Page:
        """A page of the test that is under way."""
        name = f"{self.test}.title"
        own = self.say(name) if name in words(self.language) else ""
        return Page(
            head=self.say("head", test=own or self.say("start.head")),
            where=self.where,
            title=own if title is None else title,
            body=body,
            question=question,
            figure=figure,
            note=note,
            answers=tuple(answers),
            small=self.say("small") if small is None else small,
        )

    def draw(self, page: Page) -> tuple[Canvas, int]:
        """A page that a test draws more on before it is shown, and the first row that is free for that."""
        canvas = self.terminal.canvas()
        return canvas, draw_page(canvas, page)

    def show(self, page: Page) -> None:
        """Show a page as it is."""
        self.terminal.show(self.draw(page)[0])

    # -- keys ----------------------------------------------------------------------------------------

    def key(self, seconds: float | None = None, others: Sequence[Readable] = ()) -> str | None:
        """The next key. The keys to skip and to go back are heard by ``leave``."""
        return self.terminal.key(seconds, others)

    def leave(self, key: str | None) -> None:
        """Raises Skipped or WentBack where the key says so; where it returns, the page may have to be drawn again."""
        if key == self.letter("back"):
            raise WentBack
        if key == self.letter("skip") and (reason := self.why()):
            raise Skipped(reason=reason)

    def settle(self, page: Page) -> None:
        """Wait until no key is down, so that none answers a question that nobody has read."""
        self.terminal.forget()
        since = time.monotonic()
        warned = False
        while self.key(self.quiet_seconds) is not None:
            self.terminal.forget()
            if not warned and time.monotonic() - since > STUCK_SECONDS:
                warned = True
                self.show(replace(page, note=self.say("stuck")))
        if warned:
            self.show(page)

    # -- questions -----------------------------------------------------------------------------------

    def ask(self, question: str, *body: str, yes: str = "", no: str = "", again: str = "") -> bool:
        """Yes or no, below what ``body`` says. ``again``: the other keys of a question that raises Again for more."""
        answers = (
            Answer(self.say("yes.letter"), yes or self.say("yes"), self.say("yes.also")),
            Answer(self.say("no.letter"), no or self.say("no"), self.say("no.also"), colours.RED),
        )
        page = self.page(*body, question=question, answers=answers, small=again or None)
        self.show(page)
        return self.answer(page, again=bool(again))

    def answer(self, page: Page, *, again: bool = False) -> bool:
        """Wait for yes or no below a page that is shown. Raises Again, Skipped, WentBack."""
        self.settle(page)
        while True:
            key = self.key()
            if key is None:
                continue
            if self.is_yes(key):
                return True
            if key == self.letter("no"):
                return False
            if again and key == self.letter("more"):
                raise Again
            self._left(page, key)

    def go_on(self, *body: str, label: str = "", small: str | None = None) -> None:
        """Show something and wait until the person wants to go on."""
        answer = Answer(self.say("yes.letter"), label or self.say("next"), self.say("yes.also"))
        page = self.page(*body, answers=(answer,), small=small)
        self.show(page)
        self.settle(page)
        while True:
            key = self.key()
            if key is not None and (self.is_yes(key) or key == " "):
                return
            self._left(page, key)

    def _left(self, page: Page, key: str | None) -> None:
        self.leave(key)
        self.show(page)

    def number(self, question: str, *body: str, start: int = 0, low: int = 0, high: int = 99) -> int:
        """A whole number, chosen with the arrows or typed."""
        value = start
        page = self.page(*body, question=question, small=self.say("number"))
        settled = False
        typed = False
        while True:
            self.show(replace(page, figure=str(value)))
            if not settled:
                self.settle(page)
                self.show(replace(page, figure=str(value)))
                settled = True
            key = self.key()
            number = digit(key) if key else None
            if key == "enter":
                return value
            if key in ("right", "up", "+"):
                value, typed = min(high, value + 1), False
            elif key in ("left", "down", "-"):
                value, typed = max(low, value - 1), False
            elif number is not None:
                wanted = value * 10 + number if typed else number
                value, typed = (wanted if low <= wanted <= high else max(low, min(high, number))), True
            else:
                self._left(page, key)

    def choose(self, title: str, options: Sequence[str], *, back: bool = True) -> int:
        """One of the options, by its place. Raises WentBack where that is allowed."""
        chosen = 0
        settled = False
        while True:
            page = self.page(title="", small=self.say("choose"))
            canvas, row = self.draw(replace(page, title=title))
            step = 2 if canvas.rows - row > 2 * len(options) + 2 else 1
            for place, option in enumerate(options):
                ink, ground = (colours.WHITE, colours.BLUE) if place == chosen else (colours.GREY, colours.BLACK)
                shown = f" {'>' if place == chosen else ' '} {place + 1}. {option}"
                canvas.put(4, row + place * step, shown.ljust(70), ink, ground)
            self.terminal.show(canvas)
            if not settled:
                self.settle(page)
                settled = True
                continue
            key = self.key()
            number = digit(key) if key else None
            if key == "enter":
                return chosen
            if key in ("up", "left"):
                chosen = (chosen - 1) % len(options)
            elif key in ("down", "right", "tab"):
                chosen = (chosen + 1) % len(options)
            elif number is not None and 1 <= number <= len(options):
                chosen = number - 1
            elif key == self.letter("back") and back:
                raise WentBack

    def why(self) -> str:
        """Why a test is passed over: one of SKIP_REASONS; "" for a person who goes back to the test instead."""
        try:
            return SKIP_REASONS[
                self.choose(self.say("skip.title"), [self.say(f"skip.{reason}") for reason in SKIP_REASONS])
            ]
        except WentBack:
            return ""


class Again(Exception):
    """Show or play it once more."""
