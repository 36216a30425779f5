"""Battery, clock and wired network: what their figures mean, on played sysfs trees."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.hwtests.programs import battery, clock, network
from agent.hwtests.script import Request
from tests.unit.agent.hwtests.test_cpu_and_fans import lay

BATTERY = {
    "name": "BAT0", "state": "full", "charge_percent": 100, "energy_full_wh": 40.0, "energy_full_design_wh": 45.0,
    "wear_percent": 11.1, "cycle_count": 120, "power_w": 0.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "on_mains", "watts", "outcome", "words"),
    [
        ({}, True, None, "pass", ""),
        ({"wear_percent": 21.0}, True, None, "degraded", "holds 79 % of what it held when new."),
        ({"wear_percent": 20.0}, True, None, "pass", ""),
        ({"wear_percent": 51.0}, True, None, "fail", "holds 49 % of what it held when new: replace"),
        ({"state": "discharging", "charge_percent": 60}, False, 8.0, "pass", ""),
        ({"state": "discharging", "charge_percent": 60}, False, 50.0, "degraded", "lasts 48 minutes."),
        ({"state": "discharging", "energy_full_wh": 3.0}, False, 10.0, "fail", "lasts 18 minutes: replace"),
        ({"state": "discharging", "charge_percent": 30}, True, 9.0, "fail", "discharges on mains, at 30 %"),
        ({"state": "discharging", "charge_percent": 97}, True, 1.0, "pass", ""),  # a maker's rest between charges
        ({"state": "not charging", "charge_percent": 60}, True, None, "degraded", "does not charge, at 60 %"),
        ({"state": "not charging", "charge_percent": 80}, True, None, "pass", ""),  # the makers' usual limit
        ({"wear_percent": None, "energy_full_wh": None}, True, None, "pass", ""),
        (
            {"wear_percent": None, "energy_full_wh": None, "charge_percent": None},
            True,
            None,
            "skipped",
            "says nothing",
        ),
    ],
)
def test_what_a_battery_says(
    facts: dict[str, Any], on_mains: bool, watts: float | None, outcome: str, words: str
) -> None:
    judged = battery.judge(BATTERY | facts, on_mains=on_mains, watts=watts, worn_below=80, failing_below=50)
    assert (judged.outcome, bool(judged.reason)) == (outcome, bool(words)), judged.reason
    assert words in judged.reason


def test_the_workshops_thresholds_count() -> None:
    judged = battery.judge(BATTERY, on_mains=True, watts=None, worn_below=95, failing_below=90)
    assert judged.outcome == "fail"


def test_a_discharging_battery_is_watched(tmp_path: Path) -> None:
    """38 Wh of 44, giving 9.5 W: four hours."""
    folder = "sys/class/power_supply/BAT0"
    lay(
        tmp_path,
        {
            f"{folder}/type": "Battery",
            f"{folder}/present": "1",
            f"{folder}/status": "Discharging",
            f"{folder}/capacity": "71",
            f"{folder}/energy_full": "38000000",
            f"{folder}/energy_full_design": "44000000",
            f"{folder}/power_now": "9500000",
            "sys/class/power_supply/AC/type": "Mains",
            "sys/class/power_supply/AC/online": "0",
        },
    )
    outcome = battery.test(Request({"name": "BAT0"}, {"battery_seconds": 0}, {}, tmp_path))
    assert outcome.outcome == "pass"
    assert (outcome.figures["watts"], outcome.figures["hours_full"]) == (9.5, 4.0)
    assert outcome.figures["hours_full_assumed"] == 3.8
    assert outcome.figures["on_mains"] is False
    gone = battery.test(Request({"name": "BAT1"}, {"battery_seconds": 0}, {}, tmp_path))
    assert (gone.outcome, "disappeared" in gone.reason) == ("fail", True)


NOW = datetime(2026, 3, 1, tzinfo=UTC).timestamp()
MADE = datetime(2014, 5, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "ticked", "outcome", "words"),
    [
        (NOW, 2, "pass", ""),
        (NOW, 3, "pass", ""),
        (NOW + 13 * 3600, 2, "pass", ""),  # Windows keeps local time
        (NOW - 11 * 3600, 2, "pass", ""),
        (NOW, 0, "fail", "stands still"),
        (NOW, -5, "fail", "stands still"),
        (NOW, 9, "fail", "counted 9 s in 2.2 s"),
        (datetime(2009, 1, 1, tzinfo=UTC).timestamp(), 2, "degraded", "2009-01-01, before the firmware was made"),
        (NOW - 400 * 86400, 2, "degraded", "400 days off"),
        (NOW + 2 * 86400, 2, "degraded", "2 days off"),
    ],
)
def test_what_the_clock_says(said: float, ticked: int, outcome: str, words: str) -> None:
    judged = clock.judge(int(said), ticked, 2.2, NOW, MADE)
    assert (judged.outcome, bool(judged.reason)) == (outcome, bool(words)), judged.reason
    assert words in judged.reason


@pytest.mark.parametrize(("text", "year"), [("05/20/2014", 2014), ("", None), ("20.05.2014", None)])
def test_the_firmwares_date(tmp_path: Path, text: str, year: int | None) -> None:
    lay(tmp_path, {"sys/class/dmi/id/bios_date": text})
    date = clock.firmware_date(tmp_path)
    assert (date.year if date else None) == year


def test_a_clock_is_read_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, {"sys/class/rtc/rtc0/since_epoch": str(int(NOW))})
    monkeypatch.setattr(clock, "WATCH_SECONDS", 0.0)
    assert clock.test(Request({}, {}, {}, tmp_path)).outcome == "fail"  # a file stands still
    ticks = itertools.chain([int(NOW), int(NOW) + 1, None, None])
    monkeypatch.setattr(clock, "read_int", lambda _: next(ticks))
    assert clock.test(Request({}, {}, {}, tmp_path)).figures["ticked_seconds"] == 1
    assert "can't be read" in clock.test(Request({}, {}, {}, tmp_path)).reason


LINK = {"link_mbit": 1000, "duplex": "full", "errors": 0, "mbit_per_second": 640.0}


@pytest.mark.parametrize(
    ("figures", "outcome", "words"),
    [
        ({}, "pass", ""),
        ({"link_mbit": 10, "mbit_per_second": 9.0}, "degraded", "only 10 Mb/s"),
        ({"link_mbit": 100, "mbit_per_second": 90.0}, "pass", ""),
        ({"duplex": "half"}, "degraded", "half duplex"),
        ({"errors": 10}, "degraded", "10 frames were received broken"),
        ({"errors": 9}, "pass", ""),
        ({"mbit_per_second": 99.0}, "degraded", "Only 99 Mb/s came through a link of 1000 Mb/s"),
        ({"link_mbit": 10_000, "mbit_per_second": 101.0}, "pass", ""),  # the processor's part, not the cable's
        ({"link_mbit": None, "mbit_per_second": 5.0}, "pass", ""),
        ({"mbit_per_second": None}, "skipped", "why not"),
        ({"mbit_per_second": None, "errors": 50}, "degraded", "50 frames"),
    ],
)
def test_what_a_link_means(figures: dict[str, Any], outcome: str, words: str) -> None:
    judged = network.judge(LINK | figures, "why not")
    assert (judged.outcome, bool(judged.reason)) == (outcome, bool(words)), judged.reason
    assert words in judged.reason


def test_errors_are_not_counted_twice(tmp_path: Path) -> None:
    card = tmp_path / "sys/class/net/eth0"
    lay(tmp_path, {"sys/class/net/eth0/statistics/rx_errors": "7", "sys/class/net/eth0/speed": "-1"})
    assert sum(network.errors(card).values()) == 7
    lay(tmp_path, {"sys/class/net/eth0/statistics/rx_crc_errors": "7"})
    assert sum(network.errors(card).values()) == 7
    assert network.link_mbit(card) is None


def test_without_a_cable_there_is_nothing_to_try() -> None:
    outcome = network.test(Request({"name": "eth7", "link": False}, {}, {}))
    assert (outcome.outcome, outcome.reason) == ("skipped", "No cable is plugged into eth7.")
