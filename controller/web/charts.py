"""Charts as SVG, made on the server: numbers over time in, coordinates and words out. Pure; no script draws anything.

A chart is drawn by ``templates/components/charts.html``, which also gives it a table for who can't see it. Sizes are
SVG units: a chart is ``WIDTH`` × ``HEIGHT`` and scales with its place. Colours come from the style sheet, and no line
is told by its colour alone.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from babel.dates import format_date

from controller.web.formats import date, locale, number, short_time

WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 38, 8, 10, 24  # room for the scales
MAX_TICKS = 7
TABLE_ROWS = 120  # of a chart's table; the newest
# What is further apart is not joined: nothing is known between.
JOINED = {"hour": dt.timedelta(days=3), "day": dt.timedelta(days=4), "week": dt.timedelta(days=22)}
LENGTH = {"hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1), "week": dt.timedelta(days=7)}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What was measured in a period that begins ``at``: lowest, mean, highest."""

    at: dt.datetime
    period: str  # hour, day, week
    low: float
    mean: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One thing over time. ``label`` is text of the reader's language."""

    label: str
    readings: Sequence[Reading]
    highest: bool = False  # draw the highest of each period (counters), not the mean with its band


@dataclass(frozen=True)
class Tick:
    """A mark on a scale."""

    at: float  # x or y
    label: str


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A curve as paths. ``dots`` stand alone: nothing to join them with."""

    label: str
    line: str
    band: str
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart, ready to be put into a page."""

    id: str
    title: str
    summary: str  # what a person would say who sees it
    unit: str
    curves: tuple[Drawn, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    limit: Tick | None
    heads: tuple[str, ...]  # of the table
    rows: tuple[tuple[str, ...], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True)
class Scale:
    """From a value to a place."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place, to a tenth of a unit; what lies outside is put at the edge."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return round(self.start + (self.end - self.start) * min(1.0, max(0.0, share)), 1)


def nice_step(span: float, ticks: int = 4, *, whole: bool = False) -> float:
    """A step of 1, 2 or 5 times a power of ten that cuts ``span`` into about so many pieces."""
    if span <= 0:
        return 1.0
    rough = span / ticks
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    return max(1.0, step) if whole else step


def value_scale(low: float, high: float, *, whole: bool = False) -> tuple[Scale, list[float]]:
    """A scale that begins and ends at round numbers, and the numbers to write beside it."""
    if high - low < max(1e-3, abs(low) * 1e-6):  # as good as one value: floats have no finer marks
        high = low + 1
    step = nice_step(high - low, whole=whole)
    first, last = math.floor(low / step), math.ceil(high / step)
    marks = [round(step * i, 10) for i in range(first, last + 1)]
    return Scale(marks[0], marks[-1], HEIGHT - BOTTOM, TOP), marks


def time_marks(since: dt.datetime, until: dt.datetime, zone: ZoneInfo) -> list[tuple[dt.datetime, str]]:
    """Where days, weeks, months or years begin at the workshop, as many as there is room for; with their names."""
    first, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    days = (last - first).days
    if days <= 10:
        marks, pattern = [first + dt.timedelta(days=i) for i in range(days + 1)], "EEE d"
    elif days <= 60:
        marks, pattern = [first + dt.timedelta(days=i) for i in range(0, days + 1, 7)], "d MMM"
    elif days <= 500:
        marks, pattern = _months(first, last, 1), "LLL"
    else:
        marks, pattern = _months(first, last, 12), "yyyy"
        marks = [mark for mark in marks if mark.month == 1] or marks
    every = -(-len(marks) // MAX_TICKS) or 1
    found = []
    for mark in marks[::every]:
        at = dt.datetime.combine(mark, dt.time(), zone)
        if since <= at <= until:
            found.append((at, str(format_date(mark, format=pattern, locale=locale()))))
    return found


def _months(first: dt.date, last: dt.date, step: int) -> list[dt.date]:
    start = first.year * 12 + first.month - 1
    if step == 12:
        start = first.year * 12
    months = range(start, last.year * 12 + last.month, step)
    return [dt.date(month // 12, month % 12 + 1, 1) for month in months]


def draw(
    *,
    id: str,
    title: str,
    summary: str,
    unit: str,
    curves: Sequence[Curve],
    since: dt.datetime,
    until: dt.datetime,
    zone: ZoneInfo,
    heads: tuple[str, str, str, str],
    between: tuple[float, float] | None = None,
    whole: bool = False,
    limit: tuple[float, str] | None = None,
) -> Chart | None:
    """A chart of what lies between two times; None where there is nothing to draw.

    ``between``: lowest and highest value of the scale, where they are fixed (percent). ``heads``: the words for
    when, lowest, mean, highest. ``limit``: from where on it is too much (or too little), with its word.
    """
    shown = [_in(curve, since, until) for curve in curves]
    shown = [curve for curve in shown if curve.readings]
    if not shown:
        return None
    values = [v for curve in shown for r in curve.readings for v in ((r.high,) if curve.highest else (r.low, r.high))]
    low, high = between or (min(values), max(values))
    if limit is not None and between is None and high > limit[0] * 0.8:
        high = max(high, limit[0])
    y, marks = value_scale(low, high, whole=whole)
    x = Scale(since.timestamp(), until.timestamp(), LEFT, WIDTH - RIGHT)
    return Chart(
        id=id,
        title=title,
        summary=summary,
        unit=unit,
        curves=tuple(_drawn(curve, x, y) for curve in shown),
        x_ticks=tuple(Tick(x(at.timestamp()), name) for at, name in time_marks(since, until, zone)),
        y_ticks=tuple(Tick(y(mark), number(mark, 2)) for mark in marks),
        limit=Tick(y(limit[0]), limit[1]) if limit and marks[0] <= limit[0] <= marks[-1] else None,
        heads=heads if len(shown) == 1 and not shown[0].highest else (heads[0], *(curve.label for curve in shown)),
        rows=_rows(shown, zone),
    )


def _in(curve: Curve, since: dt.datetime, until: dt.datetime) -> Curve:
    inside = [r for r in curve.readings if since <= r.at + LENGTH[r.period] and r.at <= until]
    return Curve(label=curve.label, readings=inside, highest=curve.highest)


def _drawn(curve: Curve, x: Scale, y: Scale) -> Drawn:
    line: list[str] = []
    band: list[str] = []
    dots: list[tuple[float, float]] = []
    for piece in _pieces(curve.readings):
        across = [x((r.at + LENGTH[r.period] / 2).timestamp()) for r in piece]
        middle = [y(r.high if curve.highest else r.mean) for r in piece]
        if len(piece) == 1:
            dots.append((across[0], middle[0]))
            continue
        line.append(_path(across, middle))
        if not curve.highest:
            there = [(a, y(r.high)) for a, r in zip(across, piece, strict=True)]
            back = [(a, y(r.low)) for a, r in zip(across, piece, strict=True)][::-1]
            band.append("M" + " L".join(f"{a:g} {b:g}" for a, b in there + back) + " Z")
    return Drawn(label=curve.label, line=" ".join(line), band=" ".join(band), dots=tuple(dots))


def _pieces(readings: Sequence[Reading]) -> list[list[Reading]]:
    """Readings that belong together; a long silence parts them."""
    pieces: list[list[Reading]] = []
    for reading in readings:
        if pieces and reading.at - pieces[-1][-1].at <= JOINED[reading.period]:
            pieces[-1].append(reading)
        else:
            pieces.append([reading])
    return pieces


def _path(across: Sequence[float], down: Sequence[float]) -> str:
    return "M" + " L".join(f"{a:g} {b:g}" for a, b in zip(across, down, strict=True))


def _rows(curves: Sequence[Curve], zone: ZoneInfo) -> tuple[tuple[str, ...], ...]:
    """The newest first: one curve with its three numbers, several with their highest."""
    if len(curves) == 1 and not curves[0].highest:
        newest = list(curves[0].readings)[::-1][:TABLE_ROWS]
        return tuple((_when(r, zone), number(r.low, 1), number(r.mean, 1), number(r.high, 1)) for r in newest)
    by_time: dict[tuple[dt.datetime, str], dict[str, float]] = {}
    for curve in curves:
        for reading in curve.readings:
            by_time.setdefault((reading.at, reading.period), {})[curve.label] = reading.high
    newest_times = sorted(by_time, reverse=True)[:TABLE_ROWS]
    rows = []
    for at, period in newest_times:
        values = by_time[at, period]
        told = (number(values[c.label], 1) if c.label in values else "–" for c in curves)
        rows.append((_when(Reading(at=at, period=period, low=0, mean=0, high=0), zone), *told))
    return tuple(rows)


def _when(reading: Reading, zone: ZoneInfo) -> str:
    if reading.period == "hour":
        return short_time(reading.at, zone.key)
    return date(reading.at.date())
