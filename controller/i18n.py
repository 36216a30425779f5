"""Message ids and the language of the moment. Catalogues live in ``controller/locales``.

What machines say comes as English text; ``heard`` gives it in the language of the moment.
"""

from __future__ import annotations

import gettext as _gettext
import re
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from controller.phrasebook import CONTEXT, Phrasebook

LANGUAGES = ("fr", "en")
LOCALES_DIR = Path(__file__).parent / "locales"
DOMAIN = "recyclerie"

# A sentence of a machine that ends one of ours brings its own full stop.
_TWO_STOPS = re.compile(r"(?<=[^.\s/])\.\.(?=\s|$)")
_language: ContextVar[str] = ContextVar("language", default="fr")


def N_(message: str) -> str:
    """Mark a message id for extraction; it is translated where it is shown."""
    return message


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: str) -> _gettext.NullTranslations:
    """The catalogue of one language; falls back to the message ids where it is not compiled."""
    return _gettext.translation(DOMAIN, LOCALES_DIR, languages=[language], fallback=True)


def set_language(language: str) -> None:
    """Choose the language of this request."""
    _language.set(language if language in LANGUAGES else "fr")


def get_language() -> str:
    """The language of this request: ``fr`` or ``en``."""
    return _language.get()


def said(message: str, **params: object) -> dict[str, object]:
    """A message as the parameter of another one: stored as it is, translated where the whole is shown."""
    return {"message": message, "params": params}


def heard(text: str) -> str:
    """What a machine said, in this request's language as far as it is known; total, and quick when repeated."""
    return _heard(_language.get(), text) if type(text) is str else text


@lru_cache(maxsize=8192)
def _heard(language: str, text: str) -> str:
    return phrasebook(language).say(text)


@lru_cache(maxsize=len(LANGUAGES))
def phrasebook(language: str) -> Phrasebook:
    """What machines can say, in one language; empty where the catalogue is not compiled, and in English."""
    # gettext has no public way to list a catalogue; a context stands before its message with a U+0004 between them.
    known: dict[object, str] = {} if language == "en" else getattr(catalogue(language), "_catalog", {})
    keys = [key for key in known if isinstance(key, str) and key.startswith(f"{CONTEXT}\x04")]
    pairs = [(key.partition("\x04")[2], known[key]) for key in keys]
    return Phrasebook(pairs, colon="\u00a0: ", semicolon="\u00a0; ")


def translate(message: str, /, **params: object) -> str:
    """The message in this request's language, its ``{placeholders}`` filled.

    Those that are ``said`` are translated too, and those that a machine said (``heard``).
    """
    if not message:
        return ""
    text = catalogue(_language.get()).gettext(message)
    if not params:
        return text
    return _TWO_STOPS.sub(".", text.format(**{name: _spoken(value) for name, value in params.items()}))


def _spoken(value: object) -> object:
    if isinstance(value, dict) and "message" in value:
        return translate(str(value["message"]), **value.get("params", {}))
    return heard(value) if type(value) is str else value


def translate_plural(singular: str, plural: str, n: int, /, **params: object) -> str:
    """The singular or plural form for ``n``, in this request's language."""
    text = catalogue(_language.get()).ngettext(singular, plural, n)
    return text.format(n=n, **{name: _spoken(value) for name, value in params.items()})
