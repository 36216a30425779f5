"""The application: routes, and what lives as long as the process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError
from starlette.concurrency import run_in_threadpool

from controller import __version__
from controller.agents import apt, link
from controller.agents import routes as agents
from controller.agents.link import Ear, Links
from controller.agents.progress import ProgressBuffer
from controller.agents.sweep import sweep_links
from controller.agents.throughput import Turns
from controller.api import (
    alerts,
    assist,
    certificates,
    handover,
    hardware_tests,
    helpdesk,
    inventory,
    ledger,
    lots,
    machines,
    maintenance,
    notice,
    openapi,
    parts,
    policy,
    runs,
    session,
)
from controller.api.errors import api_error, data_error, invalid
from controller.assist.pipes import Pipes
from controller.assist.record import end_open_records
from controller.assist.sessions.unwatched import Unwatched
from controller.assist.switchboard import Switchboard
from controller.bus import bus
from controller.core import Core, make_core
from controller.errors import RecyclerieError
from controller.headers import SecurityHeaders
from controller.helpdesk.telling import tell_homes
from controller.housekeeping import housekeeping, start_ledger
from controller.maintenance.office import Office, keep_office
from controller.migrate import upgrade
from controller.settings import Settings
from controller.web.pages import register_pages
from controller.workflows.control import Control
from controller.workflows.engine import Engine
from controller.workflows.recondition import Site
from controller.workflows.runner import end_leftovers
from controller.workflows.steplog import LogWriter

MODULES = (
    alerts,
    assist,
    session,
    lots,
    machines,
    hardware_tests,
    helpdesk,
    handover,
    runs,
    maintenance,
    parts,
    policy,
    certificates,
    notice,
    ledger,
    inventory,
    openapi,
    agents,
    apt,
    link,
)
logger = logging.getLogger(__name__)


def create_app(settings: Settings) -> FastAPI:
    """The controller's application for ``settings``. Its engine starts with the application."""
    core = make_core(settings)
    engine = Engine(settings)
    logs = LogWriter(core.database)
    control = Control(core, engine)
    progress = ProgressBuffer(core)
    progress.wake = control.wake
    app = FastAPI(
        title="Recyclerie",
        version=__version__,
        description="Reconditioning of donated computers: machines, runs, proof.",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # served by controller.api.openapi, to people who are signed in
    )
    app.state.core, app.state.control, app.state.engine, app.state.logs = core, control, engine, logs
    app.state.assist = Switchboard(core)
    app.state.maintenance = Office(core, engine)
    app.state.progress, app.state.throughput = progress, Turns()
    app.state.links = Links(app.state.assist)
    app.state.ear = Ear(core=core, control=control, logs=logs, progress=progress)
    for module in MODULES:
        app.include_router(module.router)
    app.add_exception_handler(RecyclerieError, api_error)
    app.add_exception_handler(DataError, data_error)
    app.add_exception_handler(RequestValidationError, invalid)
    register_pages(app)  # browsers get pages, programs keep the handler above
    app.add_middleware(SecurityHeaders)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    core: Core = app.state.core
    await run_in_threadpool(_start, app)
    tasks = [
        asyncio.create_task(housekeeping(core, app.state.control)),
        asyncio.create_task(sweep_links(core, app.state.links)),
        asyncio.create_task(keep_office(app.state.maintenance)),
        asyncio.create_task(tell_homes(core, app.state.links.send)),
        asyncio.create_task(_unwatched(app).watch()),
    ]
    try:
        async with Pipes(core, app.state.assist):
            yield
    finally:
        bus.close()
        await app.state.assist.close("the controller stops")
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await run_in_threadpool(_stop, app)


def _unwatched(app: FastAPI) -> Unwatched:
    core: Core = app.state.core
    return Unwatched(
        database=core.database,
        links=app.state.links,
        linked=app.state.assist.linked,
        presence=app.state.screens.presence,
        seconds=core.settings.assist_away_seconds,
    )


def _start(app: FastAPI) -> None:
    core: Core = app.state.core
    upgrade(core.database)
    left = end_leftovers(core.settings)
    if left:
        logger.warning("%d processes of plays that a killed controller left behind were ended", left)
    start_ledger(core)
    end_open_records(core)
    app.state.logs.start()
    app.state.progress.start()
    Site.core, Site.logs = core, app.state.logs
    app.state.engine.launch()
    app.state.control.reconcile()


def _stop(app: FastAPI) -> None:
    app.state.engine.close()
    app.state.progress.stop()
    app.state.logs.stop()
    app.state.core.database.close()
