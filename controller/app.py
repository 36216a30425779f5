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
from controller.agents import link
from controller.agents import routes as agents
from controller.agents.link import Ear, Links
from controller.agents.progress import ProgressBuffer
from controller.agents.throughput import Turns
from controller.api import (
    alerts,
    certificates,
    hardware_tests,
    inventory,
    ledger,
    lots,
    machines,
    openapi,
    parts,
    policy,
    runs,
    session,
)
from controller.api.errors import api_error, data_error, invalid
from controller.bus import bus
from controller.core import Core, make_core
from controller.errors import RecyclerieError
from controller.headers import SecurityHeaders
from controller.housekeeping import housekeeping, start_ledger
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
    session,
    lots,
    machines,
    hardware_tests,
    runs,
    parts,
    policy,
    certificates,
    ledger,
    inventory,
    openapi,
    agents,
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
    app.state.progress, app.state.links, app.state.throughput = progress, Links(), Turns()
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
    task = asyncio.create_task(housekeeping(core, app.state.control))
    try:
        yield
    finally:
        bus.close()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await run_in_threadpool(_stop, app)


def _start(app: FastAPI) -> None:
    core: Core = app.state.core
    upgrade(core.database)
    left = end_leftovers(core.settings)
    if left:
        logger.warning("%d processes of plays that a killed controller left behind were ended", left)
    start_ledger(core)
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
