"""The words that a family reads on its own PC: French, Arabic, English.

Sources write English message ids (``N_``, ``_``, ``ngettext``); the catalogues are ``<language>/LC_MESSAGES/agent.po``.
The agent's package holds them compiled; a checkout and the live image hold the sources, which are read as they are.
``python -m agent.locales`` says what is missing in them.
"""

from __future__ import annotations

import gettext
import io
import os
from collections.abc import Mapping
from pathlib import Path

from agent.locales.sources import compiled

DOMAIN = "agent"
FOLDER = Path(__file__).parent
LANGUAGES = {"fr": "Français", "ar": "العربية", "en": "English"}  # in the order in which they are offered
RIGHT_TO_LEFT = ("ar",)
DEFAULT = "fr"


def N_(message: str) -> str:
    """Marks a text that is translated where it is shown."""
    return message


def translation(language: str) -> gettext.NullTranslations:
    """What translates into ``language``: ``.gettext(text)``, ``.ngettext(one, many, n)``. English where it lacks."""
    folder = FOLDER / (language if language in LANGUAGES else DEFAULT) / "LC_MESSAGES"
    for path, read in ((folder / f"{DOMAIN}.po", compiled), (folder / f"{DOMAIN}.mo", bytes)):
        try:
            return gettext.GNUTranslations(io.BytesIO(read(path.read_bytes())))
        except (OSError, ValueError):
            continue
    return gettext.NullTranslations()


def language_of(environment: Mapping[str, str] = os.environ) -> str:
    """The family's language, from the environment of their session; French where it says nothing that we speak."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        for value in environment.get(name, "").split(":"):
            language = value.split(".")[0].split("_")[0].lower()
            if language in LANGUAGES:
                return language
    return DEFAULT
