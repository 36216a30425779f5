"""Whether a machine is worth going on with, once its automatic tests are in: asked by the run before the erase."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from controller.hardware_tests.latest import latest_tests
from controller.health.reports import latest_report
from controller.health.verdict import Level, memory_verdict
from controller.i18n import N_
from controller.machines.tables import Machine


@dataclass(frozen=True)
class Worth:
    """``ok``: go on. Else ``reason`` (a msgid with ``params``) says why not; a person may carry on anyway."""

    ok: bool
    reason: str = ""
    params: dict[str, Any] = field(default_factory=dict)


def worth(session: Session, machine: Machine) -> Worth:
    """Whether erasing and installing ``machine`` leads anywhere; what isn't known never stops it."""
    report = latest_report(session, machine.id, "inventory")
    cpu = (report.body.get("cpu") if report else None) or {}
    if isinstance(cpu, dict) and cpu.get("bits_64") is False:
        return Worth(False, N_("Its processor can't run a 64-bit system: nothing that we install starts on it."))
    for test in latest_tests(session, machine.id):
        if test.subsystem == "memory" and (
            test.outcome == "fail" or memory_verdict(test.figures).level is Level.FAILING
        ):
            return Worth(False, N_("Its memory gives back wrong data: change the module, then start again."))
    return Worth(True)
