"""Recognises a sentence that was put together in English elsewhere, and says it in another language.

The agent and the modules on the machines have no catalogues: their English texts are stored as they came. A phrase
book holds what they can say, as pairs of a template with ``{placeholders}`` and its translation. A text is recognised
whole, then sentence by sentence and part by part; what fills a placeholder is looked up again. What isn't known stays
as it is. Bounded by ``MAX_CHARS``, ``MAX_LOOKS`` and ``MAX_DEPTH``: no text, however it is made, takes long.
"""

from __future__ import annotations

import re
import string
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

CONTEXT = "agent"  # the catalogues' context of these texts
MAX_CHARS = 6000
MAX_LOOKS = 20_000  # templates tried for one text, each in well under a microsecond where it doesn't match
MAX_DEPTH = 6  # placeholders within placeholders
MAX_ITEMS = 20  # of a list
MAX_SPAN = 6  # sentences of one template
LETTERS = 2.0  # of its own that a template needs for each placeholder
LETTERS_ACROSS = 4.0  # the same, where what fills it holds the end of a sentence
BOUNDARY = re.compile(r"(?<=[.!?…])\s+|;\s+")
WORD = re.compile(r"(?<![\w/.-])[a-z’']{2,}(?![\w/-])")  # of a sentence: a model or a path has none
ALPHANUMERIC = re.compile(r"\w+")
TIGHT = re.compile(BOUNDARY.pattern + r"|,\s")
DECIMAL = re.compile(r"^(\d+)\.(\d+)$")
NO_BREAK = "\u00a0"


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

    def key_word(self) -> str:
        """Its longest word; "" when each touches a placeholder, so that it may be part of a longer one."""
        marked = "\0".join(self.literals)
        alone = (m.group() for m in ALPHANUMERIC.finditer(marked) if "\0" not in _around(marked, m))
        return max(alone, key=len, default="")

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


def _around(text: str, word: re.Match[str]) -> str:
    return text[max(0, word.start() - 1) : word.start()] + text[word.end() : word.end() + 1]


class Phrasebook:
    """Templates of one language. ``colon`` and ``semicolon`` stand between parts that were recognised apart."""

    def __init__(self, pairs: Iterable[tuple[str, str]], *, colon: str = ": ", semicolon: str = "; ") -> None:
        self.colon, self.semicolon = colon, semicolon
        templates = [make_template(text, translation) for text, translation in pairs if translation]
        self._exact = {t.literals[0]: t for t in templates if not t.names}
        self._by_word: dict[str, list[Template]] = defaultdict(list)  # under a word that the text must hold
        for template in templates:
            if template.names and template.letters_for_each() >= LETTERS:
                self._by_word[template.key_word()].append(template)

    def say(self, text: str) -> str:
        """``text`` in this book's language, as far as it is known. Never raises."""
        if len(text) > MAX_CHARS or not (self._exact or self._by_word):
            return text
        return _Reader(self).read(text).text

    def candidates(self, text: str) -> Iterable[Template]:
        """What may match, the most telling first."""
        exact = self._exact.get(text)
        if exact:
            return (exact,)
        found = [t for word in {"", *ALPHANUMERIC.findall(text)} for t in self._by_word.get(word, ())]
        return sorted(found, key=lambda t: t.weight, reverse=True)


class Reading(NamedTuple):
    """What came of a text. ``missed``: words that look like a sentence's and were not recognised."""

    text: str
    missed: int
    known: bool = True


class _Reader:
    """Reads one text; counts what it takes."""

    def __init__(self, book: Phrasebook) -> None:
        self.book = book
        self.looks = 0
        self._read: dict[str, Reading] = {}

    def read(self, text: str, depth: int = 0) -> Reading:
        """The text translated as far as possible."""
        if depth > MAX_DEPTH or not text:
            return _unknown(text)
        if text not in self._read:
            self._read[text] = _unknown(text)
            self._read[text] = self._pieces(text, depth)
        return self._read[text]

    def _pieces(self, text: str, depth: int) -> Reading:
        pieces, gaps = _split(text)
        said: list[str] = []
        missed, known, at = 0, False, 0
        while at < len(pieces):
            best, taken = self._piece(pieces, gaps, at, depth)
            missed, known = missed + best.missed, known or best.known
            said += [best.text, gaps[at + taken - 1]]
            at += taken
        if not known:
            return Reading(text, missed, False)
        return Reading("".join(self.book.semicolon if gap.startswith(";") else gap for gap in said), missed)

    def _piece(self, pieces: list[str], gaps: list[str], at: int, depth: int) -> tuple[Reading, int]:
        """The next piece translated, or several that belong together; and how many."""
        best, taken = _unknown(pieces[at]), 1
        for found, count in self._readings(pieces, gaps, at, depth):
            if found.known and (found.missed < best.missed or not best.known):
                best, taken = found, count
            if best.known and not best.missed:
                break
        return best, taken

    def _readings(self, pieces: list[str], gaps: list[str], at: int, depth: int) -> Iterator[tuple[Reading, int]]:
        """Readings from here on, the most likely first; each with how many pieces it takes."""
        spans = range(min(MAX_SPAN, len(pieces) - at), 0, -1)
        segments = [(_join(pieces[at : at + count], gaps[at:]), count) for count in spans]
        # What fills a template is no list and no sentence; then no sentence; then anything.
        for forbidden in (TIGHT, BOUNDARY, None):
            for segment, count in segments if forbidden else segments[-2::-1]:
                yield self._match(segment, depth, forbidden), count
            if forbidden is TIGHT:
                yield self._list(pieces[at], depth), 1
        yield self._in_parts(pieces[at], depth), 1

    def _match(self, text: str, depth: int, forbidden: re.Pattern[str] | None) -> Reading:
        """By the template that leaves the least; ``forbidden`` must not be in what fills it."""
        core, stop = (text[:-1], ".") if text.endswith(".") and not text.endswith("..") else (text, "")
        best = _unknown(text)
        for template in self.book.candidates(core):
            self.looks += 1
            if self.looks > MAX_LOOKS:
                break
            filled = template.match(core)
            if filled is None or (forbidden is None and template.letters_for_each() < LETTERS_ACROSS):
                continue
            values = list(filled.values())
            if any(": " in value for value in values[:-1]) or (forbidden and any(map(forbidden.search, values))):
                continue
            words = {name: self.read(value, depth + 1) for name, value in filled.items()}
            missed = sum(reading.missed for reading in words.values())
            if missed < best.missed or not best.known:
                best = Reading(_fill(template.translation, {n: r.text for n, r in words.items()}) + stop, missed)
            if not missed:
                break
        return best

    def _in_parts(self, piece: str, depth: int) -> Reading:
        """``head: tail``, ``head (tail)``, or a list with commas, of which some parts are known."""
        head, between, tail = piece.partition(": ")
        between, end = self.book.colon if between else "", ""
        if not between and piece.endswith(")"):
            head, between, tail = piece[:-1].partition(" (")
            end = ")"
        if not between:
            return self._list(piece, depth)
        first, second = self._match(head, depth, BOUNDARY), self.read(tail, depth + 1)
        text = first.text + between + second.text + end
        known = first.known or second.known
        return Reading(text, first.missed + second.missed) if known else _unknown(piece)

    def _list(self, piece: str, depth: int) -> Reading:
        """A list with commas."""
        items = piece.split(", ", MAX_ITEMS)
        found = [self._match(item, depth, TIGHT) for item in items] if len(items) > 1 else []
        if not any(item.known for item in found):
            return _unknown(piece)
        return Reading(", ".join(item.text for item in found), sum(item.missed for item in found))


def _unknown(text: str) -> Reading:
    return Reading(text, len(WORD.findall(text)), False)


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
    parts: list[str] = []
    for literal, name, _, _ in string.Formatter().parse(translation):
        if literal.startswith(NO_BREAK) and parts:  # the unit of a quantity: then its decimals stand after a comma
            parts[-1] = DECIMAL.sub(r"\1,\2", parts[-1]) if literal[1:2].isalpha() else parts[-1]
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
