"""The notice as a PDF of one A4 page, with the workshop's own name and telephone number."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from weasyprint import CSS, HTML

from controller.errors import NotFound
from controller.i18n import N_
from controller.settings import Settings

HERE = Path(__file__).parent
LANGUAGES = ("fr", "en", "ar")
ISOLATE, END_ISOLATE = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


def notice(settings: Settings, tag: str, language: str) -> bytes:
    """The PDF for the machine with this tag ("" while it has none).

    :raises NotFound: when there is no notice in this language
    """
    pdf: bytes = lay_out(settings, tag, language).write_pdf(pdf_tags=True)
    return pdf


def lay_out(settings: Settings, tag: str, language: str) -> Any:
    """The laid-out document (a WeasyPrint ``Document``): one page in every language."""
    html = page_html(settings, tag, language)
    return HTML(string=html, base_url=str(HERE)).render(stylesheets=[CSS(filename=str(HERE / "notice.css"))])


def page_html(settings: Settings, tag: str, language: str) -> str:
    """The page as HTML."""
    words = texts(language)
    template = _environment().get_template("notice.html")
    return template.render(
        w=words,
        language=language,
        tag=tag,
        workshop=_apart(settings.workshop_name),
        contact=_lines(settings.workshop_contact),
        address=[_apart(line) for line in _lines(settings.workshop_address)],
        lead=_bold(words["lead"].replace("{workshop}", _apart(settings.workshop_name))),
    )


@lru_cache(maxsize=len(LANGUAGES))
def texts(language: str) -> dict[str, Any]:
    """What the notice says in a language: the keys of texts/fr.toml.

    :raises NotFound: when there is none
    """
    if language not in LANGUAGES:
        raise NotFound(N_("There is no notice in this language."), N_("It exists in French, English and Arabic."))
    return tomllib.loads((HERE / "texts" / f"{language}.toml").read_text(encoding="utf-8"))


def _lines(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _apart(text: str) -> str:
    """French words inside Arabic ones keep the order of their own letters and figures."""
    return f"{ISOLATE}{text}{END_ISOLATE}"


def _bold(text: str) -> Markup:
    """``**words**`` in bold; everything else as it is, with French quotation marks kept on the words' line."""
    text = text.replace("« ", "«\N{NO-BREAK SPACE}").replace(" »", "\N{NO-BREAK SPACE}»")
    text = re.sub(r" ([:?!;])", "\N{NO-BREAK SPACE}\\1", text)
    return Markup(re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", str(escape(text))))  # noqa: S704 - escaped just before


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.filters["bold"] = _bold
    return environment
