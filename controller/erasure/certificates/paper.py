"""A statement as a page: HTML, then PDF/A-3 with the statement and the evidence inside."""

from __future__ import annotations

import contextvars
import datetime as dt
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from weasyprint import CSS, HTML, Attachment

from controller.erasure.certificates import words
from controller.erasure.certificates.statement import STATEMENT_FILE, Statement
from controller.erasure.certificates.tables import Paper
from controller.i18n import set_language, translate
from controller.ledger.chain import read_content

TEMPLATES = Path(__file__).parent / "templates"
VARIANT = "pdf/a-3b"
LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


def draw(statement: Statement, logo: Path | None = None) -> bytes:
    """The unsigned PDF, in the statement's own language."""
    return contextvars.copy_context().run(_draw, statement, logo)


def page_html(statement: Statement, logo: Path | None = None) -> str:
    """The page as HTML, in the language that is set."""
    body = statement.body
    paper = Paper(body["kind"])
    zone = body["workshop"]["timezone"]
    template = _environment().get_template("paper.html")
    return template.render(
        s=body,
        paper=paper,
        title=words.TITLES[paper],
        is_certificate=paper in (Paper.DRIVE, Paper.MACHINE),
        machine_name=" ".join(p for p in (body["machine"]["manufacturer"], body["machine"]["product"]) if p),
        methods=words.METHODS,
        logo=_logo(logo),
        qr=_qr(body["verification"]["url"]),
        entry_seq=read_content(body["chain"]["issued"]["content"])["seq"],
        moment=lambda text: words.moment(dt.datetime.fromisoformat(text), zone) if text else "",
        took=_took,
    )


def _draw(statement: Statement, logo: Path | None) -> bytes:
    set_language(statement.body["language"])
    issued = dt.datetime.fromisoformat(statement.body["issued_at"])
    attachments = [
        _attachment(STATEMENT_FILE, statement.canonical, "Data", issued, translate("What this paper states")),
        *(
            _attachment(name, data, "Source", issued, translate("The evidence as the machine gave it"))
            for name, data in statement.files.items()
        ),
    ]
    document = HTML(string=page_html(statement, logo), base_url=str(TEMPLATES))
    pdf: bytes = document.write_pdf(
        stylesheets=[CSS(filename=str(TEMPLATES / "paper.css"))],
        pdf_variant=VARIANT,
        pdf_tags=True,
        pdf_identifier=hashlib.sha256(statement.canonical).digest()[:16],
        attachments=attachments,
    )
    return pdf


def _attachment(name: str, data: bytes, relationship: str, at: dt.datetime, description: str) -> Attachment:
    return Attachment(
        string=data.decode(), name=name, description=description, created=at, modified=at, relationship=relationship
    )


def _qr(url: str) -> str:
    uri: str = segno.make(url, error="m", micro=False).svg_data_uri(border=2, dark="#000", light="#fff")
    return uri


def _logo(path: Path | None) -> str:
    """The logo's address, or nothing: a paper without a logo is better than none."""
    if path is None or path.suffix.lower() not in LOGO_TYPES or not path.is_file():
        return ""
    return path.resolve().as_uri()


def _took(started: str, ended: str) -> str:
    if not started or not ended:
        return ""
    seconds = (dt.datetime.fromisoformat(ended) - dt.datetime.fromisoformat(started)).total_seconds()
    return words.duration(seconds) if seconds >= 0 else ""


def speak(text: Any) -> str:
    """A stored text in the language that is set, its figures with separators; anything else as it is."""
    if not isinstance(text, dict):
        return translate(str(text or ""))
    params = {name: _figure(value) for name, value in (text.get("params") or {}).items()}
    try:
        return translate(str(text.get("message") or ""), **params)
    except (KeyError, IndexError, ValueError):
        return translate(str(text.get("message") or ""))


def _figure(value: Any) -> Any:
    if isinstance(value, dict) and "message" in value:
        return speak(value)
    return words.number(value) if isinstance(value, int) and not isinstance(value, bool) else value


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )
    environment.filters.update(
        t=translate,
        speak=speak,
        size=words.size,
        day=lambda text: words.day(dt.date.fromisoformat(text)),
        breaks=_breaks,
        oneline=lambda text: ", ".join(_lines(text)),
        grouped=_grouped,
    )
    environment.globals.update(
        _=translate,
        LEVELS=words.LEVELS,
        LEVEL_MEANINGS=words.LEVEL_MEANINGS,
        MEDIA=words.MEDIA_NAMES,
        TECHNIQUES=words.TECHNIQUE_NAMES,
        Paper=Paper,
    )
    return environment


def _breaks(text: str) -> Markup:
    """Lines of an address, on lines of their own."""
    return Markup("<br>").join(_lines(text))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace(";", "\n").splitlines() if line.strip()]


def _grouped(digest: str) -> str:
    """A digest in groups of eight, which people compare more easily."""
    return " ".join(digest[i : i + 8] for i in range(0, len(digest), 8))
