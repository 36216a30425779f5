"""A machine's facts out of the tables: newest inventory, newest tests, newest look."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from controller.cosmetics.look import newest_look
from controller.grading.facts import Facts, read_facts
from controller.hardware_tests.latest import latest_tests
from controller.health.reports import latest_report
from controller.health.verdict import thresholds
from controller.machines.tables import Machine
from controller.settings import Settings


@dataclass
class Limits:
    """The workshop's own thresholds: percents of a battery's design capacity."""

    battery_worn_below: int = thresholds.BATTERY_WORN_BELOW
    battery_failing_below: int = thresholds.BATTERY_FAILING_BELOW


LIMITS = Limits()  # one controller a process


def configure(settings: Settings) -> None:
    """Take the thresholds from the settings: called once, when the controller is made."""
    LIMITS.battery_worn_below = settings.battery_worn_below
    LIMITS.battery_failing_below = settings.battery_failing_below


def facts_of(session: Session, machine: Machine) -> Facts | None:
    """What is known of a machine, or None before its first inspection."""
    report = latest_report(session, machine.id, "inventory")
    if report is None:
        return None
    return read_facts(
        report.body,
        latest_tests(session, machine.id),
        newest_look(session, machine.id),
        form=machine.form if machine.form != "other" else "",
        battery_worn_below=LIMITS.battery_worn_below,
        battery_failing_below=LIMITS.battery_failing_below,
    )
