"""Texts from the workshop as the family sees them: one line, nothing that could make it look like something else."""

from __future__ import annotations

import unicodedata

MOST_MARKS = 3  # accents on one letter; more of them climb over the lines above
ISOLATE, END_ISOLATE = "\u2068", "\u2069"  # a name in another script must not turn the sentence around


def plain(text: str, longest: int) -> str:
    """``text`` without line ends, control, direction and invisible characters, at most ``longest`` characters."""
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        if character.isspace() or category in ("Zl", "Zp", "Cc"):
            character, category = " ", "Zs"
        if category[0] == "C":  # Cf: directions, joiners, byte order marks; Cs, Co, Cn: no letters of any language
            continue
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= MOST_MARKS:
            kept.append(character)
    return " ".join("".join(kept).split())[:longest].strip()


def isolated(text: str) -> str:
    """``text``, to be put into a sentence whose letters may run the other way."""
    return f"{ISOLATE}{text}{END_ISOLATE}"
