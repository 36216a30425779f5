"""Message ids and the language of the moment. Catalogues live in ``controller/locales``."""

from __future__ import annotations

import gettext as _gettext
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

LANGUAGES = ("fr", "en")
LOCALES_DIR = Path(__file__).parent / "locales"
DOMAIN = "recyclerie"

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


def translate(message: str, /, **params: object) -> str:
    """The message in this request's language, its ``{placeholders}`` filled; those that are ``said`` too."""
    if not message:
        return ""
    text = catalogue(_language.get()).gettext(message)
    return text.format(**{name: _spoken(value) for name, value in params.items()}) if params else text


def _spoken(value: object) -> object:
    if isinstance(value, dict) and "message" in value:
        return translate(str(value["message"]), **value.get("params", {}))
    return value


def translate_plural(singular: str, plural: str, n: int, /, **params: object) -> str:
    """The singular or plural form for ``n``, in this request's language."""
    text = catalogue(_language.get()).ngettext(singular, plural, n)
    return text.format(n=n, **params)
