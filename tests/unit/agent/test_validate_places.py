"""Where a sampled reading reads: properties that must hold for every drive, share and seed."""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.jobs.validate_places import UNIT, number, plan_places
from agent.jobs.validate_samples import sample_offsets

SIZES = st.integers(1, 2**22).map(lambda n: n * 512)  # up to 2 GiB, in sectors
SHARES = st.floats(0.001, 1.0)
SLICES = st.integers(1, 2000)
SEEDS = st.text(min_size=1, max_size=12)


def read_in(places: list[tuple[int, int]], start: int, end: int) -> int:
    """How many bytes between ``start`` and ``end`` are read."""
    first = max(0, bisect_right(places, (start, 0)) - 1)
    last = bisect_left(places, (end, 0))
    return sum(max(0, min(at + length, end) - max(at, start)) for at, length in places[first:last])


@settings(max_examples=150, deadline=None)
@given(SIZES, SHARES, SLICES, SEEDS)
def test_places_of_any_drive(size: int, share: float, slices: int, seed: str) -> None:
    places = plan_places(size, share, slices, seed)
    assert places[0][0] == 0  # the first LBA
    assert sum(places[-1]) == size  # the last one
    assert all(at % UNIT == 0 and length > 0 for at, length in places)
    assert all(sum(one) < other[0] for one, other in pairwise(places))  # in order, never twice
    units = -(-size // UNIT)
    count = min(slices, units)
    for index in range(count):
        start, end = units * index // count * UNIT, min(size, units * (index + 1) // count * UNIT)
        # The drive's end may cut the last unit: what is read is counted in whole ones.
        assert read_in(places, start, end) >= share * (end - start) - UNIT
    assert read_in(places, 0, size) >= share * size - UNIT


@settings(max_examples=60, deadline=None)
@given(SIZES, SHARES, SLICES, SEEDS)
def test_the_seed_decides(size: int, share: float, slices: int, seed: str) -> None:
    assert plan_places(size, share, slices, seed) == plan_places(size, share, slices, seed)


def test_another_seed_reads_elsewhere() -> None:
    one, other = (plan_places(2**34, 0.1, 1000, seed) for seed in ("a", "b"))
    both = sum(read_in(other, at, at + length) for at, length in one)
    assert both < 0.2 * 0.1 * 2**34  # by chance a tenth of them is the same


def test_a_large_drive_is_read_in_two_stretches_a_slice() -> None:
    """As many seeks as two per slice, and some more where a stretch goes over its slice's end."""
    places = plan_places(10**12, 0.1, 1000, "seed")
    assert 2000 <= len(places) <= 2400
    total = sum(length for _, length in places)
    assert 0.1 <= total / 10**12 < 0.1001
    assert max(length for _, length in places) > 40 * 10**6


def test_every_byte_has_the_same_probability() -> None:
    """Slices' edges too: over many seeds each unit is read as often as the share says."""
    units, seeds = 60, 1500
    counted = [0] * units
    for seed in range(seeds):
        for at, length in plan_places(units * UNIT, 0.2, 3, str(seed)):
            for unit in range(at // UNIT, (at + length) // UNIT):
                counted[unit] += 1
    for unit in range(1, units - 1):
        assert 0.15 < counted[unit] / seeds < 0.25, unit
    assert counted[0] == counted[-1] == seeds


def test_everything_and_small_drives() -> None:
    assert plan_places(10 * UNIT + 512, 1.0, 7, "x") == [(0, 10 * UNIT + 512)]
    assert plan_places(512, 0.1, 1000, "x") == [(0, 512)]
    assert plan_places(3 * UNIT, 0.1, 1000, "x") == [(0, 3 * UNIT)]


@pytest.mark.parametrize(
    ("size", "share", "slices"), [(10**9, 0.0, 10), (10**9, 1.1, 10), (10**9, 0.1, 0), (0, 0.1, 1)]
)
def test_what_is_no_plan(size: int, share: float, slices: int) -> None:
    with pytest.raises(ValueError, match=r"share|slices"):
        plan_places(size, share, slices, "x")


def test_the_rule_can_be_computed_by_others() -> None:
    """As documented in docs/formats.md: anybody can check from the seed that these were the places."""
    digest = hashlib.sha256(b"seed|0|0").digest()
    assert number("seed", "0|0", 1000) == int.from_bytes(digest[:8], "big") % 1000
    one = number("seed", "0|0", 1000)
    other = (one + 50 + number("seed", "0|1", 1000 - 2 * 50 + 1)) % 1000
    expected = sorted([(one * UNIT, 50 * UNIT), (other * UNIT, 50 * UNIT)])
    assert plan_places(1000 * UNIT, 0.1, 1, "seed")[1:-1] == expected


@settings(max_examples=100, deadline=None)
@given(SIZES, st.integers(1, 2000), SEEDS)
def test_samples_lie_all_over(size: int, places: int, seed: str) -> None:
    offsets = sample_offsets(size, seed, places)
    if size < 4096:
        assert offsets == []
        return
    assert offsets[0] == 0
    assert offsets[-1] == size - 4096
    assert len(offsets) >= min(places, size // 4096)
    assert all(at % 512 == 0 and at + 4096 <= size for at in offsets)
