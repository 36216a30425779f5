"""Which charts a machine's figures give, over days, months or years."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from controller.health.home_tables import HealthPoint
from controller.health.points import DAY, HOUR, WEEK, Stat, start
from controller.health.series import KINDS, split
from controller.health.verdict import thresholds
from controller.i18n import N_, get_language, translate
from controller.settings import Settings
from controller.web.charts import Chart, Curve, Reading, draw
from controller.web.formats import NBSP, date, number

RANK = {HOUR: 0, DAY: 1, WEEK: 2}
HEADS = (N_("when"), N_("lowest"), N_("mean"), N_("highest"))


@dataclass(frozen=True, kw_only=True)
class Span:
    """How far back a chart looks, and how finely."""

    label: str  # message id
    length: dt.timedelta
    period: str


SPANS: dict[str, Span] = {
    "days": Span(label=N_("days"), length=dt.timedelta(days=8), period=HOUR),
    "months": Span(label=N_("months"), length=dt.timedelta(days=190), period=DAY),
    "years": Span(label=N_("years"), length=dt.timedelta(days=5 * 366), period=WEEK),
}


def readings(points: Iterable[HealthPoint]) -> list[Reading]:
    """Rows of the database as readings."""
    return [Reading(at=p.at, period=p.period, low=p.low, mean=p.mean, high=p.high) for p in points]


def coarse(read: Sequence[Reading], period: str) -> list[Reading]:
    """The readings by ``period``; what is coarser already stays as it is."""
    merged: dict[tuple[dt.datetime, str], Stat] = {}
    for r in read:
        longer = period if RANK[period] > RANK[r.period] else r.period
        key = (start(longer, r.at), longer)
        stat = Stat(r.low, r.mean, r.high, 1)
        merged[key] = merged[key].with_(stat) if key in merged else stat
    return [Reading(at=at, period=p, low=s.low, mean=s.mean, high=s.high) for (at, p), s in sorted(merged.items())]


def charts_of(
    series: Mapping[str, Sequence[Reading]],
    span: Span,
    *,
    now: dt.datetime,
    zone: ZoneInfo,
    settings: Settings,
    drives: Mapping[str, str],
    left: Mapping[str, float],
) -> tuple[Chart, ...]:
    """Every chart there is something to draw for. ``drives``: key → name; ``left``: battery → percent when it left."""
    since = _since(series, span, now)
    heads = (translate(HEADS[0]), translate(HEADS[1]), translate(HEADS[2]), translate(HEADS[3]))
    found: list[Chart | None] = []

    def one(kind: str, part: str, name: str, **more: object) -> None:
        read = coarse(series.get(f"{kind}:{part}" if part else kind, ()), span.period)
        info = KINDS[kind]
        label = translate(info.label)
        title = f"{label}, {name}" if name else label
        found.append(
            draw(
                id=f"chart-{len(found)}",
                title=title,
                summary=_summary([r for r in read if r.at >= since], info.unit),
                unit=info.unit,
                curves=[Curve(label=label, readings=read)],
                since=since,
                until=now,
                zone=zone,
                heads=heads,
                **more,  # type: ignore[arg-type]
            )
        )

    limit = translate("limit")
    one("heat", "", "", limit=(settings.alert_heat_celsius, limit))
    for part in _parts(series, "disk"):
        one("disk", part, part, between=(0.0, 100.0), limit=(settings.alert_disk_percent, limit))
    for part in _parts(series, "battery"):
        before = left.get(part)
        worn = before is None or before >= settings.battery_worn_below
        bound = settings.battery_worn_below if worn else settings.battery_failing_below
        one("battery", part, part, between=(0.0, 100.0), limit=(float(bound), limit))
    for part in _parts(series, "reallocated", "pending", "uncorrectable"):
        found.append(_sectors(series, part, drives.get(part, part), span, since, now, zone, heads, len(found)))
    for part in _parts(series, "drive-heat"):
        one("drive-heat", part, drives.get(part, part), limit=(float(thresholds.HOT_HDD), limit))
    for part in _parts(series, "worn"):
        one("worn", part, drives.get(part, part), between=(0.0, 100.0))
    return tuple(chart for chart in found if chart is not None)


def _sectors(
    series: Mapping[str, Sequence[Reading]],
    part: str,
    name: str,
    span: Span,
    since: dt.datetime,
    now: dt.datetime,
    zone: ZoneInfo,
    heads: tuple[str, str, str, str],
    place: int,
) -> Chart | None:
    """Three counters in one chart, each with a stroke of its own."""
    curves, told = [], []
    for kind in ("reallocated", "pending", "uncorrectable"):
        read = [r for r in coarse(series.get(f"{kind}:{part}", ()), span.period) if r.at >= since]
        if read:
            label = translate(KINDS[kind].label)
            curves.append(Curve(label=label, readings=read, highest=True))
            told.append(translate("{name}: {count}", name=label, count=number(read[-1].high)))
    return draw(
        id=f"chart-{place}",
        title=translate("Bad sectors, {drive}", drive=name),
        summary=" · ".join(told),
        unit="",
        curves=curves,
        since=since,
        until=now,
        zone=zone,
        heads=heads,
        whole=True,
        between=(0.0, max([5.0, *(r.high for c in curves for r in c.readings)])),
    )


def _since(series: Mapping[str, Sequence[Reading]], span: Span, now: dt.datetime) -> dt.datetime:
    """Where the charts begin: not long before the first figure, and all of one machine at the same time."""
    oldest = min((read[0].at for read in series.values() if read), default=now)
    return max(now - span.length, min(oldest, now - span.length / 8))


def _parts(series: Mapping[str, object], *kinds: str) -> list[str]:
    return sorted({part for kind, part in map(split, series) if kind in kinds})


def with_unit(value: float, unit: str, digits: int = 0) -> str:
    """A figure and its unit as the language writes them: ``62 %`` (fr), ``62%`` (en), ``44 °C``. May be over 100 %."""
    between = "" if unit == "%" and get_language() == "en" else NBSP
    return f"{number(value, digits)}{between}{unit}".strip()


def _summary(read: Sequence[Reading], unit: str) -> str:
    """What a person would say who looks at the curve."""
    if not read:
        return ""
    low, high = min(r.low for r in read), max(read, key=lambda r: r.high)
    say: Callable[[float], str] = lambda value: with_unit(value, unit, 1)  # noqa: E731
    return translate(
        "from {low} to {high} (on {date}), latest {last}",
        low=say(low),
        high=say(high.high),
        date=date(high.at.date()),
        last=say(read[-1].mean),
    )
