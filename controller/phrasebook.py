"""Recognises a sentence that was put together in English elsewhere, and says it in another language.

The agent and the modules on the machines have no catalogues: their English texts are stored as they came. A phrase
book holds what they can say, as pairs of a template with ``{placeholders}`` and its translation. A text is recognised
whole, then sentence by sentence and part by part; what fills a placeholder is looked up again. What isn't known stays
as it is. Bounded by ``MAX_CHARS``, ``MAX_LOOKS`` and ``MAX_DEPTH``: no text, however it is made, takes long.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

CONTEXT = "agent"  # the catalogues' context of these texts
MAX_CHARS = 6000
MAX_LOOKS = 300  # templates are tried on so many pieces of one text
MAX_DEPTH = 6  # placeholders within placeholders
MAX_ITEMS = 20  # of a list
MAX_SPAN = 6  # sentences of one template
LETTERS = 2.0  # of its own that a template needs for each placeholder
LETTERS_ACROSS = 4.0  # the same, where what fills it holds the end of a sentence
BOUNDARY = re.compile(r"(?<=[.!?…])\s+|;\s+")
TIGHT = re.compile(BOUNDARY.pattern + r"|,\s")


@dataclass(frozen=True)
class Template:
    """``literals[0] {names[0]} literals[1] …``; both texts without their last full stop."""

    literals: tuple[str, ...]
    names: tuple[str, ...]
    translation: str

    @property
    def weight(self) -> tuple[int, int]:
        """How much of a text it explains: the heaviest that matches is meant."""
        return sum(map(len, self.literals)), -len(self.names)

    def letters_for_each(self) -> float:
        """Letters of its own for each placeholder: with few of them it matches what was never meant."""
        letters = sum(character.isalpha() for literal in self.literals for character in literal)
        return letters / len(self.names) if self.names else float("inf")

    def match(self, text: str) -> dict[str, str] | None:
        """What fills the placeholders, each as short as can be; None when it is another text. Linear in the text."""
        first, *between = self.literals
        if not text.startswith(first):
            return None
        if not between:
            return {} if text == first else None
        at, last = len(first), between.pop()
        end = len(text) - len(last)
        if end < at or not text.endswith(last):
            return None
        filled = {}
        for name, literal in zip(self.names, between, strict=False):
            place = text.find(literal, at, end)
            if place < 0:
                return None
            filled[name], at = text[at:place], place + len(literal)
        filled[self.names[-1]] = text[at:end]
        return filled


class Phrasebook:
    """Templates of one language. ``colon`` and ``semicolon`` stand between parts that were recognised apart."""

    def __init__(self, pairs: Iterable[tuple[str, str]], *, colon: str = ": ", semicolon: str = "; ") -> None:
        self.colon, self.semicolon = colon, semicolon
        templates = [make_template(text, translation) for text, translation in pairs if translation]
        self._exact = {t.literals[0]: t for t in templates if not t.names}
        telling = (t for t in templates if t.names and t.letters_for_each() >= LETTERS)
        self._open = sorted(telling, key=lambda t: t.weight, reverse=True)

    def say(self, text: str) -> str:
        """``text`` in this book's language, as far as it is known. Never raises."""
        if len(text) > MAX_CHARS or not (self._exact or self._open):
            return text
        return _Reader(self).read(text, 0) or text

    def candidates(self, text: str) -> Iterable[Template]:
        """What may match, the most telling first."""
        exact = self._exact.get(text)
        if exact:
            return (exact,)
        return self._open if " " in text else ()


class _Reader:
    """Reads one text; counts what it takes."""

    def __init__(self, book: Phrasebook) -> None:
        self.book = book
        self.looks = 0

    def read(self, text: str, depth: int) -> str | None:
        """The text translated as far as possible; None when nothing of it is known."""
        if depth > MAX_DEPTH or not text:
            return None
        pieces, gaps = _split(text)
        said: list[str] = []
        known, at = False, 0
        while at < len(pieces):
            heard, taken = self._piece(pieces, gaps, at, depth)
            known |= heard is not None
            said += [pieces[at] if heard is None else heard, gaps[at + taken - 1]]
            at += taken
        if not known:
            return None
        return "".join(self.book.semicolon if gap.startswith(";") else gap for gap in said[:-1] if gap)

    def _piece(self, pieces: list[str], gaps: list[str], at: int, depth: int) -> tuple[str | None, int]:
        """The next piece translated, or several that belong together; and how many."""
        spans = range(min(MAX_SPAN, len(pieces) - at), 0, -1)
        segments = [(_join(pieces[at : at + count], gaps[at:]), count) for count in spans]
        # What fills a template is no list and no sentence; then a list; then no sentence; then anything.
        for forbidden in (TIGHT, BOUNDARY):
            for segment, count in segments:
                heard = self._match(segment, depth, forbidden)
                if heard is not None:
                    return heard, count
            heard = self._list(pieces[at], depth, whole=True) if forbidden is TIGHT else None
            if heard is not None:
                return heard, 1
        for segment, count in segments[-2::-1]:
            heard = self._match(segment, depth, None)
            if heard is not None:
                return heard, count
        return self._in_parts(pieces[at], depth), 1

    def _match(self, text: str, depth: int, forbidden: re.Pattern[str] | None) -> str | None:
        """By the most telling template; ``forbidden`` must not be in what fills it."""
        core, stop = (text[:-1], ".") if text.endswith(".") and not text.endswith("..") else (text, "")
        self.looks += 1
        if self.looks > MAX_LOOKS:
            return None
        for template in self.book.candidates(core):
            filled = template.match(core)
            if filled is None or (forbidden is None and template.letters_for_each() < LETTERS_ACROSS):
                continue
            values = list(filled.values())
            if any(": " in value for value in values[:-1]) or (forbidden and any(map(forbidden.search, values))):
                continue
            words = {name: self.read(value, depth + 1) or value for name, value in filled.items()}
            return _fill(template.translation, words) + stop
        return None

    def _in_parts(self, piece: str, depth: int) -> str | None:
        """``head: tail``, ``head (tail)``, or a list with commas, where at least one part is known."""
        head, between, tail = piece.partition(": ")
        between, end = self.book.colon if between else "", ""
        if not between and piece.endswith(")"):
            head, between, tail = piece[:-1].partition(" (")
            end = ")"
        if not between:
            return self._list(piece, depth, whole=False)
        known = self._match(head, depth, BOUNDARY), self.read(tail, depth + 1)
        return (known[0] or head) + between + (known[1] or tail) + end if any(known) else None

    def _list(self, piece: str, depth: int, *, whole: bool) -> str | None:
        """A list with commas, of which all items are known (``whole``) or some."""
        items = piece.split(", ", MAX_ITEMS)
        if len(items) == 1:
            return None
        found = []
        for item in items:
            found.append(self._match(item, depth, TIGHT))
            if whole and found[-1] is None:
                return None
        return ", ".join(said or item for said, item in zip(found, items, strict=True)) if any(found) else None


def make_template(text: str, translation: str) -> Template:
    """A message id and its translation, made ready for matching."""
    literals, names = [""], list[str]()
    for literal, name, _, _ in string.Formatter().parse(text):
        literals[-1] += literal
        if name is not None:
            names.append(name)
            literals.append("")
    if literals[-1].endswith("."):
        literals[-1] = literals[-1][:-1]
        translation = translation.removesuffix(".")
    return Template(tuple(literals), tuple(names), translation)


def _fill(translation: str, words: Mapping[str, str]) -> str:
    parts = []
    for literal, name, _, _ in string.Formatter().parse(translation):
        parts += [literal, words.get(name, "") if name is not None else ""]
    return "".join(parts)


def _join(pieces: list[str], gaps: list[str]) -> str:
    return "".join(piece + gap for piece, gap in zip(pieces, [*gaps[: len(pieces) - 1], ""], strict=True))


def _split(text: str) -> tuple[list[str], list[str]]:
    """The pieces of a text, and what stands after each."""
    pieces, gaps, at = [], [], 0
    for boundary in BOUNDARY.finditer(text):
        pieces.append(text[at : boundary.start()])
        gaps.append(boundary.group())
        at = boundary.end()
    return [*pieces, text[at:]], [*gaps, ""]
