"""Telephone numbers as people type them, in one form: so that a call is found whoever wrote it down, and how. Pure.

National numbers are taken for French ones: ten digits that begin with a 0 (ARCEP's numbering plan). Elsewhere only
what is written with its country's code is told apart.
"""

from __future__ import annotations

import re

COUNTRY = "33"
MAX_TYPED = 30  # characters; as in agent.protocol_assist
# Between the figures: spaces of every kind, dots, dashes of every kind, slashes, brackets.
_BETWEEN = re.compile(r"[\s.\-\u2010-\u2015\u2212/()\[\]_]+")
_TRUNK = re.compile(r"\(\s*0\s*\)")  # +33 (0)6 12…: the 0 is only for calls inside the country
_PART = re.compile(r"[\d\s.\-\u2010-\u2015\u2212/()\[\]_+]+")
_ARABIC = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")


def phone_key(text: str) -> str:
    """A number in its international form, ``+33612345678``; "" when ``text`` is none.

    7 to 15 figures (E.164); short numbers and words are none.
    """
    plain = text.translate(_ARABIC).strip()
    plain = _TRUNK.sub("", plain) if plain.startswith(("+", "00")) else plain
    figures = _BETWEEN.sub("", plain)
    international = figures.startswith("+")
    figures = figures.removeprefix("+")
    if not figures.isascii() or not figures.isdigit():
        return ""
    if not international and figures.startswith("00"):
        international, figures = True, figures[2:]
    if international:
        if figures.startswith(f"{COUNTRY}0") and len(figures) == len(COUNTRY) + 10:
            figures = COUNTRY + figures[len(COUNTRY) + 1 :]  # +33 06 12…: common, and wrong
        return f"+{figures}" if 7 <= len(figures) <= 15 and not figures.startswith("0") else ""
    if len(figures) == 10 and figures.startswith("0"):
        return f"+{COUNTRY}{figures[1:]}"
    if len(figures) == 11 and figures.startswith(COUNTRY):
        return f"+{figures}"
    if len(figures) == 9 and figures[0] in "123456789":
        return f"+{COUNTRY}{figures}"  # the 0 that a spreadsheet took away
    return ""


def phone_part(text: str) -> str:
    """The figures of a number of which only a part is known, as they stand in ``phone_key``; "" when it is none.

    At least four, so that a tag's number or a year doesn't find half the town.
    """
    plain = text.translate(_ARABIC).strip()
    if not _PART.fullmatch(plain):
        return ""
    figures = re.sub(r"\D", "", plain)
    figures = figures[2:] if figures.startswith("00") else figures.removeprefix("0")
    return figures if len(figures) >= 4 else ""


def shown(text: str) -> str:
    """A number as people here read it aloud: ``06 12 34 56 78``; others as they were typed."""
    key = phone_key(text)
    if not key.startswith(f"+{COUNTRY}") or len(key) != 12:
        return text.strip()
    figures = "0" + key[3:]
    return " ".join(figures[i : i + 2] for i in range(0, 10, 2))
