"""The series in the database: a number is added, old ones are thinned, all of it can be read again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from itertools import groupby

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from controller.database import Database
from controller.health.home_tables import HealthPoint
from controller.health.points import DAY, HOUR, NEXT, WEEK, Stat, one, start

BATCH = 500  # rows of one transaction: nobody waits long for it


def keep(session: Session, machine_id: int, at: dt.datetime, values: Mapping[str, float]) -> None:
    """Add one sample's numbers to their hour."""
    hour = start(HOUR, at)
    rows = session.execute(
        select(HealthPoint).where(
            HealthPoint.machine_id == machine_id,
            HealthPoint.series.in_(list(values)),
            HealthPoint.period == HOUR,
            HealthPoint.at == hour,
        )
    ).scalars()
    known = {row.series: row for row in rows}
    for series, value in values.items():
        _add(session, known.get(series), (machine_id, series, HOUR, hour), one(value))


def _add(session: Session, row: HealthPoint | None, place: tuple[int, str, str, dt.datetime], stat: Stat) -> None:
    if row is None:
        machine_id, series, period, at = place
        row = HealthPoint(machine_id=machine_id, series=series, period=period, at=at)
        session.add(row)
    else:
        stat = _stat(row).with_(stat)
    row.low, row.mean, row.high, row.n = stat.low, stat.mean, stat.high, stat.n


def _stat(row: HealthPoint) -> Stat:
    return Stat(row.low, row.mean, row.high, row.n)


def thin(database: Database, now: dt.datetime, *, transactions: int = 40) -> int:
    """Thin what is due, in small transactions; returns how many rows became fewer. What is left waits for next time."""
    moved = 0
    for period in NEXT:
        for _ in range(transactions):
            with database.write() as session:
                done = thin_batch(session, period, now)
            moved += done
            if done < BATCH:
                break
    return moved


def thin_batch(session: Session, period: str, now: dt.datetime) -> int:
    """Up to ``BATCH`` rows of a period become part of the next longer one, in the session's transaction.

    Rows are merged into what is there already and deleted in the same transaction: done twice, or killed half-way,
    it counts nothing twice.
    """
    longer, kept = NEXT[period]
    rows = (
        session.execute(
            select(HealthPoint)
            .where(HealthPoint.period == period, HealthPoint.at < start(period, now - kept))
            .order_by(HealthPoint.machine_id, HealthPoint.series, HealthPoint.at)
            .limit(BATCH)
        )
        .scalars()
        .all()
    )

    def place(row: HealthPoint) -> tuple[int, str, dt.datetime]:
        return row.machine_id, row.series, start(longer, row.at)

    for (machine_id, series, at), parts in groupby(rows, key=place):
        stat = _sum(_stat(row) for row in parts)
        into = session.execute(
            select(HealthPoint).where(
                HealthPoint.machine_id == machine_id,
                HealthPoint.series == series,
                HealthPoint.period == longer,
                HealthPoint.at == at,
            )
        ).scalar_one_or_none()
        _add(session, into, (machine_id, series, longer, at), stat)
    if rows:
        session.flush()
        session.execute(delete(HealthPoint).where(HealthPoint.id.in_([row.id for row in rows])))
    return len(rows)


def _sum(stats: Iterable[Stat]) -> Stat:
    first, *others = stats
    for other in others:
        first = first.with_(other)
    return first


def read_points(
    session: Session, machine_id: int, since: dt.datetime, series: Iterable[str] | None = None
) -> dict[str, list[HealthPoint]]:
    """Series → its points since then, oldest first, whatever their periods. A point that overlaps ``since`` counts."""
    query = select(HealthPoint).where(HealthPoint.machine_id == machine_id, HealthPoint.at >= start(WEEK, since))
    if series is not None:
        query = query.where(HealthPoint.series.in_(list(series)))
    oldest = {HOUR: start(HOUR, since), DAY: start(DAY, since), WEEK: start(WEEK, since)}
    found: dict[str, list[HealthPoint]] = {}
    for row in session.execute(query.order_by(HealthPoint.at, HealthPoint.id)).scalars():
        if row.at >= oldest[row.period]:
            found.setdefault(row.series, []).append(row)
    return found
