"""What machines say of their tests, made fit to be kept: a table of what may come."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.hardware_tests.keeping import MAX_SOURCE, source_of
from controller.hardware_tests.options import longest_seconds, options_for
from controller.hardware_tests.results import MAX_FIGURES, MAX_RESULTS, OUTCOMES, SUBSYSTEMS, read_results
from controller.ledger.chain import canonical_digest
from controller.settings import Settings

FINE: dict[str, Any] = {
    "name": "fans",
    "subsystem": "fans",
    "target": "fan1",
    "outcome": "degraded",
    "reason": "It turns slowly.",
    "figures": {"rpm": 400},
    "started_at": "2026-01-01T10:00:00Z",
    "seconds": 3,
    "automatic": True,
}


def test_a_fine_one_is_kept_as_it_is() -> None:
    assert read_results([FINE]) == [FINE | {"seconds": 3.0}]


@pytest.mark.parametrize(
    "said",
    [
        None, {}, "pass", [None], [FINE | {"outcome": "ok"}], [FINE | {"subsystem": "soul"}], [FINE | {"name": ""}],
        [FINE | {"outcome": ["pass"]}], [FINE | {"name": 7}], [FINE | {"subsystem": {}}],
    ],
)  # fmt: skip
def test_what_is_no_result_is_left_out(said: Any) -> None:
    assert read_results(said) == []


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"seconds": math.nan}, {"seconds": 0.0}),
        ({"seconds": -5}, {"seconds": 0.0}),
        ({"seconds": "long"}, {"seconds": 0.0}),
        ({"figures": {"celsius": math.inf}}, {"figures": {"celsius": None}}),
        ({"figures": [1]}, {"figures": {}}),
        ({"figures": {"profile": [1.5] * MAX_FIGURES}}, {"figures": {}}),
        ({"reason": "a\0b"}, {"reason": "ab"}),
        ({"target": "x" * 500}, {"target": "x" * 120}),
        ({"reason": None}, {"reason": ""}),
    ],
)
def test_what_can_t_be_stored_is_made_fit(changes: dict[str, Any], kept: dict[str, Any]) -> None:
    (result,) = read_results([FINE | changes])
    assert result == FINE | {"seconds": 3.0} | kept


def test_never_more_than_the_bound() -> None:
    assert len(read_results([FINE] * (MAX_RESULTS + 7))) == MAX_RESULTS


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"name": JSON, "outcome": st.sampled_from(OUTCOMES), "subsystem": st.sampled_from(SUBSYSTEMS)},
            optional=dict.fromkeys(("target", "reason", "figures", "started_at", "seconds", "automatic"), JSON),
        )
    )
)
def test_whatever_comes_can_be_stored_and_digested(said: Any) -> None:
    results = read_results(said)
    assert len(canonical_digest(results)) == 64
    json.dumps(results, allow_nan=False)
    assert all(len(source_of("r1-test-all-1", result)) <= MAX_SOURCE for result in results)


def test_long_targets_stay_apart() -> None:
    one, two = read_results([FINE | {"target": "x" * 119 + "1"}, FINE | {"target": "x" * 119 + "2"}])
    assert source_of("r1-test-all-1", one) != source_of("r1-test-all-1", two)


def test_a_full_reading_may_take_days() -> None:
    assert longest_seconds(Settings(tests_surface="sampled")) < 2 * 3600
    assert longest_seconds(Settings(tests_surface="full")) > 4 * 24 * 3600
    assert options_for(Settings(tests_surface="off"), "https://x")["surface"] == "off"
