"""The words on the PC's screen. The agent has no catalogues on a target: one table for each language, kept complete.

A test has ``<name>.title`` and whatever else its program says.
"""

from __future__ import annotations

from collections.abc import Mapping

from agent.hands_on.texts_en import ENGLISH
from agent.hands_on.texts_fr import FRENCH

TABLES: Mapping[str, Mapping[str, str]] = {"fr": FRENCH, "en": ENGLISH}
DEFAULT = "fr"


def words(language: str) -> Mapping[str, str]:
    """The table of a language; French where there is none."""
    return TABLES.get(language, TABLES[DEFAULT])


def say(language: str, key: str, **values: object) -> str:
    """One text with its values."""
    return words(language)[key].format(**values)
