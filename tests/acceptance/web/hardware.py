"""Machines that were tested, as the workflow and a person at the PC leave them; and an agent that only listens."""

from __future__ import annotations

import math
from typing import Any

from fastapi import FastAPI

from controller.agents.link import OpenLink
from controller.hardware_tests.hands_on import hear_hands_on
from controller.hardware_tests.keeping import keep
from controller.hardware_tests.results import read_results
from controller.i18n import said
from controller.machines.announce import current_boot
from controller.machines.moves import hold
from controller.machines.registry import get_machine
from controller.machines.tables import Lot
from controller.workflows.steps.test import STOPS
from controller.workflows.tables import Run
from tests.acceptance.web import scene

NO_CAMERA = "This machine has no camera."
SLOW = "It reads slowest at 41 % of its length, at a fifth of its best speed."
WRONG = "Its memory gives back wrong data: change the module, then start again."


def result(name: str, subsystem: str, outcome: str = "pass", **more: Any) -> dict[str, Any]:
    """One result, as a machine tells it."""
    base = {"name": name, "subsystem": subsystem, "target": "", "outcome": outcome, "reason": "", "figures": {}}
    return {**base, "started_at": "2026-03-12T09:12:00Z", "seconds": 12.0, "automatic": True, **more}


def speeds(slow: bool) -> list[float | None]:
    """A hard disk's curve: slower towards its end, with a hole where it dies."""
    curve: list[float | None] = [round(140 - 65 * x / 200 + 3 * math.sin(x), 1) for x in range(200)]
    if slow:
        curve[80:88] = [28.0, 27.5, None, 29.0, 30.5, 28.0, 27.0, 33.0]
    return curve


def results(serial: str, *, bad: bool = False) -> list[dict[str, Any]]:
    """The automatic tests of one machine."""
    wrong = WRONG if bad else ""
    memory = {"errors": 3 if bad else 0, "tested_bytes": 7 * 2**30, "total_bytes": 8 * 2**30, "mib_per_second": 5312.4}
    return [
        result("memory", "memory", "fail" if bad else "pass", reason=wrong, figures=memory, seconds=121.0),
        result("cpu", "cpu", figures={"idle_celsius": 41, "load_celsius": 83.5, "throttled_seconds": 0.0}, seconds=60),
        result("drive-self-test", "drive", target=serial, seconds=118.0),
        result(
            "drive-surface", "drive", "degraded", target=serial, reason=SLOW,
            figures={"profile_mib_per_second": speeds(True), "mib_per_second": 101.3, "least_mib_per_second": 27.0},
        ),
        result("clock", "clock", figures={"offset_seconds": 1.4}),
        result("wifi", "wifi", "timed_out", reason="No answer within 30 s."),
        result("camera", "camera", "skipped", reason=NO_CAMERA),
    ]  # fmt: skip


def tested(app: FastAPI, machine: int, serial: str) -> None:
    """A machine went through its tests twice; a person tried its keyboard."""
    with app.state.core.database.write() as session:
        row = get_machine(session, machine)
        boot = current_boot(session, machine)
        assert boot is not None
        for attempt in (1, 2):
            keep(session, row, read_results(results(serial)), origin=f"r{machine}-test-all-{attempt}", boot_id=boot.id)
        keyboard = result("keyboard", "keyboard", "fail", reason="These keys don't answer: F7, é.", automatic=False)
        hear_hands_on(session, row, boot.id, {"session": "pc-1", "ended": True, "results": [keyboard]})


def stopped(app: FastAPI) -> None:
    """A machine with bad memory: its run stopped at its tests."""
    with app.state.core.database.write() as session:
        machine = scene.welcome(session, "STOP01", session.get_one(Lot, 1), [scene.drive("SN-STOP")])
        step = scene.run_at(session, machine, "test", "failed")
        step.error, step.error_params = STOPS, {"machine": machine.name, "reason": said(WRONG)}
        run = session.get_one(Run, step.run_id)
        run.error, run.error_params = step.error, step.error_params
        boot = current_boot(session, machine.id)
        assert boot is not None
        told = read_results(results("SN-STOP", bad=True))
        keep(session, machine, told, origin="stop-test-all-1", boot_id=boot.id, run_id=run.id)
        hold(session, machine, step.error, "controller", **step.error_params)


class Listening:
    """An agent's end of a link, which answers nothing."""

    async def send_text(self, _text: str) -> None:
        """It arrived."""


def listens(app: FastAPI, machine: int) -> None:
    """The machine's agent is connected."""
    with app.state.core.database.read() as session:
        boot = current_boot(session, machine)
        assert boot is not None
    link: Any = Listening()  # in place of both
    app.state.links.open[boot.id] = OpenLink(boot=boot, token_hash="", socket=link, agent=link)
