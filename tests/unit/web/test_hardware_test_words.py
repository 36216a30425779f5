"""The words for tests, parts and figures: every test that the agent has is named; figures read as people say them."""

from __future__ import annotations

from typing import get_args

import pytest

from agent.hwtests.catalogue import all_tests, hands_on_tests
from agent.protocol_tests import Subsystem, TestOutcome
from controller.i18n import set_language
from controller.web.formats import NBSP
from controller.web.views import hardware_test_words as known
from controller.web.views.hardware_tests import figure_text
from controller.web.views.speed_profile import HEIGHT, MOST_POINTS, WIDTH, draw, profile_of


def test_every_test_of_the_agent_has_a_name_here() -> None:
    assert {header.name for header in all_tests()} <= set(known.TESTS)


def test_those_that_need_hands_are_known_as_such() -> None:
    found = {header.name: header.subsystem for header in hands_on_tests()}
    assert found == known.HANDS_ON


def test_every_part_and_outcome_has_words() -> None:
    assert set(known.PARTS) == set(get_args(Subsystem))
    assert set(known.OUTCOMES) == set(known.GRAVITY) == set(get_args(TestOutcome))


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("load_celsius", 83.5, "83.5 °C"),
        ("tested_bytes", 7 * 2**30, "7 GB"),
        ("mib_per_second", 101.3, "101 MiB/s"),
        ("least_mib_per_second", 27.04, "27 MiB/s"),
        ("mbit_per_second", 941.2, "941 Mb/s"),
        ("offset_seconds", -1.4, "-1.4 s"),
        ("throttled_seconds", 75, "1 min"),
        ("capacity_percent", 81.0, "81 %"),
        ("errors", 3, "3"),
    ],
)
def test_figures_as_people_say_them(name: str, value: float, text: str) -> None:
    set_language("en")
    assert figure_text(name, value).replace(NBSP, " ") == text


def test_a_slow_place_is_never_smoothed_away() -> None:
    """A thousand places on a hundred points: the one that is slow still shows, and so does the one that is unread."""
    speeds: list[float | None] = [100.0] * 1000
    speeds[500], speeds[700] = 5.0, None
    found = draw(speeds)
    heights = [float(point.split(",")[1]) for point in found.line.split()]
    assert len(heights) <= MOST_POINTS
    assert max(heights) > HEIGHT - 8  # down is slow
    assert sorted(heights)[-2] < 10  # the rest is fast
    assert (found.slowest, found.fastest) == (5.0, 100.0)
    assert found.gaps == pytest.approx((700 / 1000 * WIDTH,), abs=3)


@pytest.mark.parametrize(
    "figures",
    [
        {},
        {"profile": []},
        {"profile": [1.0]},
        {"profile": [None, None]},
        {"profile": "fast"},
        {"profile": [True, False]},
    ],
)
def test_what_is_no_profile_draws_nothing(figures: dict[str, object]) -> None:
    assert profile_of(figures) is None


def test_a_drive_that_stands_still_is_drawn_all_the_same() -> None:
    found = draw([0.0, 0.0, 0.0])
    assert (found.slowest, found.fastest) == (0.0, 0.0)
