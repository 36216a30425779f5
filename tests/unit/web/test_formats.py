"""Sizes, durations and times as people say them, in both languages."""

from __future__ import annotations

import datetime as dt

import pytest

from controller.i18n import set_language
from controller.web import formats

NOW = dt.datetime(2026, 3, 12, 13, 5, 33, tzinfo=dt.UTC)
N = "\u00a0"


@pytest.mark.parametrize(
    ("count", "french", "english"),
    [
        (0, f"0{N}o", f"0{N}B"),
        (512, f"512{N}o", f"512{N}B"),
        (1000, f"1{N}ko", f"1{N}kB"),
        (999_999_999, f"1{N}Go", f"1{N}GB"),
        (12_400_000_000, f"12,4{N}Go", f"12.4{N}GB"),
        (256_060_514_304, f"256{N}Go", f"256{N}GB"),
        (500_107_862_016, f"500{N}Go", f"500{N}GB"),
        (1_000_204_886_016, f"1{N}To", f"1{N}TB"),
        (1_500_301_910_016, f"1,5{N}To", f"1.5{N}TB"),
    ],
)
def test_sizes(count: int, french: str, english: str) -> None:
    assert formats.size(count) == french
    set_language("en")
    assert formats.size(count) == english


def test_memory_is_counted_as_it_is_sold() -> None:
    assert formats.memory(8 * 2**30) == f"8{N}Go"
    assert formats.memory(int(7.7 * 2**30)) == f"7,7{N}Go"


@pytest.mark.parametrize(
    ("seconds", "french", "english"),
    [
        (0, f"0{N}s", "0 s"),
        (59, f"59{N}s", "59 s"),
        (61, f"1{N}min", "1 min"),
        (3599, f"1{N}h", "1 h"),
        (3900, f"1{N}h{N}05", "1 h 05"),
        (86_400, f"1{N}j", "1 d"),
        (100_000, f"1{N}j 4{N}h", "1 d 4 h"),
    ],
)
def test_durations(seconds: float, french: str, english: str) -> None:
    assert formats.duration(seconds) == french
    set_language("en")
    assert formats.duration(seconds) == english


@pytest.mark.parametrize(
    ("seconds", "french"),
    [
        (20, "presque fini"),
        (61, f"reste 2{N}min"),
        (12 * 60, f"reste 12{N}min"),
        (61 * 60, f"reste 1{N}h{N}05"),
        (8 * 3600 + 100, f"reste 8{N}h{N}05"),
    ],
)
def test_what_is_left_is_never_promised_too_short(seconds: float, french: str) -> None:
    assert formats.time_left(seconds) == french


@pytest.mark.parametrize(
    ("age", "french", "english"),
    [
        ({"seconds": 10}, "à l’instant", "just now"),
        ({"minutes": 3}, f"il y a 3{N}min", "3 min ago"),
        ({"hours": 2, "minutes": 50}, f"il y a 2{N}h", "2 h ago"),
        ({"days": 1}, f"il y a 1{N}jour", "1 day ago"),
        ({"days": 3, "hours": 5}, f"il y a 3{N}jours", "3 days ago"),
        ({"days": 40}, "le 31 janvier 2026", "on 31 January 2026"),
    ],
)
def test_ago(age: dict[str, int], french: str, english: str) -> None:
    at = NOW - dt.timedelta(**age)
    assert formats.ago(at, NOW) == french
    set_language("en")
    assert formats.ago(at, NOW) == english


def test_instants_are_told_in_the_workshops_time() -> None:
    assert formats.exact(NOW, "Europe/Paris") == "12 mars 2026 à 14:05:33"
    assert formats.clock(NOW, "Europe/Paris") == "14:05"
    assert formats.short_time(NOW, "Europe/Paris") == "12/03/2026 14:05"
    set_language("en")
    assert formats.exact(NOW, "UTC") == "12 March 2026 at 13:05:33"


def test_a_share_is_whole_only_at_its_end() -> None:
    assert formats.percent(0.999) == f"99{N}%"
    assert formats.percent(1) == f"100{N}%"
    set_language("en")
    assert formats.percent(0.62) == "62%"
