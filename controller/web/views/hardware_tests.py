"""What the tests of a machine found, part by part, and what is still to be tried."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from controller.hardware_tests.latest import latest_tests
from controller.hardware_tests.tables import HardwareTest
from controller.i18n import N_, heard, translate
from controller.machines.announce import current_boot
from controller.machines.lifecycle import STATES, State
from controller.machines.tables import Boot, Drive, Machine
from controller.web import formats
from controller.web.views import hardware_test_words as known
from controller.web.views.speed_profile import Profile, profile_of
from controller.workflows.tables import Run, RunStep

OLDER = 60  # results of before that are shown


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure as a person reads it."""

    label: str  # message id
    text: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """One result."""

    id: int
    label: str  # message id
    target: str
    outcome: known.Outcome
    reason: str  # in the language of the request
    figures: tuple[Figure, ...]
    profile: Profile | None
    raw: str  # every figure, as JSON; "" when there is none
    automatic: bool
    seconds: float
    at: dt.datetime
    boot_id: int | None
    boot_at: dt.datetime | None  # when the machine was started for it
    name: str

    @property
    def skipped(self) -> bool:
        """Whether nothing was tried."""
        return self.outcome is known.OUTCOMES["skipped"]


@dataclass(frozen=True, kw_only=True)
class PartView:
    """One part of the machine with what was tried on it."""

    name: str
    part: known.Part
    gravest: str
    worst: known.Outcome
    results: tuple[Result, ...]


def tests_tab(session: Session, machine: Machine) -> dict[str, Any]:
    """What the tab's template needs."""
    rows = latest_tests(session, machine.id)
    newest = max(rows, key=lambda row: row.id, default=None)
    boots, drives = _boots(session, rows), _drives(session, machine.id)
    results = [(row, _result(row, boots, drives)) for row in rows]
    tried = [row for row in rows if row.outcome != "skipped"]
    return {
        "parts": _parts(results),
        "counts": [(info, n) for key, info in known.OUTCOMES.items() if (n := sum(r.outcome == key for r in rows))],
        "newest": newest.received_at if newest else None,
        "newest_boot": newest.boot_id if newest else None,
        "newest_boot_at": boots.get(newest.boot_id or 0) if newest else None,
        "hands_left": _hands_left(rows, tried),
        "untried": _untried(rows),
        "older": tuple(
            (known.PARTS[row.subsystem].label, _result(row, boots, drives)) for row in _older(session, machine.id, rows)
        ),
        "older_count": _count(session, machine.id) - len(rows),
        "can_open": _can_open(session, machine),
        "can_run": _can_run(session, machine),
        "is_over": STATES[machine.state].final,
    }


def _parts(results: Sequence[tuple[HardwareTest, Result]]) -> tuple[PartView, ...]:
    names = sorted({row.subsystem for row, _ in results}, key=lambda name: known.ORDER.get(name, 99))
    found = []
    for name in names:
        here = [(row, result) for row, result in results if row.subsystem == name]
        worst = min((row.outcome for row, _ in here), key=known.GRAVITY.index)
        found.append(
            PartView(
                name=name,
                part=known.PARTS[name],
                gravest=worst,
                worst=known.OUTCOMES[worst],
                results=tuple(result for _, result in here),
            )
        )
    # What needs a look stands first; within that, and for the rest, always the same order.
    return tuple(sorted(found, key=lambda view: known.GRAVITY.index(view.gravest) if view.gravest in known.BAD else 9))


def _result(row: HardwareTest, boots: Mapping[int, dt.datetime], drives: Mapping[str, str]) -> Result:
    profile = profile_of(row.figures)
    return Result(
        id=row.id,
        name=row.name,
        label=known.TESTS.get(row.name, known.PARTS[row.subsystem].label),
        target=drives.get(row.target, row.target),
        outcome=known.OUTCOMES[row.outcome],
        reason=heard(row.reason),
        figures=tuple(_figures(row.figures)),
        profile=profile,
        raw=json.dumps(row.figures, indent=1, ensure_ascii=False) if row.figures else "",
        automatic=row.automatic,
        seconds=row.seconds,
        at=row.received_at,
        boot_id=row.boot_id,
        boot_at=boots.get(row.boot_id or 0),
    )


def _figures(figures: Mapping[str, Any]) -> Iterator[Figure]:
    for name, label in known.FIGURES.items():
        value = figures.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield Figure(label=label, text=figure_text(name, value))


def figure_text(name: str, value: float) -> str:
    """A figure with its unit, which its name ends with: ``max_celsius`` 81 → ``81 °C``."""
    space = formats.NBSP
    if name.endswith("_bytes"):
        return formats.memory(value) if name in ("tested_bytes", "total_bytes") else formats.size(value)
    if name.endswith("seconds"):
        return formats.duration(value) if abs(value) >= 60 else f"{formats.number(value, 1)}{space}s"
    if name.startswith("hours_"):
        return formats.duration(value * 3600)
    for end, unit in UNITS:
        if name.endswith(end):
            return f"{formats.number(value, 1 if abs(value) < 100 else 0)}{space}{translate(unit)}"
    return formats.number(value, 1 if value != int(value) else 0)


UNITS = (
    ("mib_per_second", N_("MiB/s")),
    ("celsius", "°C"),
    ("mbit_per_second", N_("Mb/s")),
    ("mbit", N_("Mb/s")),
    ("dbm", "dBm"),
    ("percent", "%"),
    ("rpm", N_("rpm")),
    ("watts", "W"),
)


def _boots(session: Session, rows: Sequence[HardwareTest]) -> dict[int, dt.datetime]:
    if not rows:
        return {}
    machine_id = rows[0].machine_id
    return {
        row.id: row.announced_at
        for row in session.execute(select(Boot.id, Boot.announced_at).where(Boot.machine_id == machine_id))
    }


def _drives(session: Session, machine_id: int) -> dict[str, str]:
    """Serial number → the drive in words."""
    rows = session.execute(select(Drive.serial, Drive.model).where(Drive.machine_id == machine_id, Drive.serial != ""))
    return {row.serial: f"{row.model} {row.serial}".strip() for row in rows}


def _older(session: Session, machine_id: int, rows: Sequence[HardwareTest]) -> Sequence[HardwareTest]:
    """What was found before; the newest first."""
    query = select(HardwareTest).where(
        HardwareTest.machine_id == machine_id, HardwareTest.id.not_in([row.id for row in rows])
    )
    return session.execute(query.order_by(HardwareTest.id.desc()).limit(OLDER)).scalars().all()


def _count(session: Session, machine_id: int) -> int:
    query = select(func.count()).select_from(HardwareTest).where(HardwareTest.machine_id == machine_id)
    return session.execute(query).scalar_one()


def _hands_left(rows: Sequence[HardwareTest], tried: Sequence[HardwareTest]) -> tuple[str, ...]:
    """Labels of the tests that need hands and that nobody has answered; what was passed over counts as left."""
    done = {row.name for row in tried}
    without = {row.subsystem for row in rows if row.outcome == "skipped" and row.automatic}  # it has no such part
    return tuple(known.TESTS[name] for name, part in known.HANDS_ON.items() if name not in done and part not in without)


def _untried(rows: Sequence[HardwareTest]) -> tuple[known.Part, ...]:
    """Parts that are tried without hands and of which nothing is known."""
    seen = {row.subsystem for row in rows}
    return tuple(known.PARTS[name] for name in known.AUTOMATIC if name not in seen)


def _can_open(session: Session, machine: Machine) -> bool:
    boot = current_boot(session, machine.id)
    return boot is not None and boot.mode == "live" and boot.status == "accepted" and boot.linked


def _can_run(session: Session, machine: Machine) -> bool:
    """See controller.workflows.control.Control.test_again."""
    run = session.execute(
        select(Run).where(Run.machine_id == machine.id).order_by(Run.id.desc()).limit(1)
    ).scalar_one_or_none()
    if run is None or STATES[machine.state].final:
        return False
    step = session.execute(
        select(RunStep.state).where(RunStep.run_id == run.id, RunStep.name == "test")
    ).scalar_one_or_none()
    waits = run.state == "waiting" and machine.state is State.INSPECTED and step is not None
    return waits or (run.state == "failed" and step == "failed")
