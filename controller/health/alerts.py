"""Alerts: opened once, kept up to date, closed by themselves when gone for long enough, or by a person with a note.

``recyclerie`` never tells anybody about the same thing twice: an alert that a person closed while it is still so
stays closed until it was gone once, or gets worse. What was closed with a note about a drive makes the drive's state
of that moment the one that it is compared with from then on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from controller.bus import publish_after_commit
from controller.database import utcnow
from controller.errors import Conflict, NotFound, RecyclerieError
from controller.health.baseline import drive_baseline
from controller.health.home_tables import HealthAlert, HomeHealth
from controller.health.rules import KINDS, URGENT, Finding
from controller.health.sample import DriveSample
from controller.i18n import N_
from controller.ledger.append import append
from controller.ledger.kinds import Kind
from controller.machines.tables import Machine

OPEN, ACKNOWLEDGED, CLOSED = "open", "acknowledged", "closed"
ACTIVE = (OPEN, ACKNOWLEDGED)
REBASED = ("sectors", "verdict", "wear")
CLOSED_KEPT = dt.timedelta(days=3 * 365)
MAX_NOTE = 500


def apply(session: Session, machine: Machine, found: Iterable[Finding], at: dt.datetime) -> None:
    """Open, update and close the machine's alerts, by what was found ``at`` that time."""
    rows = session.execute(
        select(HealthAlert).where(
            HealthAlert.machine_id == machine.id,
            HealthAlert.state.in_(ACTIVE) | HealthAlert.quiet.is_(True),
        )
    ).scalars()
    active: dict[tuple[str, str], HealthAlert] = {}
    quiet: dict[tuple[str, str], HealthAlert] = {}
    for row in rows:
        (active if row.state in ACTIVE else quiet)[row.kind, row.part] = row
    for finding in found:
        place = (finding.kind, finding.part)
        if place in active:
            _go_on(session, machine, active[place], finding, at)
        elif place in quiet:
            _stay_quiet(session, machine, quiet[place], finding, at)
        elif finding.judged == "raise":
            _open(session, machine, finding, at)


def _open(session: Session, machine: Machine, finding: Finding, at: dt.datetime) -> None:
    alert = HealthAlert(
        machine_id=machine.id,
        kind=finding.kind,
        part=finding.part,
        level=finding.level,
        state=OPEN,
        message=finding.message,
        params=finding.params,
        opened_at=at,
        updated_at=at,
    )
    session.add(alert)
    session.flush()
    body = {"alert": alert.id, "kind": alert.kind, "level": alert.level}
    append(session, Kind.ALERT_OPENED, machine.subject, body, site=machine.site)
    _publish(session, machine.id)


def _go_on(session: Session, machine: Machine, alert: HealthAlert, finding: Finding, at: dt.datetime) -> None:
    if finding.judged == "raise":
        worse = finding.level == URGENT and alert.level != URGENT
        if worse and alert.state == ACKNOWLEDGED:
            alert.state = OPEN  # what was acknowledged was less than this
        if worse or (alert.message, alert.params) != (finding.message, finding.params):
            _publish(session, machine.id)
        alert.level, alert.message, alert.params = finding.level, finding.message, finding.params
        alert.updated_at, alert.gone_since = at, None
        return
    after = KINDS[alert.kind].closes_after
    if finding.judged == "between" or after is None:
        alert.gone_since = None
        return
    alert.gone_since = alert.gone_since or at
    if at - alert.gone_since >= after:
        _close(session, machine, alert, "controller", by_itself=True)


def _stay_quiet(session: Session, machine: Machine, alert: HealthAlert, finding: Finding, at: dt.datetime) -> None:
    if finding.judged == "clear":
        alert.quiet = False
    elif finding.judged == "raise" and finding.level == URGENT and alert.level != URGENT:
        alert.quiet = False
        _open(session, machine, finding, at)


def _close(session: Session, machine: Machine, alert: HealthAlert, actor: str, *, by_itself: bool = False) -> None:
    alert.state, alert.closed_at = CLOSED, utcnow()
    body = {"alert": alert.id, "kind": alert.kind, "by_itself": by_itself}
    append(session, Kind.ALERT_CLOSED, machine.subject, body, actor=actor, site=machine.site)
    _publish(session, machine.id)


def _publish(session: Session, machine_id: int) -> None:
    """To the machine's page, and to the page of all machines at home."""
    publish_after_commit(session, f"machine:{machine_id}")
    publish_after_commit(session, "assistance")


def get_alert(session: Session, alert_id: int) -> HealthAlert:
    """The alert with this id.

    Raises:
        NotFound: there is none.
    """
    alert = session.get(HealthAlert, alert_id)
    if alert is None:
        raise NotFound(N_("There is no alert {id}."), N_("Open the page Assistance."), id=alert_id)
    return alert


def acknowledge(session: Session, alert: HealthAlert, actor: str, note: str) -> None:
    """A person knows of it and is at it; it stays until it is gone or closed.

    Raises:
        Conflict: it is closed.
        RecyclerieError: the note is too long.
    """
    _check_open(alert)
    alert.note = _checked(note) or alert.note
    alert.state, alert.handled_by = ACKNOWLEDGED, actor
    _publish(session, alert.machine_id)


def close(session: Session, alert: HealthAlert, actor: str, note: str) -> None:
    """A person says that it is dealt with, and how.

    Raises:
        Conflict: it is closed.
        RecyclerieError: the note is missing or too long.
    """
    _check_open(alert)
    note = _checked(note)
    if not note:
        raise RecyclerieError(
            N_("The note is missing."), N_("Say in a few words what was done. No names: whoever reads it later knows.")
        )
    alert.note, alert.handled_by, alert.quiet = note, actor, True
    if alert.kind in REBASED:
        alert.quiet = not _rebase(session, alert)
    _close(session, session.get_one(Machine, alert.machine_id), alert, actor)


def _check_open(alert: HealthAlert) -> None:
    if alert.state not in ACTIVE:
        raise Conflict(N_("This alert is closed already."), N_("Reload the page."))


def _checked(note: str) -> str:
    note = " ".join(note.split())
    if len(note) > MAX_NOTE:
        raise RecyclerieError(N_("The note is too long."), N_("At most {count} characters, please."), count=MAX_NOTE)
    return note


def _rebase(session: Session, alert: HealthAlert) -> bool:
    """Take the drive's newest state for the one that later ones are compared with; False when none is known."""
    home = session.get(HomeHealth, alert.machine_id)
    newest = (home.latest.get("drives") or {}).get(alert.part) if home else None
    if home is None or not newest or not newest.get("smart"):
        return False
    drive = DriveSample(drive=newest["drive"], smart=newest["smart"], asleep=False)
    drives = {**(home.baseline.get("drives") or {}), alert.part: drive_baseline(drive, utcnow(), "accepted")}
    home.baseline = {**home.baseline, "drives": drives}
    return True


def close_all(session: Session, machine: Machine) -> None:
    """The machine is in the workshop again: its alerts are about a state that is over."""
    rows = session.execute(
        select(HealthAlert).where(
            HealthAlert.machine_id == machine.id,
            HealthAlert.state.in_(ACTIVE) | HealthAlert.quiet.is_(True),
        )
    ).scalars()
    for alert in rows:
        alert.quiet = False
        if alert.state in ACTIVE:
            _close(session, machine, alert, "controller", by_itself=True)


def forget_old(session: Session, now: dt.datetime) -> None:
    """Closed alerts aren't kept for ever; the ledger is."""
    old = HealthAlert.closed_at < now - CLOSED_KEPT
    session.execute(delete(HealthAlert).where(HealthAlert.state == CLOSED, HealthAlert.quiet.is_(False), old))
