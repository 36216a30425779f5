"""Keeps each machine's grade beside it: made again in the transaction that brings an inventory, a test, a look.

Whoever adds such a row needs to know nothing of grades: the session notices it. A grade that can't be made is logged
and left as it was; it never holds up the fact itself.
"""

from __future__ import annotations

import logging

from sqlalchemy import event, exists, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from controller.cosmetics.tables import Look
from controller.database import Database, utcnow
from controller.grading.assess import Assessment, assess
from controller.grading.reading import facts_of
from controller.grading.tables import MachineGrade
from controller.hardware_tests.tables import HardwareTest
from controller.health.tables import Report
from controller.machines.tables import Machine

RULES = 1  # raise it when the rules change: every grade is then made again, some each minute
BATCH = 25
FAULTS = (SQLAlchemyError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_WAITING = "machines_to_grade"
logger = logging.getLogger(__name__)


@event.listens_for(Session, "after_flush")
def _notice(session: Session, _context: object) -> None:
    for row in session.new:
        if isinstance(row, HardwareTest | Look) or (isinstance(row, Report) and row.kind == "inventory"):
            session.info.setdefault(_WAITING, set()).add(row.machine_id)


@event.listens_for(Session, "before_commit")
def _grade_waiting(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint: more may come
    session.flush()
    for machine_id in sorted(session.info.pop(_WAITING, ())):
        try:
            with session.begin_nested():
                regrade(session, machine_id)
        except FAULTS:
            logger.exception("the grade of machine %d could not be made; the old one stays", machine_id)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(_WAITING, None)


def regrade(session: Session, machine_id: int) -> MachineGrade | None:
    """Make and keep the grade of a machine; None when it is gone or was never inspected."""
    machine = session.get(Machine, machine_id)
    facts = facts_of(session, machine) if machine is not None else None
    if facts is None:
        return None
    row = session.get(MachineGrade, machine_id) or MachineGrade(machine_id=machine_id)
    _fill(row, assess(facts))
    session.add(row)
    session.flush()
    return row


def _fill(row: MachineGrade, found: Assessment) -> None:
    row.grade = found.grade.value if found.grade else ""
    row.use = found.use.value if found.use else ""
    row.tested = found.tested
    row.sentence = found.sentence.as_dict()
    row.lift = found.lifts[0].sentence.as_dict() if found.lifts else {}
    row.rules = RULES
    row.assessed_at = utcnow()


def grade_missing(database: Database) -> int:
    """Grade some machines that were inspected before there were grades, or under other rules. Returns how many."""
    inspected = exists().where(Report.machine_id == Machine.id, Report.kind == "inventory")
    current = exists().where(MachineGrade.machine_id == Machine.id, MachineGrade.rules == RULES)
    query = select(Machine.id).where(inspected, ~current).order_by(Machine.id.desc()).limit(BATCH)
    with database.read() as session:
        found = list(session.execute(query).scalars())
    for machine_id in found:
        try:
            with database.write() as session:
                regrade(session, machine_id)
        except FAULTS:
            logger.exception("the grade of machine %d could not be made", machine_id)
            with database.write() as session:  # or it would be tried every minute for ever
                row = session.get(MachineGrade, machine_id) or MachineGrade(machine_id=machine_id)
                row.grade, row.use, row.tested, row.sentence, row.lift = "", "", False, {}, {}
                row.rules, row.assessed_at = RULES, utcnow()
                session.add(row)
    return len(found)
