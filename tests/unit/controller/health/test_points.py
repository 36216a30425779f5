"""Figures kept thinly: what merging keeps, and where periods begin."""

from __future__ import annotations

import datetime as dt
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.health.points import DAY, HOUR, WEEK, Stat, one, start

numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50)


@given(numbers, st.randoms(use_true_random=False))
def test_in_whatever_order_and_groups_the_same_comes_out(values: list[float], chance: random.Random) -> None:
    stats = [one(value) for value in values]
    while len(stats) > 1:
        first = stats.pop(chance.randrange(len(stats)))
        second = stats.pop(chance.randrange(len(stats)))
        stats.append(first.with_(second))
    [found] = stats
    assert (found.low, found.high, found.n) == (min(values), max(values), len(values))
    assert math.isclose(found.mean, math.fsum(values) / len(values), rel_tol=1e-9, abs_tol=1e-6)


def test_the_mean_is_weighed() -> None:
    assert Stat(1, 2, 3, 9).with_(Stat(11, 12, 13, 1)) == Stat(1, 3, 13, 10)


@pytest.mark.parametrize(
    ("period", "at", "expected"),
    [
        (HOUR, "2026-03-29T01:59:59+00:00", "2026-03-29T01:00:00+00:00"),
        (DAY, "2026-03-29T23:59:59+00:00", "2026-03-29T00:00:00+00:00"),
        (DAY, "2026-03-30T01:30:00+02:00", "2026-03-29T00:00:00+00:00"),
        (WEEK, "2026-03-29T23:59:59+00:00", "2026-03-23T00:00:00+00:00"),
        (WEEK, "2026-03-30T00:00:00+00:00", "2026-03-30T00:00:00+00:00"),
        (WEEK, "2027-01-01T12:00:00+00:00", "2026-12-28T00:00:00+00:00"),
    ],
)
def test_where_a_period_begins(period: str, at: str, expected: str) -> None:
    assert start(period, dt.datetime.fromisoformat(at)) == dt.datetime.fromisoformat(expected)
