"""Scales and paths of charts: pure tables of cases."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.i18n import set_language
from controller.web.charts import HEIGHT, WIDTH, Curve, Reading, Scale, draw, nice_step, time_marks, value_scale

PARIS = ZoneInfo("Europe/Paris")
NOW = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("span", "whole", "step"),
    [(100, False, 50), (40, False, 10), (7, False, 2), (0.9, False, 0.5), (3, True, 1), (0.2, True, 1), (0, False, 1)],
)
def test_steps_are_round(span: float, whole: bool, step: float) -> None:
    assert nice_step(span, whole=whole) == pytest.approx(step)


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.booleans())
def test_a_scale_holds_its_values(low: float, span: float, whole: bool) -> None:
    scale, marks = value_scale(low, low + span, whole=whole)
    assert scale.low <= low + 1e-6
    assert scale.high >= low + span - 1e-6
    assert 2 <= len(marks) <= 12
    assert marks == sorted(set(marks))


def test_what_lies_outside_is_put_at_the_edge() -> None:
    scale = Scale(0, 10, 100, 200)
    assert [scale(value) for value in (-5, 0, 5, 10, 50)] == [100, 100, 150, 200, 200]


@pytest.mark.parametrize(
    ("days", "expected"),
    [(8, "mar. 31"), (50, "9 mars"), (190, "mars"), (1800, "2026")],
)
def test_marks_of_time_are_beginnings_with_names(days: int, expected: str) -> None:
    set_language("fr")
    marks = time_marks(NOW - dt.timedelta(days=days), NOW, PARIS)
    assert 2 <= len(marks) <= 8
    assert all((at.hour, at.minute) == (0, 0) for at, _ in marks)
    assert all(NOW - dt.timedelta(days=days) <= at <= NOW for at, _ in marks)
    names = [name for _, name in marks]
    assert len(names) == len(set(names))
    assert expected in names


def reading(hours: float, value: float = 50, period: str = "hour") -> Reading:
    return Reading(at=NOW - dt.timedelta(hours=hours), period=period, low=value - 5, mean=value, high=value + 5)


def chart(*readings: Reading) -> Any:
    return draw(
        id="c", title="t", summary="s", unit="%", curves=[Curve(label="x", readings=readings)],
        since=NOW - dt.timedelta(days=8), until=NOW, zone=PARIS, heads=("when", "low", "mean", "high"),
    )  # fmt: skip


def test_nothing_is_drawn_of_nothing() -> None:
    assert chart() is None
    assert chart(reading(24 * 30)) is None


def test_a_long_silence_parts_the_curve_and_one_figure_is_a_dot() -> None:
    drawn = chart(reading(180), reading(179), reading(60), reading(2), reading(1))
    curve = drawn.curves[0]
    assert curve.line.count("M") == 2
    assert len(curve.dots) == 0
    alone = chart(reading(180), reading(60), reading(59)).curves[0]
    assert len(alone.dots) == 1
    assert alone.line.count("M") == 1


@given(st.lists(st.tuples(st.floats(0, 24 * 9), st.floats(-1e4, 1e4)), min_size=1, max_size=40))
def test_everything_lies_within_the_picture(points: list[tuple[float, float]]) -> None:
    drawn = chart(*(reading(hours, value) for hours, value in sorted(points, reverse=True)))
    if drawn is None:
        return
    places = [n for c in drawn.curves for n in (c.line + " " + c.band).replace("M", " ").replace("L", " ").split()]
    numbers = [float(n) for n in places if n != "Z"]
    assert all(0 <= x <= WIDTH for x in numbers[::2])
    assert all(0 <= y <= HEIGHT for y in numbers[1::2])
    assert all(len(row) == len(drawn.heads) for row in drawn.rows)
