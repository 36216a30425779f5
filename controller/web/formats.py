"""Sizes, durations and times as people say them, in the language of the request.

French uses no-break spaces (U+00A0) between a figure and its unit, Go/To for sizes, and Babel's own forms for
dates. Every function is pure but for the language, which ``controller.i18n`` holds.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal

from controller.i18n import get_language, translate, translate_plural

NBSP = "\u00a0"
UNITS = {"fr": ("o", "ko", "Mo", "Go", "To", "Po"), "en": ("B", "kB", "MB", "GB", "TB", "PB")}
MINUTE, HOUR, DAY = 60, 3600, 86400


def locale() -> str:
    """Babel's name of the request's language: British dates for English, 24-hour clock for both."""
    return {"fr": "fr_FR", "en": "en_GB"}[get_language()]


def number(value: float, digits: int = 0) -> str:
    """A figure with the language's separators, at most ``digits`` decimals."""
    pattern = "#,##0" + ("." + "#" * digits if digits else "")
    return str(format_decimal(value, format=pattern, locale=locale()))


def size(count: float, base: int = 1000) -> str:
    """Bytes as a person reads them on the box: ``500 Go``, ``1,5 To``. ``base`` 1024 is for memory modules."""
    value, unit = float(count), 0
    names = UNITS[get_language()]
    while value >= base - 0.5 and unit < len(names) - 1:
        value /= base
        unit += 1
    digits = 1 if 0 < value < 100 and unit >= 2 else 0
    return f"{number(round(value, digits), digits)}{NBSP}{names[unit]}"


def memory(count: float) -> str:
    """Bytes of memory: ``8 Go`` for 8 GiB, as it is sold."""
    return size(count, base=1024)


def rate(per_second: float) -> str:
    """Bytes per second: ``112 Mo/s``."""
    return f"{size(per_second)}/s"


def euros(amount: float) -> str:
    """Money: ``12,50 €`` (fr), ``€12.50`` (en); whole euros without cents."""
    whole = amount == int(amount)
    text = str(
        format_currency(amount, "EUR", locale=locale(), currency_digits=not whole, decimal_quantization=not whole)
    )
    return text.replace(",00", "").replace(".00", "") if whole else text


def percent(fraction: float) -> str:
    """A share of one: ``62 %`` (fr), ``62%`` (en). Never says 100 before the end."""
    value = int(max(0.0, min(1.0, fraction)) * 100)
    return f"{value}{NBSP}%" if get_language() == "fr" else f"{value}%"


def duration(seconds: float) -> str:
    """A length of time, in at most two units: ``45 s``, ``12 min``, ``1 h 05``, ``2 j 3 h``."""
    total = max(0, round(seconds))
    if total < MINUTE:
        return translate("{n} s", n=total)
    minutes = round(total / MINUTE)
    if minutes < 60:
        return translate("{n} min", n=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return translate("{h} h {m}", h=hours, m=f"{minutes:02d}") if minutes else translate("{n} h", n=hours)
    days, hours = divmod(round(total / HOUR), 24)
    return translate("{d} d {h} h", d=days, h=hours) if hours else translate("{n} d", n=days)


def time_left(seconds: float) -> str:
    """What remains, in words: ``reste 12 min``. Rounded up: a promise is better kept early."""
    if seconds < MINUTE:
        return translate("nearly done")
    if seconds < 10 * MINUTE:
        return translate("{duration} left", duration=duration(-(-seconds // MINUTE) * MINUTE))
    step = 5 * MINUTE if seconds > HOUR else MINUTE
    return translate("{duration} left", duration=duration(-(-seconds // step) * step))


def ago(at: dt.datetime, now: dt.datetime) -> str:
    """How long since: ``à l'instant``, ``il y a 3 min``, ``il y a 3 jours``; a date beyond thirty days."""
    seconds = (now - at).total_seconds()
    if seconds < 45:
        return translate("just now")
    if seconds < HOUR:
        return translate("{n} min ago", n=max(1, round(seconds / MINUTE)))
    if seconds < DAY:
        return translate("{n} h ago", n=max(1, int(seconds / HOUR)))
    days = int(seconds / DAY)
    if days <= 30:
        return translate_plural("{n} day ago", "{n} days ago", days)
    return translate("on {date}", date=date(at.date()))


def date(day: dt.date) -> str:
    """A day: ``12 mars 2026``."""
    return str(format_date(day, format="long", locale=locale()))


def short_date(day: dt.date) -> str:
    """A day in figures: ``12/03/2026``."""
    return str(format_date(day, format="dd/MM/yyyy", locale=locale()))


def exact(at: dt.datetime, zone: str) -> str:
    """An instant, to the second, in the workshop's time: ``12 mars 2026 à 14:05:33``."""
    local = at.astimezone(ZoneInfo(zone))
    return translate("{date} at {time}", date=date(local.date()), time=clock(at, zone, seconds=True))


def short_time(at: dt.datetime, zone: str) -> str:
    """An instant in a table: ``12/03/2026 14:05``."""
    return str(format_datetime(at, format="dd/MM/yyyy HH:mm", tzinfo=ZoneInfo(zone), locale=locale()))


def clock(at: dt.datetime, zone: str, *, seconds: bool = False) -> str:
    """The time of the day in the workshop: ``14:05``."""
    pattern = "HH:mm:ss" if seconds else "HH:mm"
    return str(format_time(at, format=pattern, tzinfo=ZoneInfo(zone), locale=locale()))
