"""The Jinja environment of the dashboard: its filters, its words, and addresses of static files."""

from __future__ import annotations

import datetime as dt
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from controller.access.roles import Right, may
from controller.database import utcnow
from controller.i18n import get_language, heard, translate, translate_plural
from controller.machines.lifecycle import STATES
from controller.settings import Settings
from controller.web import formats
from controller.web.icons import FORMS, STEP_STATES

TEMPLATES_DIR = Path(__file__).parent / "templates"
STATIC_DIR = Path(__file__).parent / "static"


@lru_cache(maxsize=256)
def _version(name: str, _modified: float) -> str:
    return hashlib.sha256((STATIC_DIR / name).read_bytes()).hexdigest()[:12]


def static(name: str) -> str:
    """The address of a static file; it changes with the content, so browsers may keep it for ever.

    Raises:
        FileNotFoundError: the file is missing; ``python -m controller.web.vendor`` makes those of ``vendor/``.
    """
    return f"/static/{name}?v={_version(name, (STATIC_DIR / name).stat().st_mtime)}"


def rich(message: str, **params: Any) -> Markup:
    """A translated message whose parameters may be markup (a link, bold)."""
    return Markup(escape(translate(message))).format(**params)  # noqa: S704 - the message itself is escaped


def make_environment(settings: Settings) -> Environment:
    """The environment for one workshop: its time zone and name are known everywhere."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_DIR),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,
        cache_size=200,
    )
    zone = settings.timezone

    def ago(at: dt.datetime) -> str:
        return formats.ago(at, utcnow())

    environment.filters.update(
        size=formats.size,
        memory=formats.memory,
        rate=formats.rate,
        percent=formats.percent,
        euros=formats.euros,
        number=formats.number,
        duration=formats.duration,
        time_left=formats.time_left,
        day=formats.date,
        short_day=formats.short_date,
        ago=ago,
        since=lambda at: formats.duration((utcnow() - at).total_seconds()),
        exact=lambda at: formats.exact(at, zone),
        short_time=lambda at: formats.short_time(at, zone),
        clock=lambda at: formats.clock(at, zone, seconds=True),
        t=translate,
        heard=heard,
    )
    environment.globals.update(
        _=translate,
        ngettext=translate_plural,
        rich=rich,
        static=static,
        language=get_language,
        workshop=settings.workshop_name,
        STATES=STATES,
        FORM_ICONS=FORMS,
        STEP_ICONS=STEP_STATES,
        Right=Right,
        may=may,
    )
    return environment
