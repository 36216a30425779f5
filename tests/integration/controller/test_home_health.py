"""A machine at home over days and years, on both databases: baseline, alerts, what stays of its figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from controller import housekeeping
from controller.access.secrets import hash_secret, new_secret
from controller.core import Core
from controller.database import utcnow
from controller.errors import Conflict, NotFound, RecyclerieError
from controller.health import alerts
from controller.health.home import look_for_silence
from controller.health.home_tables import HealthAlert, HealthPoint, HomeHealth
from controller.health.keeping import BATCH, keep, read_points, thin, thin_batch
from controller.health.limits import Limits
from controller.health.points import DAY, HOUR, ROWS_A_YEAR, ROWS_STANDING, WEEK
from controller.health.reports import store_report
from controller.health.series import MAX_SERIES
from controller.health.tables import Report
from controller.ledger.tables import LedgerEntry
from controller.machines.announce import announce, current_boot
from controller.machines.lifecycle import State
from controller.machines.registry import get_machine
from controller.machines.tables import Boot, Machine, ResidentToken
from tests.integration.controller.facts import announcement, inventory
from tests.unit.controller.health.samples import SERIAL, asleep, battery, disk, drive, hot, sample

NOW = utcnow().replace(microsecond=0)
Send = Callable[..., None]


def at_home(session: Session, *, reports: tuple[tuple[str, dict[str, Any]], ...] = ()) -> Machine:
    """Machine 1: inspected in the workshop (with these reports), installed, ready, started at home."""
    announce(session, "main", announcement(), "10.0.0.7", None)
    machine = get_machine(session, 1)
    boot = current_boot(session, 1)
    assert boot is not None
    for number, (kind, body) in enumerate(reports):
        store_report(session, machine, boot, kind, body, f"live{number}")
    machine.state_name, machine.accepted_at = State.READY.value, NOW
    token = new_secret()
    session.add(ResidentToken(machine_id=1, token_hash=hash_secret(token), created_at=NOW))
    session.flush()
    said = announcement(boot=2, mode="resident", hostname="famille")
    announce(session, "main", said, "192.168.1.20", token)
    return machine


@pytest.fixture
def send(core: Core) -> Send:
    """Let the machine at home send a sample, some hours from now."""
    with core.database.write() as session:
        at_home(session)
    count = iter(range(10_000))

    def do(hours: float = 0, **changes: Any) -> None:
        at = NOW + dt.timedelta(hours=hours)
        with core.database.write() as session:
            boot = session.execute(select(Boot).where(Boot.mode == "resident")).scalars().one()
            store_report(session, get_machine(session, 1), boot, "health", sample(at=at, **changes), f"h{next(count)}")

    return do


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples of days to come are believed."""
    monkeypatch.setattr("controller.health.sample.EARLY", dt.timedelta(days=10_000))


def found(core: Core) -> list[tuple[str, str, str]]:
    """Kind, level and state of every alert."""
    with core.database.read() as session:
        rows = session.execute(select(HealthAlert).order_by(HealthAlert.id)).scalars()
        return [(row.kind, row.level, row.state) for row in rows]


def entries(core: Core) -> list[tuple[str, str]]:
    """What the ledger says of alerts."""
    with core.database.read() as session:
        rows = session.execute(select(LedgerEntry).where(LedgerEntry.kind.startswith("alert."))).scalars()
        return [(row.kind, row.content) for row in rows]


def test_an_alert_is_opened_once_and_kept_up_to_date(core: Core, send: Send) -> None:
    send(0)
    for hour, count in ((1, 1), (2, 1), (3, 3)):
        send(hour, drives=[drive(pending_sectors=count)])
    assert found(core) == [("sectors", "urgent", "open")]
    with core.database.read() as session:
        [alert] = session.execute(select(HealthAlert)).scalars()
        assert (alert.part, alert.params["count"]) == (SERIAL, 3)
        assert alert.updated_at - alert.opened_at == dt.timedelta(hours=2)
    assert [kind for kind, _ in entries(core)] == ["alert.opened"]
    # It doesn't go away by itself: somebody must look.
    send(100)
    assert found(core) == [("sectors", "urgent", "open")]


def test_the_ledger_names_nobody_and_nothing_private(core: Core, send: Send) -> None:
    send(0)
    send(1, drives=[drive(pending_sectors=1)])
    with core.database.write() as session:
        [alert] = session.execute(select(HealthAlert)).scalars()
        alerts.close(session, alert, "user:1", "Madame Durand was called, new disk on Friday")
    text = " ".join(content for _, content in entries(core))
    assert "Durand" not in text
    assert SERIAL not in text
    assert '"actor":"user:1"' in text


def test_what_a_person_closed_is_the_new_baseline(core: Core, send: Send) -> None:
    send(0)
    send(1, drives=[drive(reallocated_sectors=2)])
    with core.database.write() as session:
        [alert] = session.execute(select(HealthAlert)).scalars()
        alerts.close(session, alert, "user:1", "looked at it: backed up")
    send(2, drives=[drive(reallocated_sectors=2)])
    assert found(core) == [("sectors", "warning", "closed")]
    send(3, drives=[drive(reallocated_sectors=3)])
    assert found(core)[1:] == [("sectors", "warning", "open")]
    with core.database.read() as session:
        assert session.get_one(HomeHealth, 1).baseline["drives"][SERIAL]["origin"] == "accepted"


def test_a_full_disk_does_not_flap(core: Core, send: Send) -> None:
    """90 % opens it; only six hours below 85 % close it."""
    hours = 0.0
    for percent in (91, 89, 91, 88, 92, 86):
        send(hours, disks=[disk(percent)])
        hours += 1
    assert found(core) == [("disk", "warning", "open")]
    for percent, step in ((80, 1), (80, 3), (88, 1), (80, 1), (80, 5)):  # the 88 % starts it again
        send(hours, disks=[disk(percent)])
        hours += step
    assert found(core) == [("disk", "warning", "open")]
    send(hours + 1, disks=[disk(80)])
    assert found(core) == [("disk", "warning", "closed")]
    assert [kind for kind, _ in entries(core)] == ["alert.opened", "alert.closed"]
    assert '"by_itself":true' in entries(core)[1][1]
    send(hours + 2, disks=[disk(95)])
    assert [state for _, _, state in found(core)] == ["closed", "open"]


def test_what_is_closed_while_it_is_so_stays_closed_until_it_was_gone_or_gets_worse(core: Core, send: Send) -> None:
    send(0, disks=[disk(91)])
    with core.database.write() as session:
        [alert] = session.execute(select(HealthAlert)).scalars()
        alerts.close(session, alert, "user:1", "they know, and want it so")
    send(1, disks=[disk(92)])
    assert len(found(core)) == 1
    send(2, disks=[disk(98)])
    assert found(core) == [("disk", "warning", "closed"), ("disk", "urgent", "open")]


def test_acknowledged_stays_until_gone_and_opens_again_when_it_gets_worse(core: Core, send: Send) -> None:
    send(0, disks=[disk(91)])
    with core.database.write() as session:
        [alert] = session.execute(select(HealthAlert)).scalars()
        alerts.acknowledge(session, alert, "user:1", "")
    send(1, disks=[disk(92)])
    assert found(core) == [("disk", "warning", "acknowledged")]
    send(2, disks=[disk(98)])
    assert found(core) == [("disk", "urgent", "open")]


def test_closing_needs_a_note_and_an_alert_that_is_open(core: Core, send: Send) -> None:
    send(0, disks=[disk(91)])
    with core.database.write() as session:
        [alert] = session.execute(select(HealthAlert)).scalars()
        for note in (" ", "x" * 501):
            with pytest.raises(RecyclerieError):
                alerts.close(session, alert, "user:1", note)
        alerts.close(session, alert, "user:1", "done")
        with pytest.raises(Conflict):
            alerts.close(session, alert, "user:1", "done")
        with pytest.raises(Conflict):
            alerts.acknowledge(session, alert, "user:1", "")
        with pytest.raises(NotFound):
            alerts.get_alert(session, 4711)


def test_heat_has_to_last(core: Core, send: Send) -> None:
    for quarter in range(3):
        send(quarter / 4, temperatures=hot(91), drives=[])
    assert found(core) == []
    for quarter in range(3, 6):
        send(quarter / 4, temperatures=hot(91), drives=[])
    assert found(core) == [("heat", "warning", "open")]


def test_a_machine_in_the_workshop_opens_nothing(core: Core) -> None:
    """Its tests make it hot on purpose, and its erase fills it."""
    with core.database.write() as session:
        announce(session, "main", announcement(), "10.0.0.7", None)
        machine, boot = get_machine(session, 1), current_boot(session, 1)
        assert boot is not None
        machine.state_name = State.READY.value  # even if it is started with the stick again
        body = sample(temperatures=hot(104), disks=[disk(99)], drives=[drive(passed=False)])
        store_report(session, machine, boot, "health", body, "h1")
    assert found(core) == []
    with core.database.read() as session:
        assert session.execute(select(func.count()).select_from(HealthPoint)).scalar_one() == 0


def test_before_it_is_ready_it_is_not_at_home(core: Core, send: Send) -> None:
    with core.database.write() as session:
        get_machine(session, 1).state_name = State.INSTALLED.value
    send(0, temperatures=hot(104))
    assert found(core) == []


def test_the_workshops_last_word_is_the_baseline(core: Core) -> None:
    """A sector that went bad on the way home counts; what the inspection saw does not."""
    then = {**drive(reallocated_sectors=3), "path": "/dev/sda", "partitions": []}
    old = inventory(drives=[{**then, "smart": {**then["smart"], "reallocated_sectors": 1}}])
    with core.database.write() as session:
        machine = at_home(session, reports=(("inventory", old), ("health", sample(drives=[then]))))
        boot = session.execute(select(Boot).where(Boot.mode == "resident")).scalars().one()
        body = sample(at=NOW, drives=[drive(reallocated_sectors=5)])
        store_report(session, machine, boot, "health", body, "h1")
        [alert] = session.execute(select(HealthAlert)).scalars()
        assert (alert.kind, alert.params["count"]) == ("sectors", 2)
        assert session.get_one(HomeHealth, 1).baseline["drives"][SERIAL]["origin"] == "workshop"


def test_back_in_the_workshop_its_life_at_home_is_over(core: Core, send: Send) -> None:
    send(0)
    send(1, drives=[drive(pending_sectors=1)], disks=[disk(95)])
    with core.database.write() as session:
        machine = get_machine(session, 1)
        machine.state_name = State.RETURNED.value
        announce(session, "main", announcement(boot=3), "10.0.0.7", None)
        boot = current_boot(session, 1)
        assert boot is not None
        store_report(session, machine, boot, "inventory", inventory(), "live9")
    assert {state for _, _, state in found(core)} == {"closed"}
    with core.database.read() as session:
        assert session.get(HomeHealth, 1) is None
        kept = set(session.execute(select(HealthPoint.series)).scalars())
        assert f"pending:{SERIAL}" in kept
        assert not any(series.startswith("disk:") for series in kept)  # a family's habits are not the next one's


def test_a_sleeping_disk_leaves_its_alert_and_its_series_alone(core: Core, send: Send) -> None:
    send(0)
    send(1, drives=[drive(pending_sectors=1)])
    send(2, drives=[{**drive(), "smart": asleep()}])
    assert found(core) == [("sectors", "urgent", "open")]
    with core.database.read() as session:
        points = read_points(session, 1, NOW - dt.timedelta(days=1))[f"pending:{SERIAL}"]
        assert [point.high for point in points] == [0, 1]
        assert session.get_one(HomeHealth, 1).latest["drives"][SERIAL]["smart"]["pending_sectors"] == 1


def test_samples_that_waited_in_the_spool_are_figures_not_news(core: Core, send: Send) -> None:
    send(0)
    send(-30, disks=[disk(99)])
    assert found(core) == []
    with core.database.read() as session:
        assert len(read_points(session, 1, NOW - dt.timedelta(days=3))["disk:/"]) == 2


def test_a_repeated_sample_counts_once(core: Core, send: Send) -> None:
    with core.database.write() as session:
        boot = session.execute(select(Boot).where(Boot.mode == "resident")).scalars().one()
        for _ in range(3):
            store_report(session, get_machine(session, 1), boot, "health", sample(at=NOW), "same")
    with core.database.read() as session:
        assert {p.n for points in read_points(session, 1, NOW).values() for p in points} == {1}


def test_nonsense_costs_the_sample_only(core: Core, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise KeyError("a fault of ours")

    send(0)
    monkeypatch.setattr("controller.health.home.findings", broken)
    send(1, disks=[disk(99)])
    with core.database.read() as session:
        assert session.execute(select(func.count()).select_from(Report)).scalar_one() == 2
        assert len(read_points(session, 1, NOW - dt.timedelta(days=1))["heat"]) == 1


def test_made_up_serial_numbers_fill_nothing(core: Core, send: Send) -> None:
    for number in range(40):
        send(number / 4, drives=[drive(f"S{number}-{i}", pending_sectors=number) for i in range(3)])
    with core.database.read() as session:
        series = set(session.execute(select(HealthPoint.series)).scalars())
        assert len(series) <= MAX_SERIES
        assert len(session.get_one(HomeHealth, 1).latest["drives"]) <= 12
    assert len(found(core)) <= MAX_SERIES


@pytest.mark.parametrize("state", [State.DELIVERED, State.READY])
def test_silence_is_told_of_machines_at_a_households_home(core: Core, send: Send, state: State) -> None:
    """One that waits on a shelf is switched off, and that is well."""
    send(0)
    limits = Limits()
    with core.database.write() as session:
        machine = get_machine(session, 1)
        machine.state_name, machine.last_heard_at = state.value, NOW - dt.timedelta(days=31)
        for _ in range(3):
            look_for_silence(session, limits, NOW.replace(hour=12))
    expected = [("silent", "warning", "open")] if state is State.DELIVERED else []
    assert found(core) == expected
    with core.database.write() as session:
        get_machine(session, 1).last_heard_at = NOW
        look_for_silence(session, limits, NOW.replace(hour=12))
    assert [s for _, _, s in found(core)] == ["closed"] * len(expected)


def test_silence_is_settable_and_of_no_matter_once_its_rights_ended(core: Core, send: Send) -> None:
    send(0)
    with core.database.write() as session:
        machine = get_machine(session, 1)
        machine.state_name, machine.last_heard_at = State.DELIVERED.value, NOW - dt.timedelta(days=3)
        look_for_silence(session, Limits(), NOW.replace(hour=12))
        assert found(core) == []
        tokens = session.execute(select(ResidentToken)).scalars().all()
        for token in tokens:
            token.revoked_at = NOW
        look_for_silence(session, Limits(silent=dt.timedelta(days=2)), NOW.replace(hour=12))
    assert found(core) == []
    with core.database.write() as session:
        for token in session.execute(select(ResidentToken)).scalars():
            token.revoked_at = None
        session.flush()
        look_for_silence(session, Limits(silent=dt.timedelta(days=2)), NOW.replace(hour=12))
    assert found(core) == [("silent", "warning", "open")]


def test_housekeeping_prunes_samples_after_some_days(core: Core, send: Send) -> None:
    for hour in range(3):
        send(hour)
    with core.database.write() as session:
        for report in session.execute(select(Report)).scalars():
            report.received_at = utcnow() - dt.timedelta(days=core.settings.health_sample_days, minutes=1)
    housekeeping._tidy(core)
    housekeeping._look_home(core)
    with core.database.read() as session:
        assert session.execute(select(func.count()).select_from(Report)).scalar_one() == 1
        assert session.execute(select(func.count()).select_from(HealthPoint)).scalar_one() > 0


def test_thinning_twice_or_killed_half_way_counts_nothing_twice(core: Core, send: Send) -> None:
    with core.database.write() as session:
        for hour in range(600):
            keep(session, 1, NOW - dt.timedelta(hours=hour), {"heat": 40 + hour % 50})

    class Killed(Exception):
        pass

    def killed() -> None:
        with core.database.write() as session:
            assert thin_batch(session, HOUR, NOW) > 0
            raise Killed

    with pytest.raises(Killed):
        killed()
    while thin(core.database, NOW):
        pass
    with core.database.write() as session:
        keep(session, 1, NOW - dt.timedelta(hours=500), {"heat": 120})  # a late one, of a day that was thinned
    assert thin(core.database, NOW) == 1
    assert thin(core.database, NOW) == 0
    with core.database.read() as session:
        points = read_points(session, 1, NOW - dt.timedelta(days=60))["heat"]
        assert sum(point.n for point in points) == 601
        assert max(point.high for point in points) == 120
        assert {point.period for point in points} == {HOUR, DAY}


@pytest.mark.one_database
@pytest.mark.timeout(300)
def test_five_years_stay_small_and_keep_their_extremes(core: Core, send: Send) -> None:
    """Four hours on every day, three series; one hot minute in the first year is still there in the fifth."""
    first = NOW - dt.timedelta(days=5 * 365)
    peak = first + dt.timedelta(days=100, hours=2)
    sizes = []
    for week in range(5 * 52):
        rows = []
        for day in range(7):
            for hour in range(4):
                at = (first + dt.timedelta(days=7 * week + day, hours=hour)).replace(minute=0, second=0)
                for series, value in (("heat", 50.0 + hour), ("disk:/", week / 5), (f"pending:{SERIAL}", 0.0)):
                    high = 99.5 if series == "heat" and abs(at - peak) < dt.timedelta(minutes=59) else value + 1
                    rows.append({"machine_id": 1, "series": series, "period": HOUR, "at": at})
                    rows[-1] |= {"low": value - 1, "mean": value, "high": high, "n": 4}
        with core.database.write() as session:
            session.execute(HealthPoint.__table__.insert(), rows)  # type: ignore[attr-defined]
        thin(core.database, first + dt.timedelta(days=7 * week + 7))
        with core.database.read() as session:
            sizes.append(session.execute(select(func.count()).select_from(HealthPoint)).scalar_one())
    bound = 3 * (ROWS_STANDING + 5 * ROWS_A_YEAR)
    assert max(sizes) <= bound
    assert sizes[-1] - sizes[-53] <= 3 * ROWS_A_YEAR  # a year more costs a row a week for each series
    with core.database.read() as session:
        points = read_points(session, 1, first)
        assert max(point.high for point in points["heat"]) == 99.5
        assert min(point.low for point in points["heat"]) == 49
        assert sum(point.n for point in points["heat"]) == 5 * 52 * 7 * 4 * 4
        assert {point.period for point in points["heat"]} == {HOUR, DAY, WEEK}
        fill = [point.mean for point in points["disk:/"]]
        assert fill == sorted(fill)


def test_a_long_backlog_is_thinned_in_small_transactions(core: Core, send: Send) -> None:
    start = NOW - dt.timedelta(days=120)
    rows = [
        {"machine_id": 1, "series": "heat", "period": HOUR, "at": start + dt.timedelta(hours=i)}
        | {"low": 1.0, "mean": 2.0, "high": 3.0, "n": 1}
        for i in range(BATCH + 200)
    ]
    with core.database.write() as session:
        session.execute(HealthPoint.__table__.insert(), rows)  # type: ignore[attr-defined]
        assert thin_batch(session, HOUR, NOW) == BATCH
    assert thin(core.database, NOW) == 200


def test_batteries_are_compared_with_how_they_left(core: Core, send: Send) -> None:
    send(0, batteries=[battery(45)])
    send(24, batteries=[battery(39)])
    assert found(core) == [("battery", "warning", "open")]
    for hour in (30, 60, 90):
        send(hour, batteries=[battery(43)])  # calibrated: it was the gauge
    assert found(core) == [("battery", "warning", "closed")]
