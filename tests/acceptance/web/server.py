"""The controller for the browser tests: everything real but the engine, so that nothing moves by itself.

``python -m tests.acceptance.web.server DATA_DIR PORT`` fills a fresh database with ``scene``, serves over TLS and
prints one JSON line with the ids. Each JSON line on its standard input then does one thing in this process,
through the services, as an agent or another person would; each is answered by one line.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from sqlalchemy import select

import controller.app
from controller.app import create_app
from controller.erasure.certificates.issue import issue_for_machine
from controller.helpdesk.requests import hear_request
from controller.machines.drives import drives_of
from controller.machines.moves import hold
from controller.machines.registry import get_machine
from controller.migrate import upgrade
from controller.settings import Settings
from controller.workflows.jobs import hear_progress
from controller.workflows.steplog import Line
from controller.workflows.tables import Job, RunStep
from tests import papers
from tests.acceptance.web import faults, grades, hardware, helpdesk, home, releases, scene
from tests.integration.assist import family


class StillEngine:
    """An engine that keeps every run where it is."""

    def __init__(self, _settings: Settings) -> None:
        """Nothing to configure."""

    def launch(self) -> None:
        """Nothing to start."""

    def close(self) -> None:
        """Nothing to stop."""

    def enqueue(self, *_: Any) -> None:
        """Keep it still."""

    def known(self, _workflow_id: str) -> bool:
        """Every run counts as known: none is started at reconciliation."""
        return True

    def wake(self, _workflow_id: str) -> None:
        """Nobody sleeps."""


def progress(app: FastAPI, machine: int, share: float, eta: float = 600) -> None:
    """The agent says how far the erase is."""
    with app.state.core.database.write() as session:
        job = session.execute(select(Job).where(Job.machine_id == machine, Job.state == "running")).scalars().first()
        body = {
            "job_id": job.id,
            "phase": "validate",
            "done": int(job.total * share),
            "total": job.total,
            "unit": "bytes",
            "rate_per_second": 123e6,
            "eta_seconds": eta,
        }
        hear_progress(session, machine, body)


def log(app: FastAPI, machine: int, text: str, count: int = 1) -> None:
    """Lines in the log of the step under way."""
    with app.state.core.database.read() as session:
        step_id = (
            session.execute(
                select(Job.step_id).join(RunStep, RunStep.id == Job.step_id).where(Job.machine_id == machine)
            )
            .scalars()
            .first()
        )
    for n in range(count):
        app.state.logs.put(Line(step_id=step_id, source="agent", text=f"{text} {n}" if count > 1 else text))
    app.state.logs.flush()


def put_on_hold(app: FastAPI, machine: int, reason: str) -> None:
    """Somebody else puts a machine on hold."""
    with app.state.core.database.write() as session:
        hold(session, get_machine(session, machine), "{text}", "user:2", text=reason)


def swap(app: FastAPI, machine: int, serial: str) -> None:
    """The machine reports another drive than before."""
    with app.state.core.database.write() as session:
        scene.inventory(session, get_machine(session, machine), [scene.drive(serial)], f"swap-{serial}")


def stranger(app: FastAPI, serial: str) -> None:
    """An unknown machine announces itself."""
    with app.state.core.database.write() as session:
        scene.plug(session, serial, "Acer", "Aspire E5-573G")


def drawn(app: FastAPI) -> None:
    """The drives of a machine were erased, and drawn to be read again."""
    with app.state.core.database.write() as session:
        scene.drawn(session, app.state.core.keys.ledger)


def erased(app: FastAPI, machine: int, good: bool = True) -> None:
    """Every drive of a machine is erased, or none; the papers are issued."""
    evidence = papers.GOOD
    if not good:
        evidence = {**evidence, "validator": {**evidence["validator"], "errors": [{"offset": 4096, "error": "EIO"}]}}
    with app.state.core.database.write() as session:
        found = get_machine(session, machine)
        count = len(drives_of(session, machine))
        made = papers.erase(session, app.state.core, found, [evidence] * count)
        issue_for_machine(session, app.state.core, found, made[0].run_id)


def at_home(app: FastAPI) -> None:
    """Machines at families' homes, with years behind them."""
    with app.state.core.database.write() as session:
        home.build(session)


def resident(app: FastAPI, tag: str) -> dict[str, Any]:
    """A machine at a family's home that has announced itself: its id and its token."""
    with app.state.core.database.write() as session:
        machine, token = family.resident(session, tag)
    return {"id": machine, "token": token}


def help_asked(app: FastAPI) -> None:
    """A machine at home, calls for help, appointments."""
    with app.state.core.database.write() as session:
        helpdesk.build(session)


def help_many(app: FastAPI) -> None:
    """Far too many."""
    with app.state.core.database.write() as session:
        helpdesk.many(session)


def help_again(app: FastAPI, machine: int, number: int) -> None:
    """A family asks for help."""
    with app.state.core.database.write() as session:
        hear_request(session, get_machine(session, machine), helpdesk.asked(number, text="À l’aide !"))


ORDERS: dict[str, Callable[..., Any]] = {
    "help": help_asked,
    "help many": help_many,
    "help again": help_again,
    "resident": resident,
    "home": at_home,
    "erased": erased,
    "progress": progress,
    "log": log,
    "hold": put_on_hold,
    "swap": swap,
    "stranger": stranger,
    "drawn": drawn,
    "lost erase": faults.lost_erase,
    "failed checks": faults.failed_checks,
    "tested": hardware.tested,
    "known": grades.known,
    "stocked": grades.stocked,
    "stopped": hardware.stopped,
    "listens": hardware.listens,
}


def _obey(app: FastAPI) -> None:
    for line in sys.stdin:
        order = json.loads(line)
        try:
            told = ORDERS[order.pop("do")](app, **order)
            answer: dict[str, Any] = {"ok": True, "told": told}
        except Exception as error:  # told to the test, which fails with it
            answer = {"ok": False, "error": repr(error)}
        print(json.dumps(answer), flush=True)


def main() -> None:
    """Fill, serve, obey."""
    data_dir, port = Path(sys.argv[1]), int(sys.argv[2])
    controller.app.Engine = StillEngine  # type: ignore[attr-defined,assignment]
    settings = Settings(
        data_dir=data_dir,
        host="127.0.0.1",
        port=port,
        public_address="127.0.0.1",
        workshop_name="Recyclerie d’essai",
        sign_in_per_minute=1000,
    )
    app = create_app(settings)
    core = app.state.core
    upgrade(core.database)
    with core.database.write() as session:
        found = scene.build(session)
    releases.build(settings)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            ssl_certfile=str(core.keys.certificate),
            ssl_keyfile=str(core.keys.certificate_key),
            log_level="warning",
            timeout_graceful_shutdown=1,
        )
    )

    def tell() -> None:
        while not server.started:
            threading.Event().wait(0.05)
        print(json.dumps(found), flush=True)
        _obey(app)

    threading.Thread(target=tell, daemon=True).start()
    server.run()


if __name__ == "__main__":
    main()
