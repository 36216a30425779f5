"""When something at home opens an alert: tables of cases."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.health.baseline import grown, newest
from controller.health.limits import Limits
from controller.health.points import Stat
from controller.health.rules import KINDS, Finding, Past, days_left, findings, silence
from controller.health.sample import read_sample
from controller.health.series import KINDS as SERIES
from controller.health.series import values
from tests.unit.controller.health.samples import AT, SERIAL, asleep, battery, disk, drive, hot, sample, smart


def judge(
    before: dict[str, Any], now: dict[str, Any], past: Past | None = None, limits: Limits | None = None
) -> dict[tuple[str, str], Finding]:
    """What is found in ``now`` on a machine that left as in ``before``."""
    baseline = grown({}, read_sample(before, AT))
    found = findings(read_sample(now, AT), baseline, past or Past(), limits or Limits())
    return {(finding.kind, finding.part): finding for finding in found}


def test_a_machine_that_is_as_it_left_has_nothing() -> None:
    found = judge(sample(), sample())
    assert {f.judged for f in found.values()} == {"clear"}
    assert ("verdict", SERIAL) in found
    assert ("disk", "/") in found
    assert ("battery", "BAT0") in found


@pytest.mark.parametrize(
    ("before", "now", "level", "count"),
    [
        ({}, {"reallocated_sectors": 1}, "warning", 1),
        ({}, {"reallocated_sectors": 4}, "urgent", 4),
        ({"reallocated_sectors": 7}, {"reallocated_sectors": 9}, "warning", 2),
        ({}, {"pending_sectors": 1}, "urgent", 1),
        ({}, {"offline_uncorrectable": 2}, "urgent", 2),
        ({}, {"reported_uncorrectable": 3, "offline_uncorrectable": 1}, "urgent", 3),
        ({}, {"reallocated_sectors": 2, "pending_sectors": 5}, "urgent", 5),
        # What was there when it left is no news.
        ({"reallocated_sectors": 7}, {"reallocated_sectors": 7}, None, 0),
        ({"pending_sectors": 3}, {"pending_sectors": 0, "reallocated_sectors": 0}, None, 0),
        # What was not known then can't have grown.
        ({"pending_sectors": None}, {"pending_sectors": 5}, None, 0),
    ],
)
def test_new_bad_sectors(before: dict[str, Any], now: dict[str, Any], level: str | None, count: int) -> None:
    found = judge(sample(drives=[drive(**before)]), sample(drives=[drive(**now)])).get(("sectors", SERIAL))
    if level is None:
        assert found is None
    else:
        assert found is not None
        assert (found.judged, found.level, found.params["count"]) == ("raise", level, count)


@pytest.mark.parametrize(
    ("before", "now", "judged"),
    [
        ({}, {"passed": False}, "raise"),
        ({"passed": False}, {"passed": False}, "clear"),
        ({"passed": False}, {}, "clear"),
        ({}, {"power_on_hours": 60_000}, "raise"),
        # Worn by new bad sectors: the other alert says so already.
        ({}, {"pending_sectors": 1}, None),
        ({}, {"pending_sectors": 50}, "raise"),
    ],
)
def test_a_drive_that_got_worse(before: dict[str, Any], now: dict[str, Any], judged: str | None) -> None:
    found = judge(sample(drives=[drive(**before)]), sample(drives=[drive(**now)])).get(("verdict", SERIAL))
    assert (found.judged if found else None) == judged
    if found and judged == "raise":
        assert found.params["reason"]["message"]


@pytest.mark.parametrize(("before", "now", "raised"), [(3, 100, True), (3, 99, False), (100, 104, False)])
def test_flash_that_is_worn_out(before: int, now: int, raised: bool) -> None:
    facts: dict[str, Any] = {"critical_warning": 0, "available_spare": 100, "available_spare_threshold": 10}
    one = sample(drives=[drive("N1", rotational=False, percentage_used=before, **facts)])
    two = sample(drives=[drive("N1", rotational=False, percentage_used=now, **facts)])
    assert (("wear", "N1") in judge(one, two)) is raised


def test_a_sleeping_disk_is_not_judged_and_keeps_what_it_said_last() -> None:
    first = read_sample(sample(drives=[drive(pending_sectors=2)]), AT)
    later = AT + dt.timedelta(hours=1)
    sleeping = read_sample(sample(at=later, drives=[{**drive(), "smart": asleep()}]), later)
    assert not any(series.startswith(("pending", "drive-heat")) for series in values(sleeping))
    assert judge(sample(), sample(drives=[{**drive(), "smart": asleep()}])).keys().isdisjoint({("verdict", SERIAL)})
    latest = newest(newest({}, first, values(first)), sleeping, values(sleeping))["drives"][SERIAL]
    assert latest["smart"]["pending_sectors"] == 2
    assert (latest["at"], latest["asleep_at"]) == (AT.isoformat(), later.isoformat())
    # One that has always slept is not made up.
    assert newest({}, sleeping, {})["drives"][SERIAL]["smart"] == {}
    assert grown({}, sleeping)["drives"] == {}


@pytest.mark.parametrize(
    ("before", "now", "judged"),
    [
        (45.0, 39.5, "raise"),  # 79 %, under the first limit, which it was above when it left
        (45.0, 40.0, "between"),
        (45.0, 41.4, "between"),
        (45.0, 41.5, "clear"),
        (36.0, 30.0, "clear"),  # it left with 72 %: everybody knew
        (36.0, 24.9, "raise"),
        (36.0, 25.5, "between"),
        (45.0, 0.0, "raise"),
        (45.0, 90.0, "between"),  # 180 %: the gauge can't be believed
        (45.0, None, None),
    ],
)
def test_battery(before: float, now: float | None, judged: str | None) -> None:
    found = judge(sample(batteries=[battery(before)]), sample(batteries=[battery(now)])).get(("battery", "BAT0"))
    assert (found.judged if found else None) == judged


def test_battery_limits_are_the_workshops() -> None:
    one, two = sample(batteries=[battery(45)]), sample(batteries=[battery(42)])
    assert judge(one, two)["battery", "BAT0"].judged == "clear"
    assert judge(one, two, limits=Limits(battery_worn_below=85))["battery", "BAT0"].judged == "raise"


@pytest.mark.parametrize(
    ("percent", "judged", "level"),
    [(84, "clear", ""), (86, "between", ""), (89, "between", ""), (90, "raise", "warning"), (98, "raise", "urgent")],
)
def test_disk_with_room_to_come_back(percent: float, judged: str, level: str) -> None:
    found = judge(sample(), sample(disks=[disk(percent)]))["disk", "/"]
    assert found.judged == judged
    assert not level or found.level == level


DAYS = [(float(day), 60 + 0.8 * day) for day in range(20)]


@pytest.mark.parametrize(
    ("days", "now", "expected"),
    [
        (DAYS, 76.0, 30.0),
        (DAYS[:9], 76.0, None),  # too few to say anything
        ([(float(d), 70.0) for d in range(20)], 70.0, None),
        ([(float(d), 70 - d) for d in range(20)], 50.0, None),
        ([(0.0, 50.0)] * 20, 50.0, None),
    ],
)
def test_trend(days: list[tuple[float, float]], now: float, expected: float | None) -> None:
    found = days_left(days, now)
    assert found == (pytest.approx(expected) if expected else None)


def test_a_disk_that_fills_up_is_said_before_it_is_full() -> None:
    past = Past(days={"disk:/": DAYS})
    found = judge(sample(), sample(disks=[disk(78)]), past)["disk", "/"]
    assert found.judged == "raise"
    assert "{days}" in found.message
    assert 20 <= found.params["days"] <= 30
    assert judge(sample(), sample(disks=[disk(78)]))["disk", "/"].judged == "clear"


@pytest.mark.parametrize(
    ("now", "recent", "judged", "level"),
    [
        (70.0, Stat(60, 65, 72, 8), "clear", ""),
        (80.0, Stat(70, 78, 82, 8), "between", ""),
        (90.0, Stat(88, 90, 92, 4), "raise", "warning"),
        (90.0, Stat(88, 90, 92, 3), "between", ""),  # three quarters of an hour: a film being converted
        (101.0, Stat(101, 101, 101, 1), "raise", "urgent"),
    ],
)
def test_heat(now: float, recent: Stat, judged: str, level: str) -> None:
    past = Past(recent={"heat": recent})
    found = judge(sample(), sample(temperatures=hot(now)), past)["heat", ""]
    assert found.judged == judged
    assert not level or found.level == level


def test_drives_have_a_limit_of_their_own() -> None:
    past = Past(recent={f"drive-heat:{SERIAL}": Stat(61, 62, 63, 2)})
    assert judge(sample(), sample(drives=[drive(temperature_celsius=62)]), past)["heat", SERIAL].judged == "raise"
    flash = sample(drives=[drive(SERIAL, rotational=False, temperature_celsius=62)])
    assert judge(flash, flash, past)["heat", SERIAL].judged == "between"


@pytest.mark.parametrize(
    ("units", "uptime", "judged"),
    [([], 7200, "clear"), (["cups.service"], 7200, "raise"), (["cups.service"], 60, "between"), (None, 7200, None)],
)
def test_failed_services(units: list[str] | None, uptime: int, judged: str | None) -> None:
    found = judge(sample(), sample(failed_units=units, uptime_seconds=uptime)).get(("units", ""))
    assert (found.judged if found else None) == judged


UPDATES = {"unattended": True, "last_success_at": None, "last_run_failed": False, "pending_security": 3}


@pytest.mark.parametrize(
    ("home_days", "success_days", "uptime", "more", "judged", "level"),
    [
        (13.9, None, 7200, {}, "clear", None),
        (14, None, 7200, {}, "raise", "warning"),
        (14, 900, 7200, {}, "raise", "warning"),  # the image's own time counts for nothing
        (100, 3, 7200, {}, "clear", None),
        (100, 14, 60, {}, "between", None),  # Debian makes up for it soon after a start
        (100, 42, 7200, {}, "raise", "urgent"),
        (100, 42, 7200, {"pending_security": 0}, "raise", "warning"),
        (100, 42, 7200, {"unattended": False}, None, None),  # nothing runs by itself there: a profile without
    ],
)
def test_security_updates(
    home_days: float,
    success_days: float | None,
    uptime: int,
    more: dict[str, Any],
    judged: str | None,
    level: str | None,
) -> None:
    first = sample(at=AT - dt.timedelta(days=home_days), updates=UPDATES)
    success = (AT - dt.timedelta(days=success_days)).isoformat() if success_days is not None else None
    now = sample(updates=UPDATES | {"last_success_at": success} | more, uptime_seconds=uptime)
    baseline = grown({}, read_sample(first, AT - dt.timedelta(days=home_days)))
    found = {f.kind: f for f in findings(read_sample(now, AT), baseline, Past(), Limits())}.get("updates")
    assert (found.judged if found else None) == judged
    if level:
        assert found is not None
        assert found.level == level


def test_a_sample_without_updates_says_nothing_of_them() -> None:
    assert ("updates", "") not in judge(sample(updates=UPDATES), sample())


@pytest.mark.parametrize("rotten", [None, 7, [], {"last_success_at": "soon", "pending_security": -1, "agent": "x"}])
def test_what_a_machine_says_of_updates_may_be_anything(rotten: object) -> None:
    read = read_sample(sample(updates=rotten), AT)
    assert read.updates is None or (read.updates.last_success, read.updates.pending_security) == (None, None)
    findings(read, {"updates": {"since": "nonsense"}}, Past(), Limits())


@pytest.mark.parametrize(
    ("days", "judged"), [(0, "clear"), (29.9, "clear"), (30, "raise"), (400, "raise"), (None, "clear")]
)
def test_silence(days: float | None, judged: str) -> None:
    heard = AT - dt.timedelta(days=days) if days is not None else None
    assert silence(heard, AT, Limits()).judged == judged


def test_a_part_of_the_workshops_last_report_is_the_baseline() -> None:
    workshop = read_sample(sample(drives=[drive(reallocated_sectors=2)]), AT)
    first = read_sample(sample(drives=[drive(reallocated_sectors=5), drive("NEW")]), AT)
    kept = grown({}, first, workshop)["drives"]
    assert kept[SERIAL]["counters"]["reallocated"] == 2
    assert (kept[SERIAL]["origin"], kept["NEW"]["origin"]) == ("workshop", "home")
    # And it stays, whatever comes.
    again = grown({"drives": kept}, read_sample(sample(drives=[drive(reallocated_sectors=99)]), AT))
    assert again["drives"][SERIAL]["counters"]["reallocated"] == 2


def test_every_kind_has_its_words() -> None:
    assert all(info.label and info.icon for info in KINDS.values())
    assert all(len(kind) <= 16 for kind in KINDS)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(
    body=st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(sample(), json_values)
        | {"drives": st.lists(st.fixed_dictionaries({}, optional={"serial": json_values, "smart": json_values}))}
        | {"smart_of": st.dictionaries(st.sampled_from(sorted(smart())), json_values)},
    )
)
def test_whatever_a_machine_says_is_facts_or_nothing(body: dict[str, Any]) -> None:
    odd = body.pop("smart_of", {})
    for said in (body, sample(drives=[{**drive(), "smart": smart(**odd)}])):
        read = read_sample(said, AT)
        kept = values(read)
        for series, value in kept.items():
            kind = SERIES[series.partition(":")[0]]
            assert kind.lowest <= value <= kind.highest
        for finding in findings(read, grown({}, read), Past(), Limits()):
            assert finding.kind in KINDS
            assert finding.judged != "raise" or finding.message
