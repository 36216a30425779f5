"""How numbers are kept thinly: each hour for some days, then each day for half a year, then each week.

Lowest and highest survive every step; the mean is weighed by how many samples it stands for.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

HOUR, DAY, WEEK = "hour", "day", "week"
HOURS_KEPT: Final = dt.timedelta(days=8)
DAYS_KEPT: Final = dt.timedelta(days=190)
# period → the one it becomes, and after how long
NEXT: Final = {HOUR: (DAY, HOURS_KEPT), DAY: (WEEK, DAYS_KEPT)}
# Most rows of one series: hours and days that are not thinned yet (with the one that begins), and the years' weeks.
ROWS_STANDING: Final = (8 * 24 + 1) + (190 + 1)
ROWS_A_YEAR: Final = 53


@dataclass(frozen=True)
class Stat:
    """Lowest, mean and highest of ``n`` numbers."""

    low: float
    mean: float
    high: float
    n: int

    def with_(self, other: Stat) -> Stat:
        """Of both together."""
        n = self.n + other.n
        mean = self.mean + (other.mean - self.mean) * (other.n / n)
        return Stat(min(self.low, other.low), mean, max(self.high, other.high), n)


def one(value: float) -> Stat:
    """A single number."""
    return Stat(value, value, value, 1)


def start(period: str, at: dt.datetime) -> dt.datetime:
    """The beginning of the hour, the day or the week (Monday) that ``at`` lies in; UTC."""
    at = at.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)
    if period == HOUR:
        return at
    at = at.replace(hour=0)
    return at if period == DAY else at - dt.timedelta(days=at.weekday())
